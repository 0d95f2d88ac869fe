"""What a deal's record tells: its own timeline, its history before and after, its tabs."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.activities.services import log_activity
from deals import cards, closing, services, status, timeline
from deals.models import Deal
from tests.factories import UserFactory

HTMX = {"HX-Request": "true"}


def test_edits_are_kept_as_data_and_told_in_words(sold, sign_in, rep):
    deal, ben = sold(close_on=date(2026, 3, 1)), UserFactory(name="Ben")
    changes = {"amount_minor": 5_000, "currency": "USD", "close_on": date(2026, 4, 1), "owner": ben}

    services.edit(deal, changes, version=1, actor=UserFactory(role="sales_manager"))
    page = sign_in(deal.owner).get(reverse("deals:history", args=[deal.pk])).content.decode()

    kept = {
        change["field"]: (change["old"], change["new"]) for change in deal.moves.first().changes
    }
    assert kept["amount_minor"] == ([100_000, "EUR"], [5_000, "USD"])
    assert kept["close_on"] == ("2026-03-01", "2026-04-01")
    assert kept["owner"] == ("Maya Rep", "Ben")
    for words in ("€1,000.00", "$50.00", "1 Mar 2026", "1 Apr 2026", "Maya Rep", "Ben"):
        assert words in page


def test_a_win_for_another_amount_says_so(sold, sign_in, rep):
    deal = sold()

    closing.win(deal, version=1, amount_minor=90_000, currency="EUR", actor=rep)
    page = sign_in(rep).get(reverse("deals:history", args=[deal.pk])).content.decode()

    assert "€1,000.00" in page
    assert "€900.00" in page


def test_the_deal_tells_its_own_story_and_on_demand_its_leads(sold, sign_in, rep):
    deal = sold()
    other = sold(deal.lead, name="Another deal")
    log_activity(deal.lead, Activity.Kind.CALL, actor=rep, deal=deal, text="About this one")
    log_activity(deal.lead, Activity.Kind.CALL, actor=rep, deal=other, text="About the other")
    client, url = sign_in(rep), reverse("deals:timeline", args=[deal.pk])

    own = client.get(url, headers=HTMX).content.decode()
    whole = client.get(f"{url}?of=lead", headers=HTMX).content.decode()

    assert "About this one" in own
    assert "About the other" not in own
    assert "About the other" in whole


def test_the_story_goes_on_without_gap_or_repetition(sold, rep):
    deal, at = sold(), now()
    for minute in range(70):
        log_activity(
            deal.lead, Activity.Kind.NOTE, actor=rep, deal=deal, text=f"Note {minute}",
            at=at - timedelta(minutes=minute),
        )  # fmt: skip

    shown, cursor, first = [], None, True
    while first or cursor:
        page = timeline.read_page(deal, cursor)
        shown += [item.text for item in page.items if item.key.startswith("activity")]
        cursor, first = page.next, False

    assert shown == [f"Note {minute}" for minute in range(70)]


def test_who_does_not_see_the_lead_reads_only_the_deal(sold, sign_in, rep):
    deal = sold()
    type(deal.lead).objects.filter(pk=deal.lead_id).update(owner=UserFactory(), team=None)
    client = sign_in(rep)

    page = client.get(deal.get_absolute_url()).content.decode()

    assert "All of the lead" not in page
    assert "Opened in New" in page


@pytest.mark.parametrize("tab", ["detail", "files", "history"])
def test_a_tab_is_a_page_and_a_part_of_one(sold, sign_in, rep, tab):
    deal, client = sold(), sign_in(rep)
    url = reverse(f"deals:{tab}", args=[deal.pk])

    page, part = client.get(url), client.get(url, headers=HTMX)

    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    assert 'aria-current="page"' in part.content.decode()
    assert "HX-Request" in page["Vary"]


def test_a_snoozed_deal_does_not_rot_until_the_day_comes(sold, sign_in, rep):
    deal = sold()
    Deal.objects.update(stage_since=now() - timedelta(days=40))
    at, client = cards.clock(), sign_in(rep)
    assert Deal.objects.rotting(at).exists()

    client.post(reverse("deals:snooze", args=[deal.pk, 7]))

    later = status.Clock(at.now + timedelta(days=8), at.today_ends + timedelta(days=8))
    shown = Deal.objects.for_cards().get()
    assert (cards.card(shown, at).status.key, shown.version) == ("none", 2)
    assert cards.card(shown, later).status.key == "rotting"
    assert not Deal.objects.rotting(at).exists()
    assert Deal.objects.rotting(later).exists()
    assert "Rotting put off until" in deal.moves.first().note


def test_a_closed_deal_is_not_snoozed(sold, rep, price):
    deal = sold()
    closing.lose(deal, version=1, reason=price, good_lead=True, actor=rep)

    with pytest.raises(services.NotAllowedNow):
        services.snooze(deal, until=now(), actor=rep)
