"""A lead's life as a state machine: whatever the teams do in whatever order, the books balance."""

from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crm.funnel import handoffs, ledger, routing, verdicts
from crm.funnel.models import Handoff, Reason, StageEntry, StageTransition, Verdict
from crm.outbox.models import Effect
from crm.stages import MOVES, MoveNotAllowed, Stage
from crm.users.models import Organisation, Role, usual_week
from leads.models import Lead
from tests.factories import LeadFactory, TeamFactory, UserFactory

REJECTED = sorted({*Reason.ReturnPath} - {Reason.ReturnPath.NURTURE})
"""Where a rejected lead may go."""

ANSWERED = ("rejected", "recycled", "accepted")


class LeadLife(RuleBasedStateMachine):
    """Every move that the product offers, tried whenever hypothesis likes."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        Organisation.objects.get_or_create(pk=1, defaults={"workdays": usual_week()})
        team = TeamFactory()
        self.reps = [UserFactory(team=team) for _ in range(3)]
        self.manager = UserFactory(team=team, role=Role.SALES_MANAGER)
        self.lead = LeadFactory(score=80)
        self.closes = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def fresh(self) -> Lead:
        return Lead.objects.get(pk=self.lead.pk)

    def waiting(self) -> Handoff | None:
        return Handoff.objects.waiting().filter(lead=self.lead).first()

    def offered(self) -> Handoff:
        waiting = self.waiting()
        assert waiting
        return waiting

    def stage(self) -> Stage:
        return Stage(self.fresh().stage)

    def reason(self, use: Reason.Use, path: Reason.ReturnPath) -> Reason:
        found = Reason.objects.filter(use=use, return_path=path, note_required=False)
        return found.first() or Reason.objects.create(
            name=f"{use} {path}", use=use, return_path=path, side=Reason.Side.DATA
        )

    @rule()
    def marketing_offers(self) -> None:
        lead = self.fresh()
        if Stage.MQL in MOVES[Stage(lead.stage)]:
            handoffs.open_handoff(lead, evidence={"score": 80})
        else:
            try:
                handoffs.open_handoff(lead, evidence={})
                raise AssertionError("offered from a stage without an arrow to MQL")
            except MoveNotAllowed:
                pass

    @precondition(lambda self: self.waiting())
    @rule()
    def the_router_runs(self) -> None:
        routing.route(self.offered().pk)

    @precondition(lambda self: self.waiting())
    @rule(rep=st.integers(0, 2))
    def a_rep_accepts(self, rep: int) -> None:
        handoffs.accept(self.offered(), actor=self.reps[rep])

    @precondition(lambda self: self.waiting())
    @rule(rep=st.integers(0, 2), path=st.sampled_from(REJECTED))
    def a_rep_rejects(self, rep: int, path: Reason.ReturnPath) -> None:
        reason = self.reason(Reason.Use.REJECT, path)
        handoffs.reject(self.offered(), reason=reason, actor=self.reps[rep])

    @precondition(lambda self: self.waiting())
    @rule(rep=st.integers(0, 2))
    def a_rep_recycles(self, rep: int) -> None:
        reason = self.reason(Reason.Use.RECYCLE, Reason.ReturnPath.NURTURE)
        handoffs.recycle(self.offered(), reason=reason, actor=self.reps[rep])

    @rule(rep=st.integers(0, 2))
    def the_last_answer_is_taken_back(self, rep: int) -> None:
        answered = Handoff.objects.filter(lead=self.lead).exclude(outcome="waiting")
        handoff = answered.order_by("-attempt").first()
        if handoff is None:
            return
        try:
            with transaction.atomic():
                handoffs.take_back_answer(handoff, actor=self.reps[rep])
        except (handoffs.AlreadyAnswered, ledger.LeadMoved):
            return
        assert self.stage() == Stage.MQL
        assert self.waiting() == handoff

    @precondition(lambda self: self.stage() == Stage.SAL)
    @rule(rep=st.integers(0, 2))
    def a_rep_qualifies(self, rep: int) -> None:
        verdicts.qualify_lead(self.fresh(), actor=self.reps[rep])

    @precondition(lambda self: self.stage() in verdicts.HELD)
    @rule(rep=st.integers(0, 2))
    def a_rep_gives_an_accepted_lead_back(self, rep: int) -> None:
        reason = self.reason(Reason.Use.RECYCLE, Reason.ReturnPath.NURTURE)
        verdicts.recycle_lead(self.fresh(), reason=reason, actor=self.reps[rep])

    @rule(rep=st.integers(0, 2))
    def somebody_disqualifies(self, rep: int) -> None:
        reason = self.reason(Reason.Use.REJECT, Reason.ReturnPath.CLOSE)
        try:
            with transaction.atomic():
                verdicts.disqualify(self.fresh(), reason=reason, actor=self.reps[rep])
        except (MoveNotAllowed, verdicts.NotPossible):
            return
        assert self.stage() == Stage.DISQUALIFIED

    @rule(rep=st.integers(0, 2))
    def a_return_is_taken_back(self, rep: int) -> None:
        try:
            with transaction.atomic():
                verdicts.take_back_return(self.fresh(), actor=self.reps[rep])
        except (ledger.LeadMoved, handoffs.AlreadyAnswered):
            return

    @precondition(lambda self: self.stage() in {Stage.SQL, Stage.LOST, Stage.CUSTOMER})
    @rule()
    def a_deal_opens(self) -> None:
        ledger.move(self.fresh(), Stage.OPPORTUNITY, actor=self.reps[0])

    @precondition(lambda self: self.stage() == Stage.OPPORTUNITY)
    @rule(won=st.booleans())
    def a_deal_closes(self, won: bool) -> None:
        ledger.move(self.fresh(), Stage.CUSTOMER if won else Stage.LOST, actor=self.reps[0])
        self.closes += 1
        for _ in range(2):
            verdicts.record_close(
                self.fresh(),
                key=f"deal:{self.lead.pk}:{self.closes}",
                kind=Verdict.Kind.WON if won else Verdict.Kind.LOST,
                good_lead=won,
                actor=self.reps[0],
                at=now() + timedelta(seconds=1),
            )

    @rule(overturn=st.booleans())
    def marketing_disputes_and_a_manager_rules(self, overturn: bool) -> None:
        open_ones = [v for v in Verdict.objects.filter(lead=self.lead) if v.is_disputable]
        if not open_ones:
            return
        verdict = verdicts.dispute(open_ones[0], by=self.reps[0], note="It was good")
        ruling = Verdict.Ruling.OVERTURNED if overturn else Verdict.Ruling.UPHELD
        verdicts.rule(verdict, ruling=ruling, by=self.manager)

    @invariant()
    def the_stage_is_where_the_last_move_led(self) -> None:
        last = StageTransition.objects.filter(lead=self.lead).order_by("-pk")[0]
        lead = self.fresh()

        assert lead.stage == last.new_stage
        assert lead.stage_since == last.at or last.old_stage == ""

    @invariant()
    def each_move_begins_where_the_one_before_ended(self) -> None:
        moves = list(StageTransition.objects.filter(lead=self.lead).order_by("pk"))

        assert [m.old_stage for m in moves[1:]] == [m.new_stage for m in moves[:-1]]

    @invariant()
    def at_most_one_handoff_waits_and_only_for_an_mql(self) -> None:
        waiting = Handoff.objects.waiting().filter(lead=self.lead).count()

        assert waiting == (1 if self.stage() == Stage.MQL else 0)

    @invariant()
    def attempts_are_numbered_without_a_gap(self) -> None:
        attempts = Handoff.objects.filter(lead=self.lead).order_by("attempt")
        numbers = list(attempts.values_list("attempt", flat=True))

        assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def entries_are_what_a_recount_of_the_ledger_gives(self) -> None:
        kept = set(StageEntry.objects.filter(lead=self.lead).values_list("stage", "at", "implied"))
        counted: dict[str, tuple[str, object, bool]] = {}
        moves = StageTransition.objects.filter(lead=self.lead, reverts=None, reverted_by=None)
        for move in moves.order_by("at", "pk"):
            for entry in ledger.entries(move):
                counted.setdefault(entry.stage, (entry.stage, entry.at, entry.implied))

        assert kept == set(counted.values())

    @invariant()
    def every_answered_handoff_has_one_standing_answer(self) -> None:
        for handoff in Handoff.objects.filter(lead=self.lead):
            key = f"handoff:{handoff.pk}:"
            standing = handoff.verdicts.standing().filter(key__startswith=key)

            assert [v.kind for v in standing] == [handoff.outcome][: handoff.outcome in ANSWERED]

    @invariant()
    def every_verdict_goes_home_once(self) -> None:
        verdict_keys = {f"verdict:{v.pk}" for v in Verdict.objects.filter(lead=self.lead)}
        effects = list(Effect.objects.filter(kind=handoffs.VERDICT_GIVEN, key__in=verdict_keys))

        assert len(effects) == len(verdict_keys)

    @invariant()
    def the_owner_is_whoever_has_the_lead(self) -> None:
        lead = self.fresh()
        if lead.stage in {Stage.RECYCLED, Stage.DISQUALIFIED}:
            assert lead.owner is None
        if lead.stage == Stage.SAL:
            assert lead.owner in self.reps
        if waiting := self.waiting():
            assert lead.owner == waiting.rep


LeadLife.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)


class TestLeadLife(LeadLife.TestCase, TestCase):  # type: ignore[misc, valid-type]
    """Runs the machine inside Django's test transaction."""
