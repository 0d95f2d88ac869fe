"""The pages of campaigns, spend, touches, channels and rules, as people click them."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.models import Campaign, Feedback, Spend, Touch
from crm.stages import Stage
from crm.users.models import Role
from leads.models import Channel, Lead
from tests.factories import CampaignFactory, ChannelFactory, LeadFactory, TouchFactory, UserFactory

from .test_feedback import rejected

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def marketer(sign_in):
    return sign_in(role=Role.MARKETER)


def names(response):
    return [row["campaign"].name for row in response.context["rows"]]


# The list ----------------------------------------------------------------------------------------


def test_views_of_the_list_hold_the_campaigns_they_name(marketer, sign_in):
    me = UserFactory(role=Role.MARKETER)
    CampaignFactory(name="Live", owner=me)
    CampaignFactory(name="Ended", ends_on=now().date() - timedelta(days=1))
    CampaignFactory(name="Planned", status=Campaign.Status.PLANNED)
    over = CampaignFactory(name="Over", budget_minor=100, status=Campaign.Status.DONE)
    Spend.objects.create(campaign=over, day="2026-01-01", amount_minor=101)
    client = sign_in(me)

    seen = {view: names(client.get("/campaigns/", {"view": view})) for view in
            ("live", "planned", "over", "mine")}  # fmt: skip

    assert seen == {"live": ["Live"], "planned": ["Planned"], "over": ["Over"], "mine": ["Live"]}


def test_filters_of_the_list_are_in_its_address(marketer):
    events = Channel.objects.get(key="events")
    CampaignFactory(name="Spring fair", channel=events)
    CampaignFactory(name="Spring mail")

    found = marketer.get("/campaigns/", {"q": "spring", "channel": events.pk}, headers=HTMX)

    assert names(found) == ["Spring fair"]
    assert b"<html" not in found.content


def test_list_is_sorted_by_what_was_counted_and_by_nothing_secret(marketer):
    few, many = CampaignFactory(name="Few"), CampaignFactory(name="Many")
    LeadFactory(campaign=few)
    for _ in range(2):
        LeadFactory(campaign=many)

    assert names(marketer.get("/campaigns/", {"sort": "-leads"})) == ["Many", "Few"]
    assert names(marketer.get("/campaigns/", {"sort": "leads"})) == ["Few", "Many"]
    assert marketer.get("/campaigns/", {"sort": "owner__password"}).status_code == 200


@pytest.mark.parametrize("count", [5, 50])
def test_list_asks_the_same_few_queries_for_few_and_many(
    count, marketer, django_assert_num_queries
):
    for _ in range(count):
        campaign = CampaignFactory(channel=ChannelFactory(), owner=UserFactory())
        Spend.objects.create(campaign=campaign, day="2026-01-01", amount_minor=5)
        LeadFactory(campaign=campaign)
    marketer.get("/campaigns/")

    with django_assert_num_queries(9):
        marketer.get("/campaigns/", headers=HTMX)


# One campaign ------------------------------------------------------------------------------------


def test_a_name_and_a_channel_are_all_that_a_new_campaign_needs(marketer):
    blank = marketer.post("/campaigns/new/", {"objective": "demand"})
    channel = ChannelFactory().pk
    created = marketer.post(
        "/campaigns/new/", {"name": "Spring fair", "objective": "demand", "channel": channel}
    )

    assert set(blank.context["form"].errors) == {"name", "channel"}
    campaign = Campaign.objects.get()
    assert created.url == campaign.get_absolute_url()
    assert campaign.status == Campaign.Status.PLANNED


def test_campaign_is_saved_with_its_budget_in_minor_units(marketer):
    marketer.post(
        "/campaigns/new/",
        {"name": "Fair", "objective": "demand", "budget": "12,500.50", "starts_on": "2020-01-01",
         "mql_goal": "40", "channel": ChannelFactory().pk},
    )  # fmt: skip

    campaign = Campaign.objects.get()
    assert (campaign.budget_minor, campaign.mql_goal) == (1_250_050, 40)
    assert campaign.status == Campaign.Status.LIVE


def test_campaign_that_ends_before_it_starts_is_refused_with_what_was_typed(marketer):
    answer = marketer.post(
        "/campaigns/new/",
        {"name": "Fair", "objective": "demand", "starts_on": "2026-05-02", "ends_on": "2026-05-01",
         "budget": "lots", "channel": ChannelFactory().pk},
    )  # fmt: skip

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"ends_on", "budget"}
    assert b"lots" in answer.content
    assert not Campaign.objects.exists()


def test_new_owner_of_a_campaign_inherits_what_is_unread(marketer, run_effects):
    campaign = CampaignFactory(owner=UserFactory(role=Role.MARKETER))
    rejected(campaign=campaign)
    run_effects()
    heir = UserFactory(role=Role.MARKETER)

    marketer.post(
        f"/campaigns/{campaign.pk}/edit/",
        {"name": campaign.name, "objective": "demand", "owner": heir.pk},
    )

    assert Feedback.objects.get().owner == heir


@pytest.mark.parametrize("tab", ["", "spend", "touches", "feedback", "activity", "nonsense"])
def test_every_part_of_a_campaign_shows_in_few_queries(
    tab, marketer, run_effects, django_assert_max_num_queries
):
    campaign = CampaignFactory(budget_minor=10_000, mql_goal=5)
    rejected(campaign=campaign)
    run_effects()
    for day in range(1, 20):
        Spend.objects.create(campaign=campaign, day=f"2026-01-{day:02}", amount_minor=5)
        TouchFactory(campaign=campaign)

    with django_assert_max_num_queries(12):
        answer = marketer.get(campaign.get_absolute_url(), {"tab": tab})

    assert answer.status_code == 200


def test_costs_are_not_available_without_spend(marketer):
    campaign = CampaignFactory()
    LeadFactory(campaign=campaign)

    answer = marketer.get(campaign.get_absolute_url())

    costs = {answer.context["strip"][name] for name in
             ("cost_per_lead", "cost_per_mql", "cost_per_customer")}  # fmt: skip
    assert costs == {"n/a"}
    assert answer.context["found"].roi is None


def test_spend_is_added_edited_and_deleted(marketer):
    campaign = CampaignFactory()
    marketer.post(f"/campaigns/{campaign.pk}/spend/new/", {"day": "2026-03-01", "amount": "99.90"})
    spend = Spend.objects.get()
    assert spend.amount_minor == 9_990
    assert spend.created_by is not None

    marketer.post(f"/campaigns/spend/{spend.pk}/edit/", {"day": "2026-03-02", "amount": "-12"})
    spend.refresh_from_db()
    assert (spend.day.day, spend.amount_minor) == (2, -1_200)

    marketer.post(f"/campaigns/spend/{spend.pk}/delete/")
    assert not Spend.objects.exists()


def test_spend_that_is_no_amount_is_refused(marketer):
    campaign = CampaignFactory()

    answer = marketer.post(
        f"/campaigns/{campaign.pk}/spend/new/", {"day": "2026-03-01", "amount": "1e999"}
    )

    assert answer.status_code == 422
    assert not Spend.objects.exists()


# Logging a touch ---------------------------------------------------------------------------------


def touch(lead, **fields):
    return {"lead": lead, "kind": "event", "at": "2026-03-01T10:00", "key": "one", **fields}


def test_touch_by_a_new_address_makes_a_lead_in_the_funnel(marketer):
    campaign = CampaignFactory(channel=ChannelFactory())

    marketer.post("/campaigns/touches/new/", touch("Ana@Example.com", campaign=campaign.pk))

    lead = Lead.objects.get(email="ana@example.com")
    assert (lead.campaign, lead.channel) == (campaign, campaign.channel)
    assert lead.entries.get().stage == Stage.LEAD
    assert Touch.objects.get().lead == lead


@pytest.mark.parametrize("typed", ["{0.email}", "Ana", "Ana <x> #{0.pk}"])
def test_touch_finds_the_lead_that_is_meant(typed, marketer):
    ana = LeadFactory(name="Ana Costa")
    LeadFactory(name="Bo Lund")

    marketer.post("/campaigns/touches/new/", touch(typed.format(ana)))

    assert Touch.objects.get().lead == ana
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("typed", ["Ana", "Nobody", "not@an@address", "Ana #999999"])
def test_touch_without_a_clear_lead_is_refused(typed, marketer):
    LeadFactory(name="Ana Costa")
    LeadFactory(name="Ana Silva")

    answer = marketer.post("/campaigns/touches/new/", touch(typed))

    assert answer.status_code == 422
    assert not Touch.objects.exists()


def test_sending_the_touch_form_twice_logs_one_touch(marketer):
    lead = LeadFactory()

    for _ in range(2):
        marketer.post("/campaigns/touches/new/", touch(lead.email))

    assert Touch.objects.count() == 1


def test_logging_another_touch_keeps_kind_and_campaign(marketer):
    lead, campaign = LeadFactory(), CampaignFactory()

    answer = marketer.post(
        "/campaigns/touches/new/", touch(lead.email, campaign=campaign.pk, again="1")
    )

    again = marketer.get(answer.url)
    assert again.context["form"]["kind"].value() == "event"
    assert again.context["form"]["campaign"].value() == str(campaign.pk)


def test_dialog_that_logs_another_touch_comes_back_empty_with_its_toast(marketer):
    lead = LeadFactory()

    answer = marketer.post("/campaigns/touches/new/", touch(lead.email, again="1"), headers=HTMX)

    form = answer.context["form"]
    assert (form["kind"].value(), form["lead"].value()) == ("event", None)
    assert form["key"].value() != "one"
    assert b"logged for" in answer.content


def test_touch_in_the_future_is_refused(marketer):
    lead = LeadFactory()

    answer = marketer.post("/campaigns/touches/new/", touch(lead.email, at="2099-01-01T10:00"))

    assert "at" in answer.context["form"].errors


def test_suggestions_hold_only_leads_that_the_user_sees(sign_in):
    LeadFactory(name="Ana Hidden", owner=UserFactory())
    client = sign_in(role=Role.MARKETER, scope="own")

    assert b"Ana" not in client.get("/campaigns/touches/leads/", {"lead": "ana"}).content
