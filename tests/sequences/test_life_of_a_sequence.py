"""Random sequences, walked through while clocks move, workers die and people edit.

Whatever happens in whatever order: a step happens once to a lead, what it made is there exactly
once, the order is kept, and nothing happens to a lead that is with sales.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from campaigns.sequences import editing, engine
from campaigns.sequences.models import Enrolment, Sequence, Step, StepRun
from campaigns.sequences.plans import plan_of
from crm.activities.models import FollowUp
from crm.stages import Stage
from crm.users.models import Organisation, usual_week
from leads.models import Lead
from tests.factories import LeadFactory, UserFactory
from tests.sequences.building import Kind, enter, follow_up, pass_by, sequence_of, step, wait

KINDS = ["wait", "follow_up", "branch", "exit"]


class Killed(BaseException):
    """The process ended here."""


@st.composite
def shapes(draw: st.DrawFn, depth: int = 0) -> list[Any]:
    """Lists of kinds; a branch holds two shorter lists."""
    kinds = KINDS[:2] * 3 + KINDS[2:] if depth < 2 else KINDS[:2]
    found = []
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=depth == 0, max_size=5 - depth)):
        inside = [draw(shapes(depth + 1)) for _ in "yn"] if kind == "branch" else []
        found.append((kind, draw(st.integers(1, 60)), inside))
    return found


def build(
    sequence: Sequence, shape: list[Any], parent: Step | None = None, branch: str = ""
) -> None:
    for place, (kind, number, inside) in enumerate(shape):
        settings_of = {
            "wait": lambda n: wait(n, "hours"),
            "follow_up": lambda n: follow_up(),
            "branch": lambda n: (Kind.BRANCH, {"condition": "score", "score": n}),
            "exit": lambda n: (Kind.EXIT, {}),
        }[kind]
        made = step(sequence, *settings_of(number), parent=parent, branch=branch, position=place)
        for answer, lines in zip(("yes", "no"), inside, strict=False):
            build(sequence, lines, made, answer)


class SequenceLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        Organisation.objects.get_or_create(pk=1, defaults={"workdays": usual_week()})
        self.leads = [LeadFactory(score=score) for score in (0, 30, 90)]
        self.at, self.edited = now(), False
        self.held: dict[int, int] = {}

    def teardown(self) -> None:
        try:
            self.come_to_an_end()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @initialize(shape=shapes())
    def begin(self, shape: list[Any]) -> None:
        self.sequence = sequence_of(owner=UserFactory(role="marketer"))
        build(self.sequence, shape)
        enter(self.sequence, *self.leads, at=self.at)

    @rule(hours=st.integers(0, 90))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        pass_by(self.at)

    @rule(hours=st.integers(0, 90), point=st.sampled_from(["before", "runs", "end"]))
    def a_worker_dies(self, hours: int, point: str) -> None:
        self.at += timedelta(hours=hours)
        usual = engine.Walk.save

        def dies(walk: engine.Walk) -> None:
            if point == "runs":
                StepRun.objects.bulk_create(walk.runs)
            elif point == "end":
                usual(walk)
            raise Killed

        engine.Walk.save = dies  # type: ignore[method-assign]
        try:
            engine.advance_some(self.at)
        except Killed:
            pass
        finally:
            engine.Walk.save = usual  # type: ignore[method-assign]

    @rule(index=st.integers(0, 2))
    def sales_takes_a_lead(self, index: int) -> None:
        lead = self.leads[index]
        Lead.objects.filter(pk=lead.pk).update(stage=Stage.SAL)
        self.held[lead.pk] = self.runs_of(lead)

    @rule(index=st.integers(0, 2))
    def a_lead_comes_back(self, index: int) -> None:
        lead = self.leads[index]
        Lead.objects.filter(pk=lead.pk).update(stage=Stage.RECYCLED)
        self.held.pop(lead.pk, None)

    @rule(number=st.integers(0, 20), down=st.booleans())
    def a_step_is_moved(self, number: int, down: bool) -> None:
        if found := self.a_step(number):
            self.edited |= editing.move_step(found, down=down)

    @rule(number=st.integers(0, 20))
    def a_step_is_removed(self, number: int) -> None:
        if found := self.a_step(number):
            editing.remove_step(found, at=self.at)
            self.edited = True

    @rule(number=st.integers(0, 20))
    def a_step_is_added(self, number: int) -> None:
        if found := self.a_step(number):
            editing.add_step(self.sequence, *follow_up(), after=found)
            self.edited = True

    @rule(live=st.booleans())
    def the_sequence_is_paused_or_not(self, live: bool) -> None:
        state = Sequence.State.LIVE if live else Sequence.State.PAUSED
        Sequence.objects.update(state=state)

    def a_step(self, number: int) -> Step | None:
        steps = list(Step.objects.filter(removed_at=None).select_related("sequence", "parent"))
        return steps[number % len(steps)] if steps else None

    def runs_of(self, lead: Lead) -> int:
        return StepRun.objects.filter(enrolment__lead=lead).count()

    @invariant()
    def what_a_step_made_is_there_once(self) -> None:
        asked = StepRun.objects.filter(step__kind=Kind.FOLLOW_UP, outcome="done")
        keys = {f"sequence:{run.enrolment_id}:{run.step_id}" for run in asked}
        assert keys == set(FollowUp.objects.values_list("key", flat=True))
        assert FollowUp.objects.count() == asked.count()

    @invariant()
    def nothing_happens_to_a_lead_that_is_with_sales(self) -> None:
        for pk, runs in self.held.items():
            assert self.runs_of(Lead(pk=pk)) == runs

    def come_to_an_end(self) -> None:
        """Let everybody come back and all waits end; then each has walked its way, whole."""
        if not hasattr(self, "sequence"):
            return
        Sequence.objects.update(state=Sequence.State.LIVE)
        Lead.objects.filter(stage=Stage.SAL).update(stage=Stage.RECYCLED)
        for _ in range(60):
            self.at += timedelta(hours=61)
            pass_by(self.at)
            if not Enrolment.objects.open().exists():
                break
        assert not Enrolment.objects.open().exists()
        self.what_a_step_made_is_there_once()
        for enrolment in Enrolment.objects.select_related("lead") if not self.edited else []:
            runs = enrolment.runs.order_by("pk").values_list("step", flat=True)
            assert list(runs) == list(self.way_of(enrolment))

    def way_of(self, enrolment: Enrolment) -> Iterator[int]:
        """Yield the steps that a lead is to walk, by the plan alone."""
        plan = plan_of(self.sequence)
        here = plan.tree.first()
        while here is not None:
            yield here
            found = plan.steps[here]
            if found.kind == Kind.EXIT:
                return
            asked = found.settings.get("score", 0)
            yes = "yes" if enrolment.lead.score >= asked else "no"
            here = plan.tree.after(here, yes if found.kind == Kind.BRANCH else "")


class TestSequenceLife(TestCase, SequenceLife.TestCase):  # type: ignore[misc]
    settings = settings(max_examples=8, stateful_step_count=10, deadline=None)
