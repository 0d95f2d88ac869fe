"""Every verdict of sales comes home to the campaign's owner, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from campaigns.models import Feedback
from campaigns.services import feedback
from crm.funnel import handoffs, verdicts
from crm.funnel.models import Reason, Verdict
from crm.notifications.models import Notification
from crm.users.models import Role
from tests.factories import CampaignFactory, LeadFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db


def rejected(*, campaign=None, rep=None, note="Not our market"):
    """Return the verdict by which a rep has just rejected a lead of `campaign`."""
    rep = rep or UserFactory()
    handoff = waiting_handoff(rep=rep, lead=LeadFactory(campaign=campaign, score=60))
    reason = Reason.objects.get(name="Wrong fit")
    return handoffs.reject(handoff, reason=reason, actor=rep, note=note)


def owned_campaign(**fields):
    return CampaignFactory(owner=UserFactory(role=Role.MARKETER), **fields)


def test_rejection_comes_home_with_its_reason(organisation, run_effects):
    campaign = owned_campaign()
    verdict = rejected(campaign=campaign)

    run_effects()

    found = Feedback.objects.get()
    assert (found.verdict, found.campaign, found.owner) == (verdict, campaign, campaign.owner)
    told = Notification.objects.get(user=campaign.owner)
    assert told.title == f"{verdict.lead}: rejected, Wrong fit"
    assert told.body == f"{campaign} · Not our market"


def test_verdict_is_brought_home_once_however_often_it_is_sent(organisation, run_effects):
    verdict = rejected(campaign=owned_campaign())
    run_effects()

    feedback.handle_given({"verdict": verdict.pk})

    assert Feedback.objects.count() == 1
    assert Notification.objects.filter(key=f"verdict:{verdict.pk}").count() == 1


def test_deal_won_months_later_comes_home_too(organisation, run_effects):
    campaign = owned_campaign()
    lead = LeadFactory(campaign=campaign)

    verdicts.record_close(
        lead, key="deal:1:1", kind=Verdict.Kind.WON, good_lead=True, actor=UserFactory(),
        at=now() + timedelta(days=200), amount_minor=500_000, currency="EUR",
    )  # fmt: skip
    run_effects()

    assert Feedback.objects.get(owner=campaign.owner).verdict.amount_minor == 500_000


@pytest.mark.parametrize("campaign", ["none", "without owner", "owner has left"])
def test_without_an_owner_all_marketing_managers_are_told(campaign, organisation, run_effects):
    managers = {UserFactory(role=Role.MARKETING_MANAGER) for _ in range(2)}
    UserFactory(role=Role.MARKETER)
    campaigns: dict[str, Any] = {
        "none": lambda: None,
        "without owner": lambda: CampaignFactory(),
        "owner has left": lambda: CampaignFactory(owner=UserFactory(is_active=False)),
    }
    verdict = rejected(campaign=campaigns[campaign]())

    run_effects()

    assert Feedback.objects.get().owner is None
    told = Notification.objects.filter(key=f"verdict:{verdict.pk}")
    assert {notification.user for notification in told} == managers


def test_withdrawn_verdict_leaves_the_inbox(organisation, run_effects):
    verdict = rejected(campaign=owned_campaign())
    run_effects()

    handoffs.take_back_answer(verdict.handoff, actor=verdict.by)
    run_effects()

    assert not Feedback.objects.exists()
    assert not Notification.objects.filter(key=f"verdict:{verdict.pk}").exists()


def test_verdict_withdrawn_before_it_came_home_never_shows(organisation, run_effects):
    verdict = rejected(campaign=owned_campaign())

    handoffs.take_back_answer(verdict.handoff, actor=verdict.by)
    run_effects()

    assert not Feedback.objects.exists()


def test_who_had_read_a_withdrawn_verdict_learns_of_it(organisation, run_effects):
    campaign = owned_campaign()
    verdict = rejected(campaign=campaign)
    run_effects()
    feedback.mark_read(Feedback.objects.get())

    handoffs.take_back_answer(verdict.handoff, actor=verdict.by)
    run_effects()

    told = Notification.objects.get(user=campaign.owner)
    assert told.title == f"{verdict.lead}: rejected was taken back"


def test_marking_all_read_can_be_taken_back_exactly(organisation, run_effects):
    campaign = owned_campaign()
    before, after = rejected(campaign=campaign), rejected(campaign=campaign)
    run_effects()
    feedback.mark_read(Feedback.objects.get(verdict=before))

    at = feedback.mark_all_read(campaign.owner)
    assert at is not None
    assert feedback.mark_all_read(campaign.owner) is None
    feedback.unmark_all(campaign.owner, at)

    unread = Feedback.objects.addressed_to(campaign.owner).unread()
    assert [item.verdict for item in unread] == [after]


def test_who_sees_which_feedback(organisation, run_effects):
    campaign = owned_campaign()
    rejected(campaign=campaign)
    rejected(campaign=None)
    run_effects()

    def seen(role, **fields):
        return Feedback.objects.visible_to(UserFactory(role=role, **fields)).count()

    assert Feedback.objects.visible_to(campaign.owner).count() == 1
    assert seen(Role.MARKETER) == 0
    assert seen(Role.MARKETING_MANAGER) == 2
    assert seen(Role.SALES_MANAGER) == 0  # of another team
    assert seen(Role.SALES_MANAGER, scope="all") == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_bring_a_verdict_home_once():
    campaign = owned_campaign()
    verdict = rejected(campaign=campaign)

    def handle(_):
        try:
            feedback.handle_given({"verdict": verdict.pk})
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(handle, range(4)))

    assert Feedback.objects.count() == 1
    assert Notification.objects.filter(user=campaign.owner).count() == 1
