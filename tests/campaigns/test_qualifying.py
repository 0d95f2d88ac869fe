"""From touch to handoff: crossing the definition opens exactly one, with the evidence frozen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.services import (
    NotQualifiable,
    qualify_by_hand,
    record_touch,
    score_lead,
)
from crm.funnel import handoffs
from crm.funnel.models import Handoff, MqlDefinition, Reason
from crm.outbox import services as outbox
from crm.stages import Stage
from crm.users.models import Role
from leads.models import Lead
from leads.services import edit_lead
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    LeadFactory,
    TouchFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def hot_lead(**fields):
    """Return a lead whose score meets the first definition: 15 for its title, 35 for its demo."""
    fields = {"job_title": "Head of Sales", "phone": "+49301234567", **fields}
    lead = LeadFactory(**fields)
    TouchFactory(lead=lead, kind="demo_request", detail="Pricing page", at=now())
    return lead


def offered(lead):
    handoff = score_lead(lead.pk)
    assert handoff is not None
    return handoff


def recycled(lead, *, days_ago=40, until=None):
    """Let sales have given the lead back some days ago."""
    score_lead(lead.pk)
    handoff = Handoff.objects.get(lead=lead)
    reason = Reason.objects.get(use="recycle", name="Bad timing")
    handoffs.recycle(handoff, reason=reason, actor=UserFactory())
    back = now() - timedelta(days=days_ago)
    Lead.objects.filter(pk=lead.pk).update(stage_since=back, recycled_until=until)
    Touch.objects.filter(lead=lead).update(at=back - timedelta(days=1))
    lead.refresh_from_db()
    return lead


def test_crossing_the_definition_opens_a_handoff_with_frozen_evidence(organisation):
    campaign = CampaignFactory(channel=ChannelFactory())
    lead = hot_lead(campaign=campaign, channel=campaign.channel, consent=True)

    handoff = offered(lead)

    lead.refresh_from_db()
    assert (lead.stage, lead.score) == (Stage.MQL, 55)
    evidence = handoff.evidence
    assert evidence["score"] == sum(line["points"] for line in evidence["lines"]) == 55
    labels = [line["label"] for line in evidence["lines"]]
    assert labels == ["Asked for a demo", "Decision maker", "Phone known"]
    assert evidence["touches"][0]["label"] == "Demo requested: Pricing page"
    assert (evidence["campaign"], evidence["channel"]) == (campaign.name, campaign.channel.name)
    assert (evidence["consent"], evidence["definition"], evidence["missing"]) == (True, 1, [])


def test_the_evidence_says_of_a_pending_consent_that_it_is_not_confirmed(organisation, sign_in):
    lead = hot_lead(consent_asked_at=now())

    handoff = offered(lead)

    page = sign_in(role=Role.SALES_MANAGER).get(reverse("funnel:handoff-detail", args=[handoff.pk]))
    assert "asked, not confirmed" in page.content.decode()


def test_evidence_stays_as_it_was_when_the_lead_changes(organisation, run_effects):
    lead = hot_lead()
    handoff = offered(lead)

    edit_lead(lead, {"job_title": "Student"}, actor=None)
    run_effects()

    lead.refresh_from_db()
    handoff.refresh_from_db()
    assert (lead.score, handoff.evidence["score"]) == (40, 55)


def test_lead_below_the_threshold_is_scored_and_stays_with_marketing():
    lead = LeadFactory(phone="+49301234567")

    assert score_lead(lead.pk) is None

    lead.refresh_from_db()
    assert (lead.score, lead.stage) == (5, Stage.LEAD)
    assert lead.scored_at is not None


def test_lead_without_a_required_field_is_not_offered():
    lead = hot_lead(email="")

    score_lead(lead.pk)

    lead.refresh_from_db()
    assert lead.stage == Stage.LEAD


def test_a_touch_reaches_sales_through_the_outbox(organisation, run_effects):
    lead = LeadFactory(job_title="CEO")

    record_touch(lead, "demo_request", now(), "demo:1")
    run_effects()

    assert Handoff.objects.get(lead=lead).evidence["score"] == 50


def test_changed_facts_of_a_lead_are_scored(organisation, run_effects):
    lead = LeadFactory()

    edit_lead(lead, {"job_title": "Founder"}, actor=None)
    run_effects()

    lead.refresh_from_db()
    assert lead.score == 15


def test_scoring_a_lead_that_is_gone_does_nothing():
    assert score_lead(999_999) is None


def test_scoring_twice_offers_once(organisation):
    lead = hot_lead()

    assert score_lead(lead.pk) is not None
    assert score_lead(lead.pk) is None

    assert Handoff.objects.filter(lead=lead).count() == 1


def test_recycled_lead_is_not_offered_on_old_evidence(organisation):
    lead = recycled(hot_lead(), days_ago=2)

    score_lead(lead.pk)

    lead.refresh_from_db()
    assert lead.score >= MqlDefinition.current().threshold
    assert lead.stage == Stage.RECYCLED


def test_recycled_lead_is_offered_again_on_new_evidence_as_the_next_attempt(organisation):
    lead = recycled(hot_lead())
    TouchFactory(lead=lead, kind="demo_request", at=now())

    handoff = offered(lead)

    assert handoff.attempt == 2


def test_recycled_lead_waits_for_the_end_of_its_cool_down(organisation):
    lead = recycled(hot_lead(), until=now().date() + timedelta(days=5))
    TouchFactory(lead=lead, kind="demo_request", at=now())

    score_lead(lead.pk)

    lead.refresh_from_db()
    assert lead.stage == Stage.RECYCLED


def test_marketer_sends_a_cold_lead_with_a_reason_and_the_gaps_are_told(organisation):
    lead, marketer = LeadFactory(email=""), UserFactory(role=Role.MARKETER)

    handoff = qualify_by_hand(lead, actor=marketer, note="Met at the fair, wants a call")

    assert handoff.opened_by == marketer
    assert handoff.evidence["note"] == handoff.note == "Met at the fair, wants a call"
    assert handoff.evidence["missing"] == ["score 0 of 40", "no e-mail"]
    lead.refresh_from_db()
    assert lead.stage == Stage.MQL


def test_sending_a_lead_by_hand_wants_a_reason():
    with pytest.raises(NotQualifiable, match="Say why"):
        qualify_by_hand(LeadFactory(), actor=UserFactory(), note=" ")

    assert not Handoff.objects.exists()


def test_lead_that_sales_has_cannot_be_sent_again(organisation):
    lead = hot_lead()
    score_lead(lead.pk)

    with pytest.raises(NotQualifiable, match="is MQL"):
        qualify_by_hand(lead, actor=UserFactory(), note="Again")

    assert Handoff.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_one_time_open_one_handoff():
    lead = hot_lead()

    def score(_):
        try:
            return score_lead(lead.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        opened = [handoff for handoff in pool.map(score, range(8)) if handoff]

    assert len(opened) == 1
    assert Handoff.objects.count() == 1
    assert lead.transitions.filter(new_stage=Stage.MQL).count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_workers_and_many_touches_open_one_handoff():
    lead = LeadFactory(job_title="CEO")

    def touch(number):
        try:
            record_touch(lead, "demo_request", now(), f"demo:{number}")
            outbox.sweep()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(touch, range(8)))
    while outbox.sweep():
        pass

    assert Handoff.objects.filter(lead=lead).count() == 1
    lead.refresh_from_db()
    assert lead.score == 65  # 15 for the title, demos capped at 50
