"""The page “Channels”: sums of weeks, in quarters, months or weeks, with links."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from campaigns.channel_metrics.models import BrandChannel, ChannelWeek
from campaigns.channel_metrics.numbers import monday
from campaigns.channel_metrics.trends import OTHERS, STEPS, History, buckets
from crm.stages import Stage
from crm.users.models import Role
from leads.models import Channel
from tests.factories import CampaignFactory, ChannelFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
TODAY = date(2026, 5, 20)


def week(channel, day, **numbers):
    return ChannelWeek.objects.create(channel=channel, week=monday(day), **numbers)


@pytest.mark.parametrize("by", STEPS)
def test_pieces_of_time_follow_each_other_up_to_today(by):
    found = buckets(by, TODAY)

    assert len(found) == STEPS[by].count
    assert found[-1].first <= TODAY < found[-1].end
    assert all(a.end == b.first for a, b in zip(found, found[1:], strict=False))


def test_sums_of_a_quarter_and_followers_at_its_end():
    social = Channel.objects.get(key="social")
    week(social, date(2026, 2, 2), sessions=10, likes=1, followers=100)
    week(social, date(2026, 3, 2), sessions=20, likes=2, followers=120)
    week(social, date(2026, 4, 13), sessions=5)

    history = History("quarter", TODAY)

    assert [bucket.label for bucket in history.buckets] == ["Q1 2026", "Q2 2026"]
    assert history.by_channel("sessions")[0].values == [30, 5]
    assert history.sums(("likes", "Likes"))[0].values == [3, None]
    assert history.followers().values == [120, None]


def test_seventh_channel_and_further_go_together():
    for number in range(8):
        week(ChannelFactory(), TODAY, sessions=10 + number)

    series = History("month", TODAY).by_channel("sessions")

    assert len(series) == 6
    assert series[-1].label == OTHERS
    assert sum(one.values[-1] for one in series) == sum(10 + number for number in range(8))


def test_campaigns_part_is_not_added_to_its_channel():
    social = Channel.objects.get(key="social")
    week(social, TODAY, sessions=10)
    ChannelWeek.objects.create(
        channel=social, campaign=CampaignFactory(channel=social), week=monday(TODAY), sessions=4
    )

    assert History("month", TODAY).by_channel("sessions")[0].values[-1] == 10


def test_awareness_is_the_sessions_of_the_channels_that_show_it():
    direct = ChannelFactory(name="Direct")
    week(direct, TODAY, sessions=10)
    week(ChannelFactory(name="Ads"), TODAY, sessions=99)
    BrandChannel.objects.create(channel=direct)

    [series] = History("month", TODAY).brand()

    assert (series.label, series.values[-1]) == ("Direct", 10)


def test_leads_of_a_period_lead_to_exactly_those_leads(sign_in):
    for _ in range(3):
        LeadFactory()
    client = sign_in(role=Role.MARKETING_MANAGER)

    page = client.get("/channels/", {"by": "month"})

    [(_, values), *_] = page.context["leads"].rows
    (count, link), _ = values
    assert count == 3
    assert client.get(link).context["count"] == 3


def test_leads_are_those_of_the_readers_scope():
    rep = UserFactory(role=Role.REP)
    LeadFactory(owner=rep)
    LeadFactory(owner=UserFactory())

    [leads] = History("month", localdate()).stages(rep, Stage.LEAD)

    assert leads.values[-1] == 1


def test_the_page_is_whole_when_nothing_is_known(sign_in):
    page = sign_in(role=Role.VIEWER).get("/channels/")

    assert page.status_code == 200
    assert b"No numbers yet." in page.content


@pytest.mark.parametrize("count", [1, 20])
def test_charts_ask_the_same_few_queries(count, sign_in, django_assert_num_queries):
    client = sign_in(role=Role.MARKETER)
    for back in range(count):
        week(ChannelFactory(), localdate() - timedelta(weeks=back), sessions=1, followers=back)
    client.get("/channels/")

    with django_assert_num_queries(14):
        client.get("/channels/")
