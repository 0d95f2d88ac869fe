"""How a deal ends, and what marketing hears of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from django.utils.timezone import localdate, now

from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep, complete_follow_up, plan_follow_up
from crm.common.periods import Period
from crm.funnel import handoffs, ledger
from crm.funnel.models import StageEntry, Verdict
from crm.outbox.models import Effect
from crm.reports.questions import Question
from crm.reports.velocity import report as velocity
from crm.stages import Stage
from crm.users.models import Role
from deals import closing, services
from deals.models import Deal, LostReason
from deals.services import NotAllowedNow, StaleDeal
from deals.timeline import read_page
from leads.models import Lead
from tests.factories import UserFactory

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


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


def opened(deal, at):
    Deal.objects.filter(pk=deal.pk).update(created_at=at)
    deal.created_at = at
    return deal


def test_a_deal_may_be_won_in_the_past(sold, rep):
    deal = opened(sold(), now() - timedelta(days=9))

    won(deal, rep, signed_on=localdate() - timedelta(days=3))

    assert deal.closed_on == localdate() - timedelta(days=3)
    assert deal.closed_at < now() - timedelta(days=2)
    assert Verdict.objects.get(kind=Verdict.Kind.WON).at == deal.closed_at


def test_no_deal_is_signed_before_it_was_opened(sold, rep):
    deal = opened(sold(), now() - timedelta(days=2))

    with pytest.raises(NotAllowedNow, match="was opened on"):
        won(deal, rep, signed_on=localdate() - timedelta(days=3))

    deal.refresh_from_db()
    assert (deal.status, deal.closed_on, deal.version) == ("open", None, 1)
    assert not deal.moves.filter(new="Won").exists()


def test_a_deal_signed_on_the_day_it_was_opened_took_no_time_below_zero(sold, rep):
    with time_machine.travel(datetime(2026, 11, 20, 22, tzinfo=UTC)):
        deal = opened(sold(), now())
    with time_machine.travel(datetime(2026, 11, 25, 9, tzinfo=UTC)):
        won(deal, rep, signed_on=date(2026, 11, 20))

    assert deal.closed_at == deal.created_at


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_the_day_of_signature_is_the_same_for_whoever_reads_it(sold, rep, zone, sign_in):
    deal = opened(sold(), datetime(2026, 10, 1, 9, tzinfo=UTC))
    with timezone.override("Pacific/Kiritimati"):
        won(deal, rep, signed_on=date(2026, 10, 31))
    reader = UserFactory(role=Role.SALES_MANAGER, scope="all", time_zone=zone)

    page = sign_in(reader).get("/deals/?status=won&view=list").content.decode()
    record = sign_in(reader).get(f"/deals/{deal.pk}/").content.decode()

    assert "31 Oct 2026" in page
    assert "31 Oct 2026" in record
    answer = velocity.answer(Question(period=OCTOBER, by="rep"))
    assert answer.tables[0].total.value("won") == 1


def test_another_currency_alone_is_in_the_history(sold, rep):
    deal = sold()

    won(deal, rep, amount_minor=deal.amount_minor, currency="USD")

    move = deal.moves.get(new="Won")
    amount = deal.amount_minor
    assert move.changes == [
        {"field": "amount_minor", "old": [amount, "EUR"], "new": [amount, "USD"]}
    ]


def test_another_currency_alone_of_an_open_deal_is_told_with_its_amount(sold, rep):
    deal = services.edit(sold(), {"currency": "USD"}, version=1, actor=rep)

    assert deal.moves.first().note == "Amount: €1,000.00 → $1,000.00"


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


def test_undoing_a_loss_with_a_day_to_revisit_leaves_nothing_of_it(sold, rep, price):
    deal = sold()
    before = Lead.objects.filter(pk=deal.lead_id).values("owner", "team", "recycled_until").get()
    entries = set(StageEntry.objects.filter(lead=deal.lead).values_list("stage", "at"))
    lost(deal, rep, price, revisit_on=localdate() + timedelta(days=90))
    assert stage_of(deal) == Stage.RECYCLED

    closing.reopen(deal, version=deal.version, actor=rep, mistake=True)

    assert stage_of(deal) == Stage.OPPORTUNITY
    after = Lead.objects.filter(pk=deal.lead_id).values("owner", "team", "recycled_until").get()
    assert after == before
    assert set(StageEntry.objects.filter(lead=deal.lead).values_list("stage", "at")) == entries
    assert not Verdict.objects.standing().filter(kind=Verdict.Kind.LOST).exists()


def test_a_recycled_lead_that_was_offered_again_is_not_pulled_back_by_an_undo(sold, rep, price):
    deal = sold()
    lost(deal, rep, price, revisit_on=localdate() + timedelta(days=90))
    ledger.move(Lead.objects.get(pk=deal.lead_id), Stage.MQL, actor=None)

    with pytest.raises(NotAllowedNow):
        closing.reopen(deal, version=deal.version, actor=rep, mistake=True)

    deal.refresh_from_db()
    assert (deal.status, stage_of(deal)) == ("lost", Stage.MQL)


@pytest.mark.parametrize("close", [won, lambda deal, rep: lost(deal, rep, a_reason())])
def test_a_closed_deal_leaves_no_follow_up_open_and_gets_them_back(sold, rep, close):
    deal = sold(next_step=NextStep(Activity.Kind.CALL, now()))
    done = plan_follow_up(deal.lead, NextStep(Activity.Kind.DEMO, now()), owner=rep, deal=deal)
    complete_follow_up(done)
    invited = plan_follow_up(
        deal.lead, NextStep(Activity.Kind.MEETING, now() + timedelta(days=3)), owner=rep, deal=deal
    )
    FollowUp.objects.filter(pk=invited.pk).update(guest="ana@example.org")

    close(deal, rep)

    assert FollowUp.objects.open().filter(deal=deal).get() == invited
    assert [item.title for item in read_page(deal).items if "Done" in item.title] == [
        f"Done: {done}"
    ]
    closing.reopen(deal, version=deal.version, actor=rep, mistake=True)
    assert FollowUp.objects.open().filter(deal=deal).count() == 2


def a_reason():
    return LostReason.objects.get(name="Price")


def test_an_open_deal_is_not_reopened(sold, rep):
    deal = sold()

    with pytest.raises(NotAllowedNow):
        closing.reopen(deal, version=deal.version, actor=rep)
