"""Numbers of campaigns equal arithmetic by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.metrics import Results, accept_rate, cost_per, funnel_steps, leads_url, results
from campaigns.models import Campaign
from crm.funnel import ledger
from crm.reports import drill
from crm.stages import PATH, Stage
from crm.users.models import Role
from tests.factories import CampaignFactory, LeadFactory, UserFactory, waiting_handoff


def brought(campaign, stage, **fields):
    """Let the campaign have brought in a lead that has got as far as `stage`."""
    lead = LeadFactory(campaign=campaign, **fields)
    for step in PATH[1 : PATH.index(stage) + 1]:
        ledger.move(lead, step, actor=None)
    return lead


def spend(campaign, *amounts):
    for day, amount in enumerate(amounts, 1):
        campaign.spends.create(day=f"2026-03-{day:02}", amount_minor=amount)


def numbers(user=None):
    user = user or UserFactory(role=Role.MARKETER)
    campaigns = Campaign.objects.with_spent().order_by("pk")
    return list(results(campaigns, user).values())


@pytest.mark.django_db
def test_three_known_campaigns_equal_hand_arithmetic():
    fair, ads, _silent = CampaignFactory(), CampaignFactory(), CampaignFactory()
    for stage in (Stage.LEAD, Stage.LEAD, Stage.MQL, Stage.SAL, Stage.CUSTOMER):
        brought(fair, stage)
    for stage in (Stage.LEAD, Stage.MQL, Stage.MQL):
        brought(ads, stage)
    spend(fair, 100_000, 50_000)
    spend(ads, 90_001, -1)

    first, second, third = numbers()

    assert (first.spent, first.leads, first.mqls, first.customers) == (150_000, 5, 3, 1)
    assert (first.cost_per_lead, first.cost_per_mql) == (30_000, 50_000)
    assert first.accept_rate == 2 / 3
    assert (second.spent, second.leads, second.mqls, second.customers) == (90_000, 3, 2, 0)
    assert (second.cost_per_lead, second.cost_per_mql, second.accept_rate) == (30_000, 45_000, 0)
    assert (third.spent, third.leads, third.cost_per_lead) == (None, 0, None)
    assert third.accept_rate is None


@pytest.mark.django_db
def test_leap_of_an_imported_customer_counts_in_every_stage_and_a_taken_back_move_in_none():
    campaign = CampaignFactory()
    leapt = LeadFactory(campaign=campaign)
    ledger.write(leapt, Stage.LEAD, Stage.CUSTOMER, at=leapt.created_at, actor=None)
    undone = brought(campaign, Stage.MQL)
    ledger.take_back(undone.transitions.get(new_stage=Stage.MQL), actor=None)

    (found,) = numbers()

    assert [found.count(stage) for stage in PATH] == [2, 1, 1, 1, 1, 1]


@pytest.mark.django_db
def test_rep_sees_counts_of_his_own_leads_and_no_costs():
    campaign, rep = CampaignFactory(), UserFactory()
    brought(campaign, Stage.MQL, owner=rep)
    brought(campaign, Stage.MQL)
    spend(campaign, 1_000)

    (found,) = numbers(rep)

    assert (found.leads, found.mqls, found.cost_per_lead) == (1, 1, None)


@pytest.mark.django_db
def test_waiting_handoffs_are_told_beside_the_rate():
    campaign = CampaignFactory()
    waiting_handoff(lead=LeadFactory(campaign=campaign))

    (found,) = numbers()

    assert (found.mqls, found.waiting, found.accept_rate) == (1, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [5, 50])
def test_results_of_many_campaigns_take_six_queries(count, django_assert_num_queries):
    for _ in range(count):
        LeadFactory(campaign=CampaignFactory())
    marketer = UserFactory(role=Role.MARKETER)

    with django_assert_num_queries(6):
        numbers(marketer)


@given(st.none() | st.integers(-10, 10**9), st.integers(0, 1000))
def test_cost_is_never_zero_nor_infinite_by_absence(spent, count):
    cost = cost_per(spent, count)

    if not spent or spent < 0 or not count:
        assert cost is None
    else:
        assert abs(cost * count - spent) <= count / 2


def test_rate_over_nothing_is_not_available():
    assert accept_rate(0, 0) is None
    assert accept_rate(0, 4) == 0


@pytest.mark.django_db
def test_drop_off_of_the_funnel_is_the_difference_of_its_bars():
    found = Results(counts=dict.fromkeys(PATH, 4) | {Stage.LEAD: 10, Stage.CUSTOMER: 1})

    steps = funnel_steps(CampaignFactory(), found)

    assert [step.lost for step in steps] == [6, 0, 0, 0, 3, None]


@pytest.mark.django_db
def test_link_of_a_number_is_one_that_the_funnel_report_reads():
    campaign = CampaignFactory()

    word = leads_url(campaign, Stage.MQL, Stage.SAL).partition("funnel=")[2]

    cell = drill.parse(word)
    assert (cell.stage, cell.missed, cell.by, cell.value) == (
        Stage.MQL, Stage.SAL, "campaign", str(campaign.pk),
    )  # fmt: skip
