"""How each promise stands in a month or quarter, and how it stood before."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.pace import Pace, share_over
from crm.alignment import counting, promises
from crm.alignment.arithmetic import RatePace
from crm.alignment.counting import Counted
from crm.alignment.measures import ATTEMPTS, MEASURES, Measure
from crm.common.formats import number, percent
from crm.reports import answers, questions
from crm.reports.questions import Question
from crm.users.calendar import business_calendar
from deals.forecast.spans import MONTH, Span

LOOK_BACK = {MONTH: 12}
QUARTERS = 8
"""So many months, or quarters, are shown besides."""


@dataclass(frozen=True)
class Standing:
    """One measure in one month or quarter.

    goal, actual: in the measure's unit; None: not promised, or nothing to divide by
    share: of the working days, those that are over
    """

    measure: Measure
    span: Span
    goal: float | None
    met: int
    of: int
    share: float

    @property
    def actual(self) -> float | None:
        if self.measure.is_count:
            return self.met
        return self.met / self.of if self.of else None

    @property
    def pace(self) -> Pace | RatePace | None:
        if self.goal is None:
            return None
        if self.measure.is_count:
            return Pace(self.met, int(self.goal), self.share)
        most = None if self.measure.key == ATTEMPTS else 1.0
        return RatePace(self.met, self.of, self.goal, self.share, most)

    @property
    def words(self) -> str:
        """The pace in a few words."""
        pace = self.pace
        if pace is None:
            return "no target"
        if isinstance(pace, Pace):
            if self.share >= 1 and pace.reached < pace.goal:
                return f"missed by {pace.goal - pace.reached:,}"
            return pace.words
        return rate_words(pace, self.measure)

    @property
    def tone(self) -> str:
        """A tone of `tag`."""
        pace = self.pace
        if pace is None:
            return "quiet"
        if isinstance(pace, Pace):
            return pace.tone
        return "quiet" if pace.rate is None else "won" if pace.is_kept else "danger"


def rate_words(pace: RatePace, measure: Measure) -> str:
    if pace.ahead is None:
        return "nothing to judge by yet"
    apart = difference(abs(pace.ahead), measure)
    if pace.is_kept:
        if pace.is_over:
            return "kept"
        return f"{apart} ahead" if pace.ahead else "on pace"
    if pace.is_over:
        return f"missed by {apart}"
    if pace.is_lost:
        return f"{apart} behind, out of reach"
    if pace.needed is None:
        return f"{apart} behind"
    return f"{apart} behind, {written(pace.needed, measure)} needed from now on"


def difference(value: float, measure: Measure) -> str:
    """Write how far a rate is off, never as nothing: who asks is off by a little then."""
    points = measure.kind == answers.PERCENT
    shown = max(0.1, value * 100 if points else value)
    return f"{number(shown, 1)} points" if points else number(shown, 1)


def written(value: float, measure: Measure) -> str:
    return percent(value) if measure.kind == answers.PERCENT else number(value, 1)


@dataclass(frozen=True)
class Board:
    """All measures of one span, and the spans before it. past: of each measure, the oldest first"""

    span: Span
    standings: Sequence[Standing]
    past: dict[str, list[Standing]]
    counted: Counted


def board(question: Question, span: Span) -> Board:
    """Return how all promises stand: the whole organisation's, whoever asks."""
    back = LOOK_BACK.get(span.kind, QUARTERS)
    spans = [span.shifted(n) for n in range(1 - back, 1)]
    counted = counting.counted(question, spans)
    known = promises.promised(spans)
    today, calendar = questions.today(), business_calendar()
    past: dict[str, list[Standing]] = {}
    for measure in MEASURES.values():
        past[measure.key] = [
            Standing(
                measure,
                one,
                known.goal(measure, one),
                sum(counted.of(one.first, part.met) for part in measure.parts),
                sum(counted.of(one.first, part.of) for part in measure.parts if part.of),
                share_over(one.first, one.end, today, calendar) if one == span else 1.0,
            )
            for one in spans
        ]
    return Board(span, [past[key][-1] for key in MEASURES], past, counted)
