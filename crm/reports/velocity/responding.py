"""How soon sales answers what marketing hands over. Source: docs/metrics.md#first-response."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q

from crm.common.periods import Period
from crm.reports.dimensions import OF_HANDOFFS
from crm.reports.quantiles import Spread, Spreads, between, spreads
from crm.reports.questions import Question
from crm.reports.velocity import chosen


@dataclass(frozen=True)
class Answers:
    """Handoffs answered by one group, or by all.

    due: of them those with a deadline; late: after it; accepted: those taken
    """

    answered: int = 0
    late: int = 0
    due: int = 0
    accepted: int = 0

    @property
    def in_time_rate(self) -> float | None:
        return (self.due - self.late) / self.due if self.due else None

    @property
    def accept_rate(self) -> float | None:
        return self.accepted / self.answered if self.answered else None

    def __add__(self, other: "Answers") -> "Answers":
        return Answers(
            self.answered + other.answered,
            self.late + other.late,
            self.due + other.due,
            self.accepted + other.accepted,
        )


@dataclass(frozen=True)
class Delays:
    """How long it took: routing and contact by the clock, the rep in business minutes."""

    routing: Spreads
    rep: Spreads
    contact: Spreads

    def of(self, group: Any) -> tuple[Spread, Spread, Spread]:
        return self.routing.of(group), self.rep.of(group), self.contact.of(group)

    @property
    def all(self) -> tuple[Spread, Spread, Spread]:
        return self.routing.all, self.rep.all, self.contact.all


def answers_by(question: Question, period: Period) -> dict[Any, Answers]:
    """Return the handoffs answered in `period` by the value of each group, in one query."""
    rows = asked(question, period).order_by().values_list("group")
    sums = rows.annotate(
        n=Count("pk"),
        late=Count("pk", filter=chosen.HANDOFFS[chosen.LATE]),
        due=Count("pk", filter=Q(due_at__isnull=False)),
        taken=Count("pk", filter=chosen.HANDOFFS[chosen.ACCEPTED]),
    )
    return {group: Answers(*numbers) for group, *numbers in sums}


def delays_by(question: Question, period: Period) -> Delays:
    """Return how long these answers took, in three queries."""
    rows = asked(question, period)
    return Delays(
        spreads(rows, between("opened_at", "routed_at")),
        spreads(rows, F("answer_minutes")),
        spreads(rows, between("opened_at", "first_contact_at")),
    )


def asked(question: Question, period: Period) -> Any:
    rows = chosen.answered(period, whose=question.whose)
    return OF_HANDOFFS[question.by].grouped(question.seen(rows))
