"""The weekly grid as people use it: cell by cell, as a pasted block, as a plain form."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from campaigns.channel_metrics.models import ChannelWeek
from campaigns.channel_metrics.numbers import monday
from campaigns.metrics import results
from campaigns.models import Campaign, Spend
from crm.users.models import Role
from leads.models import Channel
from tests.factories import CampaignFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
HTMX = {"HX-Request": "true"}
WEEK = date(2026, 3, 2)


@pytest.fixture
def marketer(sign_in):
    return sign_in(role=Role.MARKETER)


@pytest.fixture
def social():
    return Channel.objects.get(key="social")


def url(channel):
    return f"/channels/{channel.pk}/metrics/"


def save(client, channel, headers=HTMX, **cells):
    named = {name.replace("__", "."): text for name, text in cells.items()}
    return client.post(f"{url(channel)}save/", named, headers=headers)


def cells(channel, **numbers):
    return {f"{WEEK}.{name}": text for name, text in numbers.items()}


def test_a_cell_is_saved_alone_and_ticked(marketer, social):
    ChannelWeek.objects.create(channel=social, week=WEEK, likes=7)

    answer = marketer.post(f"{url(social)}save/", cells(social, sessions="1,200"), headers=HTMX)

    week = ChannelWeek.objects.get()
    assert (week.sessions, week.likes) == (1200, 7)
    assert answer.status_code == 200
    assert b"Saved" in answer.content
    assert f'id="m-{WEEK}-sessions"'.encode() in answer.content


def test_a_cleared_cell_is_unknown_again_not_zero(marketer, social):
    ChannelWeek.objects.create(channel=social, week=WEEK, likes=7)

    marketer.post(f"{url(social)}save/", cells(social, likes=""), headers=HTMX)

    assert ChannelWeek.objects.get().likes is None


def test_a_number_below_zero_is_refused_and_the_rest_of_the_block_is_saved(marketer, social):
    block = cells(social, sessions="-4", likes="12", comments="lots")

    answer = marketer.post(f"{url(social)}save/", block, headers=HTMX)

    week = ChannelWeek.objects.get()
    assert answer.status_code == 422
    assert answer.content.count(b"data-error") == 2
    assert (week.sessions, week.likes, week.comments) == (None, 12, None)


def test_without_javascript_the_form_keeps_what_was_typed_wrongly(marketer, social):
    this = monday(localdate())
    typed = {f"{this}.sessions": "minus four", f"{this}.likes": "12", "to": str(this)}

    answer = marketer.post(f"{url(social)}save/", typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="minus four"' in page
    assert 'value="12"' in page
    assert ChannelWeek.objects.get().likes == 12


def test_a_plain_form_saves_only_what_differs(marketer, social):
    ChannelWeek.objects.create(channel=social, week=WEEK, likes=7, shares=1)

    answer = marketer.post(
        f"{url(social)}save/", {**cells(social, likes="7", shares="2"), "to": str(WEEK)}
    )

    assert answer.status_code == 302
    assert ChannelWeek.objects.get().shares == 2


def test_last_week_shows_as_ghost_and_a_leap_is_hinted_but_saved(marketer, social):
    for back in range(1, 5):
        ChannelWeek.objects.create(channel=social, week=WEEK - timedelta(weeks=back), likes=100)

    page = marketer.get(url(social), {"to": str(WEEK)}).content.decode()
    answer = marketer.post(f"{url(social)}save/", cells(social, likes="301"), headers=HTMX)

    assert 'placeholder="100"' in page
    assert b"Unusual" in answer.content
    assert ChannelWeek.objects.get(week=WEEK).likes == 301


def test_every_day_of_a_week_is_its_monday(marketer, social):
    marketer.post(f"{url(social)}save/", {"2026-03-08.likes": "3"}, headers=HTMX)

    assert ChannelWeek.objects.get().week == WEEK


@pytest.mark.parametrize("week", ["0001-01-01", "9999-12-31"])
def test_a_week_out_of_this_century_is_refused(marketer, social, week):
    answer = marketer.post(f"{url(social)}save/", {f"{week}.likes": "3"}, headers=HTMX)

    assert answer.status_code == 422
    assert marketer.get(url(social), {"to": week}).status_code == 200


def test_what_is_no_cell_is_left_alone(marketer, social):
    marketer.post(f"{url(social)}save/", {"2026-03-02.owner": "3", "pk": "1"}, headers=HTMX)

    assert not ChannelWeek.objects.exists()


# Money counts once --------------------------------------------------------------------------------


def spent(campaign):
    return Campaign.objects.with_spent().get(pk=campaign.pk).spent


def test_spend_of_a_campaigns_week_is_dated_spend_and_counts_once(marketer, social):
    campaign = CampaignFactory(channel=social)
    LeadFactory(campaign=campaign)
    Spend.objects.create(campaign=campaign, day=WEEK, amount_minor=10_000, note="Invoice")
    path = f"/campaigns/{campaign.pk}/metrics/save/"

    marketer.post(path, {f"{WEEK}.spend": "50", f"{WEEK}.clicks": "9"}, headers=HTMX)
    answer = marketer.post(path, {f"{WEEK}.spend": "60"}, headers=HTMX)

    assert spent(campaign) == 16_000
    assert ChannelWeek.objects.get().spend_minor is None
    assert "€160.00" in answer.content.decode()
    found = results(Campaign.objects.with_spent(), UserFactory(role=Role.MARKETER))
    assert found[campaign.pk].cost_per_lead == 16_000


def test_clearing_the_cell_takes_the_grids_spend_back_and_no_other(marketer, social):
    campaign = CampaignFactory(channel=social)
    Spend.objects.create(campaign=campaign, day=WEEK, amount_minor=10_000)
    path = f"/campaigns/{campaign.pk}/metrics/save/"
    marketer.post(path, {f"{WEEK}.spend": "50"}, headers=HTMX)

    marketer.post(path, {f"{WEEK}.spend": ""}, headers=HTMX)

    assert spent(campaign) == 10_000


def test_a_channels_spend_is_never_a_campaigns(marketer, social):
    campaign = CampaignFactory(channel=social)

    marketer.post(f"{url(social)}save/", cells(social, spend="75.50"), headers=HTMX)

    assert ChannelWeek.objects.get().spend_minor == 7_550
    assert spent(campaign) is None


def test_a_campaign_without_a_channel_is_asked_for_one(marketer):
    campaign = CampaignFactory(channel=None)

    page = marketer.get(f"/campaigns/{campaign.pk}/metrics/")
    answer = marketer.post(f"/campaigns/{campaign.pk}/metrics/save/", {f"{WEEK}.likes": "1"})

    assert b"has no channel" in page.content
    assert answer.status_code == 422


@pytest.mark.parametrize("weeks", [1, 12])
def test_the_grid_asks_the_same_few_queries(weeks, marketer, social, django_assert_num_queries):
    for back in range(weeks):
        week = monday(localdate()) - timedelta(weeks=back)
        ChannelWeek.objects.create(channel=social, week=week, likes=back)
    marketer.get(url(social))

    with django_assert_num_queries(7):
        marketer.get(url(social))


def test_a_rep_reads_the_grid_and_cannot_write(sign_in, social):
    ChannelWeek.objects.create(channel=social, week=monday(localdate()), likes=7)
    rep = sign_in(role=Role.REP)

    page = rep.get(url(social)).content.decode()

    assert "<td" in page
    assert 'name="2' not in page
    assert save(rep, social).status_code == 403
