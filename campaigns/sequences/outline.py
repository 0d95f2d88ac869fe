"""The steps of a sequence as its page shows them: in order, indented, with their numbers."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from campaigns.sequences.models import Sequence, Step
from campaigns.sequences.numbers import StepNumbers, step_numbers
from campaigns.sequences.plans import Plan, plan_of
from campaigns.sequences.tree import DEEPEST, NO, YES, Node
from crm.users.models import User

WORDS = {
    "entered": "came here",
    "done": "done",
    "skipped": "left out",
    "waiting": "waiting",
    "left": "left",
}
"""The numbers of a step in the order in which they are shown."""


@dataclass(frozen=True)
class Number:
    """One number of a step, and the address of exactly the leads that it counts."""

    word: str
    count: int
    url: str


@dataclass
class Line:
    """One step with what lies in its branches."""

    step: Step
    title: str
    detail: str
    icon: str
    numbers: list[Number]
    share: int
    """Who came here, in percent of those who came to the step that most came to."""
    first: bool
    last: bool
    branches: list["Branch"] = field(default_factory=list)


@dataclass(frozen=True)
class Branch:
    """One of a branch's two lists."""

    answer: str
    label: str
    number: Number
    add_url: str
    lines: list[Line]


def outline(sequence: Sequence, user: User) -> list[Line]:
    """Return the steps that are not removed, with the numbers of the leads that `user` sees."""
    return Outline(plan_of(sequence), step_numbers(sequence, user)).lines(None, "")


class Outline:
    def __init__(self, plan: Plan, numbers: dict[int, StepNumbers]) -> None:
        self.plan, self.numbers = plan, numbers
        self.path = reverse("sequences:enrolments", args=[plan.sequence.pk])
        self.most = max((row.entered for row in numbers.values()), default=0)

    def lines(self, parent: int | None, branch: str) -> list[Line]:
        nodes = self.plan.tree.steps(parent, branch)
        return [self.line(node, nodes) for node in nodes]

    def line(self, node: Node, nodes: list[Node]) -> Line:
        step, row = self.plan.steps[node.id], self.numbers.get(node.id, StepNumbers())
        shown = [word for word in WORDS if word != "skipped" or row.skipped]
        summary: dict[str, Any] = self.plan.reader.summary(step)
        return Line(
            step,
            **summary,
            numbers=[self.number(node.id, word, getattr(row, word)) for word in shown],
            share=round(100 * row.entered / self.most) if self.most else 0,
            first=node == nodes[0],
            last=node == nodes[-1],
            branches=self.branches(node, row) if step.kind == Step.Kind.BRANCH else [],
        )

    def number(self, step: int, what: str, count: int) -> Number:
        url = f"{self.path}?step={step}&at={what}"
        return Number(WORDS.get(what, what), count, url)

    def branches(self, node: Node, row: StepNumbers) -> list[Branch]:
        made = []
        for answer, label, count in ((YES, "Yes", row.yes), (NO, "No", row.no)):
            add = reverse("sequences:step-choose", args=[self.plan.sequence.pk])
            number = self.number(node.id, answer, count)
            lines = self.lines(node.id, answer)
            made.append(
                Branch(answer, label, number, f"{add}?parent={node.id}&branch={answer}", lines)
            )
        return made


def may_branch(plan: Plan, parent: int | None) -> bool:
    """Say whether a branch may be added to a list of the step `parent`, or to the main list."""
    return parent is None or plan.tree.depth(parent) + 1 < DEEPEST
