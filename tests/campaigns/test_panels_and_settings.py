"""Marketing's panels on a lead's record; the lists of channels and scoring rules."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from crm.stages import Stage
from crm.users.models import Role
from leads.models import Channel
from tests.factories import CampaignFactory, LeadFactory, TouchFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def marketer(sign_in):
    return sign_in(role=Role.MARKETER)


@pytest.fixture
def manager(sign_in):
    return sign_in(role=Role.MARKETING_MANAGER)


# The panels on a lead's record -------------------------------------------------------------------


def test_score_panel_explains_the_score_of_this_moment(marketer, django_assert_max_num_queries):
    lead = LeadFactory(job_title="CEO", phone="+49301234567")
    TouchFactory(lead=lead, kind="form", at=now() - timedelta(days=29))

    with django_assert_max_num_queries(8):
        answer = marketer.get(reverse("campaigns:lead-score", args=[lead.pk]))

    assert answer.context["lead"].score == 28
    assert answer.context["short"] == 12
    assert "= fit 20 + engagement 8" in answer.content.decode()
    assert "12 points short of MQL (40)" in answer.content.decode()


def test_marketer_sends_a_lead_to_sales_from_its_record(marketer):
    lead = LeadFactory()
    url = reverse("campaigns:lead-qualify", args=[lead.pk])

    assert b"score 0 of 40" in marketer.get(url).content
    assert marketer.post(url, {"note": ""}).status_code == 422
    marketer.post(url, {"note": "Called us"})

    lead.refresh_from_db()
    assert lead.stage == Stage.MQL
    again = marketer.post(url, {"note": "Once more"})
    assert again.status_code == 422


def test_touches_of_a_lead_show_where_it_came_from(marketer):
    campaign = CampaignFactory(name="Spring fair")
    found = TouchFactory(campaign=campaign, kind="event", detail="Stand 4")

    answer = marketer.get(reverse("campaigns:lead-touches", args=[found.lead.pk]))

    assert b"Spring fair" in answer.content
    assert b"Stand 4" in answer.content


def test_touches_show_in_the_timeline_of_the_lead(marketer):
    found = TouchFactory(kind="webinar", detail="Planning 101")

    answer = marketer.get(reverse("activities:lead-panel", args=[found.lead.pk]))

    assert b"Planning 101" in answer.content


# Channels ----------------------------------------------------------------------------------------


def test_channel_is_added_renamed_and_set_aside(manager):
    manager.post("/settings/channels/new/", {"name": "Trade press"})
    channel = Channel.objects.get(key="trade_press")

    manager.post(f"/settings/channels/{channel.pk}/edit/", {"name": "Magazines"})
    manager.post(f"/settings/channels/{channel.pk}/deactivate/")

    channel.refresh_from_db()
    assert (channel.name, channel.key, channel.is_active) == ("Magazines", "trade_press", False)
    assert b"Magazines</option>" not in manager.get("/campaigns/new/").content


def test_second_channel_of_a_name_is_refused(manager):
    answer = manager.post("/settings/channels/new/", {"name": "EVENTS"})

    assert answer.status_code == 422


def test_channels_whose_names_make_one_key_get_keys_of_their_own(manager):
    for name in ("Press!", "Press?"):
        manager.post("/settings/channels/new/", {"name": name})

    assert set(Channel.objects.filter(name__startswith="Press").values_list("key", flat=True)) == {
        "press", "press_2",
    }  # fmt: skip
