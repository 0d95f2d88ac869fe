"""Touches are written once; they move the score and say where a lead came from."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.services import NewTouch, TouchInFuture, record_touch, record_touches
from campaigns.services.scores import SCORE_LEAD
from crm.outbox.models import Effect
from leads.models import Channel
from tests.factories import CampaignFactory, ChannelFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def asked_scores():
    return Effect.objects.filter(kind=SCORE_LEAD).count()


def test_replaying_a_touch_changes_nothing():
    lead, at = LeadFactory(), now()

    first, created = record_touch(lead, "form", at, "form:1", detail="Webinar")
    again, created_again = record_touch(lead, "event", at, "form:1", detail="Other")

    assert (created, created_again) == (True, False)
    assert again == first
    assert again.detail == "Webinar"
    assert asked_scores() == 1


def test_first_touch_gives_the_lead_its_campaign_and_channel():
    lead, campaign = LeadFactory(), CampaignFactory(channel=ChannelFactory())

    record_touch(lead, "form", now(), "form:1", campaign=campaign)

    lead.refresh_from_db()
    assert (lead.campaign, lead.channel) == (campaign, campaign.channel)


def test_later_touches_leave_the_origin_of_a_lead_alone():
    origin = CampaignFactory(channel=ChannelFactory())
    lead = LeadFactory(campaign=origin, channel=origin.channel)

    record_touch(lead, "event", now(), "k", campaign=CampaignFactory(channel=ChannelFactory()))

    lead.refresh_from_db()
    assert (lead.campaign, lead.channel) == (origin, origin.channel)


def test_last_touch_of_a_lead_is_its_newest_one():
    lead, at = LeadFactory(), now()

    record_touch(lead, "form", at, "new")
    record_touch(lead, "form", at - timedelta(days=9), "old")

    lead.refresh_from_db()
    assert lead.last_touch_at == at


def test_touch_dated_in_the_future_is_refused():
    lead = LeadFactory()

    with pytest.raises(TouchInFuture):
        record_touch(lead, "form", now() + timedelta(minutes=6), "k")

    assert not Touch.objects.exists()
    assert record_touch(lead, "form", now() + timedelta(minutes=4), "k")[1]


def test_many_touches_are_recorded_once_and_each_lead_scored_once():
    ana, bo = LeadFactory(), LeadFactory()
    campaign = CampaignFactory(channel=Channel.objects.all()[0])
    at, actor = now(), UserFactory()
    batch = [
        NewTouch(ana.pk, "form", at - timedelta(days=3), "a1", campaign_id=campaign.pk),
        NewTouch(ana.pk, "event", at, "a2"),
        NewTouch(bo.pk, "form", at - timedelta(days=1), "b1"),
    ]

    assert record_touches(batch, actor=actor) == 3
    assert record_touches(batch, actor=actor) == 0

    ana.refresh_from_db()
    assert (Touch.objects.count(), asked_scores()) == (3, 2)
    assert (ana.campaign, ana.channel, ana.last_touch_at) == (campaign, campaign.channel, at)


def test_one_touch_in_the_future_refuses_the_whole_batch():
    lead = LeadFactory()
    batch = [
        NewTouch(lead.pk, "form", now(), "a"),
        NewTouch(lead.pk, "form", now() + timedelta(days=1), "b"),
    ]

    with pytest.raises(TouchInFuture):
        record_touches(batch)

    assert not Touch.objects.exists()


def test_recording_many_touches_takes_as_many_queries_as_few(django_assert_max_num_queries):
    leads = [LeadFactory() for _ in range(50)]

    with django_assert_max_num_queries(16):
        record_touches(NewTouch(lead.pk, "form", now(), f"k{lead.pk}") for lead in leads)
