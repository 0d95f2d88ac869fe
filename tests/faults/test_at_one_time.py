"""Fault 16: two people want the same thing at the same time; both get an answer, one gets it."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils.timezone import now

from campaigns import scoring
from campaigns.models import ScoringRule, Touch
from campaigns.services.explaining import explain_lead
from campaigns.services.rules import apply, rules_now
from campaigns.services.touches import record_touch
from crm.funnel import handoffs
from crm.funnel.models import Handoff, MqlDefinition, Verdict
from crm.importing.models import Import
from crm.stages import Stage
from crm.users.models import Role, User
from deals import closing
from deals import services as deals
from deals.models import Deal, LostReason, PipelineStage
from leads.models import Lead
from tests.factories import DealFactory, LeadFactory, waiting_handoff
from tests.faults.stream import Stream
from tests.faults.world import SIZE, World

pytestmark = [pytest.mark.faults, pytest.mark.django_db]


def together(*works: Callable[[], object]) -> list[object]:
    """Do all at the same moment, each in a thread of its own; return what each gave or raised."""
    gate = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        gate.wait()
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_reps_who_accept_one_lead_one_has_it_and_the_other_knows_who(world: World, tell):
    ana, ben = User.objects.filter(role=Role.REP)[:2]
    rounds = 2 * SIZE.handoffs
    for _ in range(rounds):
        handoff = waiting_handoff()

        def take(rep: User, pk: int) -> object:
            return handoffs.accept(Handoff.objects.get(pk=pk), actor=rep)

        results = together(partial(take, ana, handoff.pk), partial(take, ben, handoff.pk))

        lost = [result for result in results if isinstance(result, handoffs.AlreadyAnswered)]
        won = [result for result in results if isinstance(result, Verdict)]
        assert (len(won), len(lost)) == (1, 1), results
        owner = Lead.objects.get(pk=handoff.lead_id).owner
        assert lost[0].handoff.answered_by == won[0].by == owner
        assert Verdict.objects.filter(handoff=handoff).count() == 1
    world.settle()
    tell(f"16 two reps accept one lead, {rounds} times: {rounds} won, {rounds} told who was first")


def test_of_two_who_close_one_deal_one_way_each_one_is_told_that_it_is_stale(world: World, tell):
    ana, ben = User.objects.filter(role=Role.REP)[:2]
    reason = LostReason.objects.create(name="Too late")
    rounds = SIZE.handoffs
    for _ in range(rounds):
        deal = DealFactory(currency="EUR")

        def win(rep: User, pk: int) -> object:
            return closing.win(
                Deal.objects.get(pk=pk), version=1, amount_minor=100, currency="EUR", actor=rep
            )

        def lose(rep: User, pk: int) -> object:
            return closing.lose(
                Deal.objects.get(pk=pk), version=1, reason=reason, good_lead=True, actor=rep
            )

        results = together(partial(win, ana, deal.pk), partial(lose, ben, deal.pk))

        refused = [r for r in results if isinstance(r, deals.StaleDeal | deals.NotAllowedNow)]
        closed = [result for result in results if isinstance(result, Deal)]
        assert (len(closed), len(refused)) == (1, 1), results
        deal.refresh_from_db()
        assert (deal.status, deal.version) == (closed[0].status, 2)
        verdict = Verdict.objects.get(lead=deal.lead)
        assert verdict.kind == deal.status
        lead = Lead.objects.get(pk=deal.lead_id)
        assert (lead.stage == Stage.CUSTOMER) == (deal.status == Deal.Status.WON)
    world.settle()
    tell(f"16 two close one deal, {rounds} times: {rounds} closed once, {rounds} told")


def test_of_two_browsers_that_move_one_card_one_is_told_that_it_is_stale(world: World, tell):
    ana, ben = User.objects.filter(role=Role.REP)[:2]
    rounds = SIZE.handoffs
    for _ in range(rounds):
        deal = DealFactory()
        one, other = deal.pipeline.stages.all()[1:3]

        def move(rep: User, stage: PipelineStage, pk: int) -> object:
            return deals.move(Deal.objects.get(pk=pk), stage, version=1, actor=rep)

        results = together(partial(move, ana, one, deal.pk), partial(move, ben, other, deal.pk))

        stale = [result for result in results if isinstance(result, deals.StaleDeal)]
        moved = [result for result in results if isinstance(result, Deal)]
        assert (len(moved), len(stale)) == (1, 1), results
        fresh = Deal.objects.get(pk=deal.pk)
        assert (fresh.version, fresh.stage) == (2, moved[0].stage)
        assert deal.moves.count() == 1
    tell(f"16 two browsers move one card, {rounds} times: {rounds} moved, {rounds} told of it")


def test_two_imports_of_one_file_at_once_make_no_lead_twice(world: World, tell):
    began = time.monotonic()
    stream = Stream(world, "both")
    sources = [stream.bring_in(SIZE.rows), stream.bring_in(SIZE.rows)]

    world.settle()

    counts = Counter(
        Lead.objects.filter(external_id__startswith="both-").values_list("external_id", flat=True)
    )
    for source in sources:
        source.refresh_from_db()
        assert (source.state, source.rows) == (Import.State.DONE, SIZE.rows), source.error
    assert len(counts) == SIZE.rows
    assert sum(source.created for source in sources) == SIZE.rows
    assert sum(source.refused for source in sources) == 0
    tell(
        f"16 two imports of one file: {SIZE.rows} rows, {len(counts)} leads, "
        f"{time.monotonic() - began:.0f} s"
    )


def test_a_rule_changed_while_touches_stream_leaves_scores_of_the_last_rules(world: World, tell):
    began = time.monotonic()
    leads = [LeadFactory(name=f"Touched {n}", consent=True) for n in range(SIZE.handoffs)]
    rule = ScoringRule.objects.create(
        name="Fault", kind="engagement", touch_kind=Touch.Kind.FORM, points=5
    )

    def touch() -> None:
        for turn in range(4):
            for lead in leads:
                at = now() - timedelta(seconds=1)
                record_touch(lead, Touch.Kind.FORM, at, f"fault:{lead.pk}:{turn}")

    def change() -> None:
        for points in (10, 40, 6, 30):
            key = str(rule.pk)
            rules = [{**r, "points": points} if r["key"] == key else r for r in rules_now()]
            apply(rules, actor=None)

    assert together(touch, change) == [None, None]
    world.settle()

    threshold = MqlDefinition.current().threshold
    for lead in Lead.objects.filter(pk__in=[lead.pk for lead in leads]):
        assert lead.score == scoring.score(explain_lead(lead))
        assert lead.score >= threshold
        assert lead.handoffs.count() == 1
    opened = Handoff.objects.filter(lead__in=leads).count()
    tell(
        f"16 rules changed 4 times under {4 * len(leads)} touches: {opened} handoffs of "
        f"{len(leads)} leads, every score by the last rules, {time.monotonic() - began:.0f} s"
    )
    rule.delete()
