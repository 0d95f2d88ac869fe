"""What the pages of the forecast share: their tabs, what an address asks for, links to deals."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from crm.common import parameters
from crm.common.parts import Tab
from crm.users.models import User
from crm.users.permissions import may_open
from deals.forecast import arithmetic, counting, spans
from deals.forecast.arithmetic import Standing
from deals.forecast.forecasting import PEOPLE, TEAMS
from deals.forecast.spans import MONTH, QUARTER, Span

LABELS = {
    arithmetic.WON: "Won",
    arithmetic.COMMIT: "Commit",
    arithmetic.BEST: "Best case",
    arithmetic.PIPELINE: "Pipeline",
    counting.OPEN: "Open",
    counting.SLIPPED: "Slipped",
    counting.UNDATED: "No close date",
}


def page_tabs(user: User, here: str) -> list[Tab]:
    pages = {"forecast": "Forecast", "targets": "Targets"}
    names = {"forecast": "forecast:forecast", "targets": "forecast:targets"}
    return [
        Tab(label, url, active=key == here)
        for key, label in pages.items()
        if (url := may_open(user, names[key]))
    ]


@dataclass(frozen=True)
class Asked:
    """What an address asks of the forecast: the span, people or teams, and as of which day."""

    span: Span
    by: str
    as_of: date | None

    @classmethod
    def of(cls, query: QueryDict, today: date) -> "Asked":
        """Read it from the address; unknown values ask for the present month of people."""
        span = spans.asked(query.get("span", MONTH), query.get("period", ""), today)
        by = query.get("by", PEOPLE)
        as_of = parameters.day(query.get("as_of"))
        return cls(span, by if by in (PEOPLE, TEAMS) else PEOPLE, as_of if as_of != today else None)

    def url(self, span: Span | None = None, by: str = "", *, keep_day: bool = True) -> str:
        """Return the address of the same question with another span or grouping."""
        span = span or self.span
        query = {"span": span.kind, "period": span.key, "by": by or self.by}
        if self.as_of and keep_day:
            query["as_of"] = str(self.as_of)
        return f"{reverse('forecast:forecast')}?{urlencode(query)}"


def deals_url(part: str, span: Span, who: str = "", currency: str = "") -> str:
    """Return the address of the list of exactly those deals that a number counts."""
    query = {"part": part, "span": span.kind, "period": span.key, "who": who, "currency": currency}
    return f"{reverse('forecast:deals')}?{urlencode({k: v for k, v in query.items() if v})}"


def span_tabs(asked: Asked, today: date) -> list[Tab]:
    """Month and quarter; changing keeps the present time in view where it was."""
    found = []
    for kind, label in ((MONTH, "Month"), (QUARTER, "Quarter")):
        day = today if asked.span.first <= today < asked.span.end else asked.span.first
        found.append(Tab(label, asked.url(spans.span_of(kind, day)), kind == asked.span.kind))
    return found


@dataclass(frozen=True)
class Money:
    """A sum in the table, the list behind it, and the difference to the day asked for."""

    label: str
    amount: int
    count: int
    url: str
    before: int | None = None

    @property
    def since(self) -> int | None:
        return None if self.before is None else self.amount - self.before


def cells_of(
    now: Standing, before: Standing | None, span: Span, who: str, currency: str
) -> list[Money]:
    """Return won, commit, best case and pipeline of one row, each with its link."""
    return [
        Money(
            LABELS[part],
            getattr(now, part).amount,
            getattr(now, part).count,
            deals_url(part, span, who, currency),
            getattr(before, part).amount if before else None,
        )
        for part in arithmetic.PARTS
    ]
