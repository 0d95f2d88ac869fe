"""What a change of the scoring rules would do, before it is made. Writes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import now

from campaigns import scoring
from campaigns.scoring import Rule, Scorer
from campaigns.services.explaining import facts_of
from campaigns.services.qualifying import OFFERABLE, today
from campaigns.services.rescoring import NEEDED, moments_of, newest_of
from crm.funnel.models import MqlDefinition, StageTransition
from crm.funnel.policy import may_offer
from leads.models import Lead

MOST = 20_000
"""Leads that a preview computes, of the highest scores; beyond, it says of how many it speaks."""

CHUNK, WIDTH = 2000, 10
LATELY = timedelta(days=7)


@dataclass
class Preview:
    """What new rules would do to the leads that marketing has.

    crossing: leads that would be ready, so be offered to sales; lately: those of them whose last
        touch lies within a week; imported: those of them that came by a file
    leaving: leads that would no longer be ready; changed: other scores
    sample, total: how many leads were computed, and how many there are
    before, after: leads in bands of ten points
    threshold: of the MQL definition that would be in force
    lowest: the lowest score that was computed now; gain: most that a lead could win
    """

    threshold: int
    total: int = 0
    sample: int = 0
    crossing: int = 0
    lately: int = 0
    imported: int = 0
    leaving: int = 0
    changed: int = 0
    lowest: int = scoring.HIGHEST
    gain: float = 0

    def __post_init__(self) -> None:
        self.before = [0] * (scoring.HIGHEST // WIDTH)
        self.after = list(self.before)

    @property
    def is_complete(self) -> bool:
        """Whether the crossing leads are all there are: no other can win enough."""
        return self.sample >= self.total or self.lowest + self.gain < self.threshold

    @property
    def bands(self) -> list[tuple[str, int, int]]:
        """Return name, leads now and leads then of every band."""
        starts = range(0, scoring.HIGHEST, WIDTH)
        ends = [*(start + WIDTH - 1 for start in starts[:-1]), scoring.HIGHEST]
        names = [f"{start} to {end}" for start, end in zip(starts, ends, strict=True)]
        return list(zip(names, self.before, self.after, strict=True))

    @property
    def widest(self) -> int:
        return max([*self.before, *self.after])


@dataclass(frozen=True)
class Change:
    """Rules and definition before and after."""

    old: Scorer
    new: Scorer
    in_force: MqlDefinition
    next: MqlDefinition


def compare(
    old: list[Rule], new: list[Rule], *, definition: MqlDefinition | None = None
) -> Preview:
    """Return what becomes of the leads that marketing has, from the rules `old` to `new`.

    Counts as a rescoring at this moment would: `crossing` are the leads that it offers.
    definition: that would be in force, unsaved; None: the present one
    """
    mine = Lead.objects.filter(stage__in=OFFERABLE)
    in_force = MqlDefinition.current()
    change = Change(Scorer(old), Scorer(new), in_force, definition or in_force)
    found = Preview(change.next.threshold, total=mine.count())
    found.gain = highest_gain(old, new)
    at = now()
    pks = list(mine.order_by("-score", "-pk").values_list("pk", flat=True)[:MOST])
    for first in range(0, len(pks), CHUNK):
        add_chunk(found, pks[first : first + CHUNK], change, at)
    return found


def add_chunk(found: Preview, pks: list[int], change: Change, at: datetime) -> None:
    """Add some leads to what is found, in three statements."""
    leads = Lead.objects.filter(pk__in=pks).select_related("company", "channel")
    moments = moments_of(pks)
    day, crossing = today(), []
    for lead in leads.only(*NEEDED).order_by():
        facts, done = facts_of(lead), moments.get(lead.pk, {})
        before, after = (rules.total(facts, done, at) for rules in (change.old, change.new))
        found.sample += 1
        found.lowest = min(found.lowest, before)
        found.before[min(before // WIDTH, len(found.before) - 1)] += 1
        found.after[min(after // WIDTH, len(found.after) - 1)] += 1
        found.changed += before != after
        lead.score, newest = before, newest_of(done)
        was_ready = not change.in_force.missing(lead)
        lead.score = after
        is_ready = not change.next.missing(lead)
        found.leaving += was_ready and not is_ready
        if is_ready and may_offer(lead, newest, today=day):
            crossing.append(lead.pk)
            found.lately += newest is not None and newest >= at - LATELY
    found.crossing += len(crossing)
    found.imported += imported_among(crossing)


def imported_among(pks: list[int]) -> int:
    """Return how many of the leads came in by a file."""
    if not pks:
        return 0
    first = StageTransition.objects.filter(lead__in=pks, old_stage="", import_id__isnull=False)
    return first.values("lead").distinct().count()


def highest_gain(old: list[Rule], new: list[Rule]) -> float:
    """Return the most points that one lead could win by the change; infinite without a cap."""
    same = set(old) & set(new)
    won = sum(most(rule) for rule in new if rule not in same)
    return won - sum(least(rule) for rule in old if rule not in same)


def most(rule: Rule) -> float:
    """Return the most that a rule can give."""
    if rule.points <= 0:
        return 0
    if rule.kind == scoring.FIT:
        return rule.points
    return float("inf") if rule.cap is None else rule.cap


def least(rule: Rule) -> float:
    """Return the least that a rule can give: what it deducts at most."""
    if rule.points >= 0:
        return 0
    if rule.kind == scoring.FIT:
        return rule.points
    return float("-inf") if rule.cap is None else -rule.cap
