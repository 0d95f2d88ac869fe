"""Sales gave a lead back for its data: marketing completes them, and the lead is offered again."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.services import score_lead
from campaigns.services.rescoring import ask_for_decayed
from crm.activities.models import FollowUp
from crm.activities.services import complete_follow_up, reopen_follow_up
from crm.funnel import handoffs
from crm.funnel.models import Handoff, Reason
from crm.stages import Stage
from leads.models import Lead
from leads.services import edit_lead
from tests.factories import CampaignFactory, LeadFactory, TouchFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def marketer():
    return UserFactory(role="marketer", name="Maya")


@pytest.fixture
def rep():
    return UserFactory(name="Rita")


@pytest.fixture
def bad_data():
    return Reason.objects.get(use="reject", return_path="enrich")


@pytest.fixture
def returned(marketer, rep, bad_data, run_effects):
    """A hot lead that sales has just given back: its phone number is dead."""
    lead = LeadFactory(
        name="Eva Lund", job_title="Head of Sales", phone="+49301234567",
        campaign=CampaignFactory(owner=marketer),
    )  # fmt: skip
    TouchFactory(lead=lead, kind="demo_request", at=now())
    score_lead(lead.pk)
    run_effects()
    handoffs.reject(
        Handoff.objects.get(lead=lead), reason=bad_data, actor=rep, note="The number is dead"
    )
    run_effects()
    lead.refresh_from_db()
    return lead


def asked(lead):
    return FollowUp.objects.get(lead=lead, key__startswith="enrich:")


def attempts(lead):
    return list(lead.handoffs.order_by("attempt").values_list("outcome", flat=True))


def test_campaigns_owner_is_asked_for_the_data_with_the_words_of_the_rep(returned, marketer):
    follow_up = asked(returned)

    assert follow_up.owner == marketer
    assert follow_up.title == "Complete the data: Bad data: The number is dead"
    assert follow_up.due_at > now()


def test_completed_data_offer_the_lead_again_and_the_rep_sees_why(returned, rep, run_effects):
    edit_lead(returned, {"phone": "+49307654321"}, actor=None)
    run_effects()
    before = attempts(returned)

    complete_follow_up(asked(returned))
    run_effects()

    assert before == ["rejected"]
    assert attempts(returned) == ["rejected", "waiting"]
    again = returned.handoffs.get(attempt=2)
    assert again.signals[0].label == "Data completed by marketing"


def test_data_completed_within_the_cool_down_offer_the_lead_when_it_is_over(returned, run_effects):
    Lead.objects.filter(pk=returned.pk).update(recycled_until=now().date() + timedelta(days=5))
    Touch.objects.update(at=now() - timedelta(days=2))
    complete_follow_up(asked(returned))
    run_effects()
    before = attempts(returned)

    Lead.objects.filter(pk=returned.pk).update(recycled_until=now().date())
    ask_for_decayed()
    run_effects()

    assert before == ["rejected"]
    assert attempts(returned) == ["rejected", "waiting"]


def test_completion_taken_back_in_time_is_no_evidence(returned, run_effects):
    Lead.objects.filter(pk=returned.pk).update(recycled_until=now().date() + timedelta(days=5))
    follow_up = asked(returned)
    complete_follow_up(follow_up)
    run_effects()

    reopen_follow_up(follow_up)
    run_effects()

    returned.refresh_from_db()
    assert (returned.enriched_at, returned.stage) == (None, Stage.RECYCLED)


def test_lead_whose_completed_data_do_not_suffice_stays_with_marketing(returned, run_effects):
    edit_lead(returned, {"email": ""}, actor=None)

    complete_follow_up(asked(returned))
    run_effects()

    assert attempts(returned) == ["rejected"]


def test_nobody_is_asked_when_the_rejection_was_taken_back(returned, rep, run_effects):
    handoffs.take_back_answer(returned.handoffs.get(), actor=rep)
    run_effects()

    assert not FollowUp.objects.filter(key__startswith="enrich:").exists()


def test_lead_given_back_to_nurture_asks_nobody_for_data(marketer, rep, run_effects):
    lead = LeadFactory(campaign=CampaignFactory(owner=marketer))
    handoff = handoffs.open_handoff(lead, evidence={"score": 60})
    reason = Reason.objects.get(name="Not interested yet")

    handoffs.recycle(handoff, reason=reason, actor=rep)
    run_effects()

    assert not FollowUp.objects.exists()


def test_a_marketing_manager_is_asked_where_the_campaign_has_no_owner(rep, bad_data, run_effects):
    boss = UserFactory(role="marketing_manager")
    handoff = handoffs.open_handoff(LeadFactory(), evidence={"score": 60})

    handoffs.reject(handoff, reason=bad_data, actor=rep)
    run_effects()

    assert asked(handoff.lead).owner == boss


def test_words_that_cannot_be_shown_are_left_out(rep, bad_data, run_effects):
    handoff = handoffs.open_handoff(LeadFactory(), evidence={"score": 60})

    handoffs.reject(handoff, reason=bad_data, actor=rep, note="Turn\u202eed")
    run_effects()

    assert asked(handoff.lead).title == "Complete the data"
