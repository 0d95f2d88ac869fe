"""How a deal ends, and what marketing hears of it."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from crm.funnel import handoffs
from crm.funnel.models import StageEntry, Verdict
from crm.outbox.models import Effect
from crm.stages import Stage
from deals import closing, services
from deals.models import Deal
from deals.services import NotAllowedNow, StaleDeal


def won(deal, rep, **values):
    values = {"version": deal.version, "amount_minor": 120_000, "currency": "EUR", **values}
    return closing.win(deal, actor=rep, **values)


def lost(deal, rep, reason, **values):
    values = {"version": deal.version, "reason": reason, "good_lead": True, **values}
    return closing.lose(deal, actor=rep, **values)


def stage_of(deal):
    deal.lead.refresh_from_db()
    return deal.lead.stage


def test_a_won_deal_makes_a_customer_and_sends_the_verdict_home(sold, rep):
    deal = sold()

    won(deal, rep, note="Liked the demo")

    deal.refresh_from_db()
    verdict = Verdict.objects.get(kind=Verdict.Kind.WON)
    assert (deal.status, deal.amount_minor) == ("won", 120_000)
    assert stage_of(deal) == Stage.CUSTOMER
    assert (verdict.lead, verdict.amount_minor, verdict.good_lead) == (deal.lead, 120_000, True)
    assert Effect.objects.filter(
        kind=handoffs.VERDICT_GIVEN, payload={"verdict": verdict.pk}
    ).exists()


def test_a_deal_may_be_won_in_the_past(sold, rep):
    at = now() - timedelta(days=3)

    deal = won(sold(), rep, at=at)

    assert deal.closed_at == at
    assert Verdict.objects.get(kind=Verdict.Kind.WON).at == at


def test_a_lost_deal_says_why_and_whether_the_lead_was_good(sold, rep, price):
    deal = lost(sold(), rep, price, good_lead=False, competitor="Rival", note="Too dear")

    verdict = Verdict.objects.get(kind=Verdict.Kind.LOST)
    deal.refresh_from_db()
    assert (deal.status, deal.lost_reason, deal.good_lead) == ("lost", price, False)
    assert (deal.competitor, deal.close_note) == ("Rival", "Too dear")
    assert (verdict.good_lead, verdict.reason_text) == (False, "Price")
    assert stage_of(deal) == Stage.LOST


def test_a_lead_with_another_open_deal_is_not_lost(sold, rep, price):
    first = sold()
    second = sold(first.lead)

    lost(first, rep, price)
    assert stage_of(first) == Stage.OPPORTUNITY

    lost(second, rep, price)
    assert stage_of(first) == Stage.LOST


def test_a_customer_who_declines_a_further_deal_is_a_customer_still(sold, rep, price):
    first = won(sold(), rep)
    second = sold(first.lead)
    assert stage_of(first) == Stage.OPPORTUNITY

    lost(second, rep, price)

    assert stage_of(first) == Stage.CUSTOMER


def test_a_lost_lead_may_go_back_to_nurture_until_a_day(sold, rep, price):
    day = localdate() + timedelta(days=90)

    deal = lost(sold(), rep, price, revisit_on=day)

    assert stage_of(deal) == Stage.RECYCLED
    assert (deal.lead.recycled_until, deal.lead.owner) == (day, None)
    assert Effect.objects.filter(kind=handoffs.LEAD_RETURNED).exists()


def test_a_reason_that_wants_a_note_is_not_taken_without(sold, rep, price):
    price.note_required = True

    with pytest.raises(NotAllowedNow, match="needs a note"):
        lost(sold(), rep, price, note=" ")

    assert Deal.objects.get().is_open


def test_a_stale_win_saves_nothing(sold, rep, stages):
    deal = sold()
    services.move(Deal.objects.get(pk=deal.pk), stages[1], version=1, actor=rep)

    with pytest.raises(StaleDeal):
        won(deal, rep, version=1)

    assert Deal.objects.get().is_open
    assert stage_of(deal) == Stage.OPPORTUNITY
    assert not Verdict.objects.filter(kind=Verdict.Kind.WON).exists()


def test_a_closed_deal_is_not_closed_again(sold, rep, price):
    deal = won(sold(), rep)

    with pytest.raises(NotAllowedNow, match="is won"):
        lost(deal, rep, price)


def test_reopening_keeps_the_history_and_withdraws_the_verdict(sold, rep, price):
    deal = lost(sold(), rep, price)

    closing.reopen(deal, version=deal.version, actor=rep)

    deal.refresh_from_db()
    assert (deal.status, deal.closed_at, deal.lost_reason) == ("open", None, None)
    assert [m.new for m in deal.moves.all()] == ["New", "Lost", "New"]
    assert stage_of(deal) == Stage.OPPORTUNITY
    assert not Verdict.objects.standing().filter(kind=Verdict.Kind.LOST).exists()
    assert Verdict.objects.filter(kind=Verdict.Kind.LOST).exists()


def test_a_reopened_deal_may_be_won(sold, rep, price):
    deal = lost(sold(), rep, price)
    closing.reopen(deal, version=deal.version, actor=rep)

    won(deal, rep)

    assert stage_of(deal) == Stage.CUSTOMER
    assert Verdict.objects.standing().filter(kind__in=["won", "lost"]).get().kind == "won"


def test_a_close_by_mistake_counts_nowhere(sold, rep):
    deal = won(sold(), rep)
    assert StageEntry.objects.filter(lead=deal.lead, stage=Stage.CUSTOMER).exists()

    closing.reopen(deal, version=deal.version, actor=rep, mistake=True)

    assert stage_of(deal) == Stage.OPPORTUNITY
    assert not StageEntry.objects.filter(lead=deal.lead, stage=Stage.CUSTOMER).exists()


def test_taking_back_a_second_win_leaves_the_first_customer_entry(sold, rep):
    first = sold()
    second = sold(first.lead)
    won(first, rep)
    won(second, rep)

    closing.reopen(second, version=second.version, actor=rep, mistake=True)

    assert stage_of(first) == Stage.OPPORTUNITY
    assert StageEntry.objects.filter(lead=first.lead, stage=Stage.CUSTOMER).exists()


def test_a_deal_whose_lead_went_back_to_marketing_is_not_reopened(sold, rep, price):
    deal = lost(sold(), rep, price, revisit_on=localdate() + timedelta(days=30))

    with pytest.raises(NotAllowedNow, match="must have accepted"):
        closing.reopen(deal, version=deal.version, actor=rep)

    assert Deal.objects.get().status == "lost"


def test_an_open_deal_is_not_reopened(sold, rep):
    deal = sold()

    with pytest.raises(NotAllowedNow):
        closing.reopen(deal, version=deal.version, actor=rep)
