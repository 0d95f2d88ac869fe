"""A lead's score and its explanation: arithmetic over rules, facts and touches.

Pure: nothing here knows the database. Source: docs/metrics.md#score.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FIT, ENGAGEMENT, BOUND = "fit", "engagement", "bound"
IS_ONE_OF, CONTAINS, IS_SET = "in", "contains", "set"
HIGHEST = 100
DAY = timedelta(days=1)
FADED_AFTER = 12
"""Half-lives after which whatever a rule gave is less than half a point."""

Facts = Mapping[str, Collection[str]]
"""What is known of a lead: field to the ways its value is written; none when it is unknown."""


@dataclass(frozen=True)
class Rule:
    """Points for who a lead is (fit) or for what it does (engagement)."""

    id: int | None
    label: str
    kind: str
    points: int
    field: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()
    touch_kind: str = ""
    cap: int | None = None
    half_life_days: int | None = None


@dataclass(frozen=True)
class Response:
    """One touch: what the lead did, and when."""

    kind: str
    at: datetime


@dataclass(frozen=True)
class Line:
    """One line of the explanation; the lines of a lead sum to its score."""

    rule: int | None
    label: str
    kind: str
    points: int
    detail: str = ""
    fresh: int = 0
    """points that the line had before they decayed"""

    @property
    def is_faded(self) -> bool:
        """Whether the points were more before they decayed."""
        return self.kind == ENGAGEMENT and abs(self.fresh) > abs(self.points)


def decay(points: float, age_days: float, half_life_days: float | None) -> float:
    """Return what `points` are still worth after `age_days`.

    points: score points at the moment of the touch
    age_days: days since the touch (>= 0), fractions allowed
    half_life_days: days after which half is left (> 0); None: they do not decay

    Raises ValueError for a negative age: a touch in the future is a clock error.
    Source: docs/metrics.md#score-decay.
    """
    if age_days < 0:
        raise ValueError(f"a touch {-age_days} days in the future")
    return points if half_life_days is None else points * 0.5 ** (age_days / half_life_days)


def explain(
    rules: Iterable[Rule], facts: Facts, touches: Iterable[Response], at: datetime
) -> list[Line]:
    """Return the lines that sum to the score at the moment `at`, the largest first.

    Only touches up to `at` count. Each line is of whole points, at most its rule's cap; where they
    would leave 0 to 100 a last line says by how much.
    """
    done: dict[str, list[datetime]] = {}
    for touch in touches:
        if touch.at <= at:
            done.setdefault(touch.kind, []).append(touch.at)
    lines = []
    for rule in rules:
        if rule.kind == FIT:
            lines += fit_line(rule, facts)
        elif moments := done.get(rule.touch_kind):
            lines += engagement_line(rule, moments, at)
    lines.sort(key=lambda line: (-line.points, line.label, line.rule or 0, line.detail, line.fresh))
    return lines + bound(sum(line.points for line in lines))


def score(lines: Iterable[Line]) -> int:
    """Return the score, 0 to 100, that the lines explain."""
    return sum(line.points for line in lines)


class Scorer:
    """Many leads' scores under one set of rules: the sum that `explain` explains, without lines.

    Remembers what a value of a field is worth, so that a country is compared once, not once a lead.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.fit: dict[str, list[Rule]] = {}
        self.engagement: dict[str, list[Rule]] = {}
        self.worth: dict[tuple[str, tuple[str, ...]], int] = {}
        for rule in rules:
            if rule.kind == FIT:
                self.fit.setdefault(rule.field, []).append(rule)
            else:
                self.engagement.setdefault(rule.touch_kind, []).append(rule)

    def total(self, facts: Facts, done: Mapping[str, Sequence[datetime]], at: datetime) -> int:
        """Return the score at `at`. done: kind of touch to the moments of such touches."""
        points = sum(self.of_field(field, tuple(facts.get(field, ()))) for field in self.fit)
        for kind, rules in self.engagement.items():
            if moments := done.get(kind):
                ages = [(at - moment) / DAY for moment in moments if moment <= at]
                points += sum(engagement_points(rule, ages) for rule in rules)
        return max(0, min(HIGHEST, points))

    def of_field(self, field: str, known: tuple[str, ...]) -> int:
        """Return what the rules of one field give for what is known of it."""
        points = self.worth.get((field, known))
        if points is None:
            facts = {field: known}
            lines = (line for rule in self.fit[field] for line in fit_line(rule, facts))
            points = self.worth[field, known] = sum(line.points for line in lines)
        return points


def fit_line(rule: Rule, facts: Facts) -> list[Line]:
    known = [word for word in facts.get(rule.field, ()) if word]
    if not known or not holds(rule, known):
        return []
    detail = "" if rule.operator == IS_SET else known[0]
    points = whole(capped(rule.points, rule.cap))
    return [Line(rule.id, rule.label, FIT, points, detail, fresh=points)]


def holds(rule: Rule, known: Sequence[str]) -> bool:
    """Return whether the lead's value is as the rule wants it. Words are compared in any case."""
    wanted = [value.strip().casefold() for value in rule.values if value.strip()]
    texts = [word.casefold() for word in known]
    if rule.operator == IS_SET:
        return True
    if rule.operator == IS_ONE_OF:
        return any(text in wanted for text in texts)
    return any(has_words(text, value) for text in texts for value in wanted)


def has_words(text: str, value: str) -> bool:
    """Return whether `text` has `value` as whole words: a director is no CTO."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def engagement_line(rule: Rule, moments: Sequence[datetime], at: datetime) -> list[Line]:
    ages = [(at - moment) / DAY for moment in moments]
    points = engagement_points(rule, ages)
    if not points:
        return []
    fresh = whole(capped(rule.points * len(ages), rule.cap))
    return [Line(rule.id, rule.label, ENGAGEMENT, points, times(ages), fresh=fresh)]


def engagement_points(rule: Rule, ages: Sequence[float]) -> int:
    """Return the whole points that touches of these ages (days) give together."""
    worth = math.fsum(decay(rule.points, age, rule.half_life_days) for age in ages)
    return whole(capped(worth, rule.cap))


def times(ages: Sequence[float]) -> str:
    """Say how often, and how long ago the last time."""
    days = int(min(ages))
    last = "today" if not days else f"{days} day{'s' if days != 1 else ''} ago"
    return f"{last}" if len(ages) == 1 else f"{len(ages)} times, last {last}"


def capped(points: float, cap: int | None) -> float:
    """Return `points` within the rule's cap, which bounds a deduction too."""
    return points if cap is None else max(-cap, min(cap, points))


def whole(points: float) -> int:
    """Round half away from nothing, so that rounding keeps the order of values."""
    return math.floor(points + 0.5) if points >= 0 else -math.floor(0.5 - points)


def bound(total: int) -> list[Line]:
    """Return the line that keeps the sum within 0 to 100, if one is needed."""
    if total > HIGHEST:
        return [Line(None, "Capped at 100", BOUND, HIGHEST - total)]
    if total < 0:
        return [Line(None, "Not below 0", BOUND, -total)]
    return []


def subtotals(lines: Iterable[Line]) -> dict[str, int]:
    """Return the points of fit and of engagement: what stands in “72 = fit 40 + engagement 32”."""
    sums = {FIT: 0, ENGAGEMENT: 0, BOUND: 0}
    for line in lines:
        sums[line.kind] += line.points
    return sums


def horizon_days(rules: Iterable[Rule]) -> int:
    """Return for how many days after its last touch a lead's score still changes by itself."""
    lives = [rule.half_life_days for rule in rules if rule.kind == ENGAGEMENT]
    return max((life * FADED_AFTER for life in lives if life), default=0)


def bands(scores: Iterable[int], width: int = 20) -> list[int]:
    """Count scores in bands of `width` points; the last band includes 100."""
    counts = [0] * (HIGHEST // width)
    for value in scores:
        counts[min(value // width, len(counts) - 1)] += 1
    return counts
