"""Decisions of the funnel that need no database: who is next, which rule holds, who may return.

Pure: what comes in are plain values and objects with the named attributes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from crm.stages import Stage


class Offerable(Protocol):
    """What `may_offer` must know of a lead."""

    stage: str
    stage_since: datetime
    recycled_until: date | None
    enriched_at: datetime | None


def may_offer(lead: Offerable, newest_touch_at: datetime | None, *, today: date) -> bool:
    """True if marketing may offer the lead to sales.

    A recycled lead is offered again only on evidence newer than its return: a touch, or its data
    completed because sales asked for it. And not before its cool-down is over: the first day on
    which it may is `recycled_until` itself.

    newest_touch_at: None for no touch at all
    today: the day in the organisation's time zone
    """
    if lead.stage == Stage.LEAD:
        return True
    evidence = [at for at in (newest_touch_at, lead.enriched_at) if at is not None]
    if lead.stage != Stage.RECYCLED or not evidence:
        return False
    cooled = lead.recycled_until is None or lead.recycled_until <= today
    return cooled and max(evidence) > lead.stage_since


@dataclass(frozen=True)
class Profile:
    """What routing rules ask of a lead; "" where it is not known."""

    country: str = ""
    industry: str = ""
    size: str = ""
    channel: int | None = None


@dataclass(frozen=True)
class Conditions:
    """What a routing rule demands; an empty condition holds for every lead."""

    countries: Collection[str] = ()
    industries: Collection[str] = ()
    sizes: Collection[str] = ()
    channels: Collection[int] = ()

    def hold_for(self, lead: Profile) -> bool:
        industries = {name.strip().lower() for name in self.industries}
        return (
            (not self.countries or lead.country in self.countries)
            and (not industries or lead.industry.strip().lower() in industries)
            and (not self.sizes or lead.size in self.sizes)
            and (not self.channels or lead.channel in self.channels)
        )


@dataclass(frozen=True)
class Runner:
    """A rep in the round robin.

    given: turns had so far, each counted as 1/weight; weight: share of the leads (>= 1)
    waiting, capacity: leads that wait for an answer, and how many may
    """

    pk: int
    given: float
    weight: int = 1
    waiting: int = 0
    capacity: int = 1
    present: bool = True

    @property
    def is_free(self) -> bool:
        return self.present and self.waiting < self.capacity


def next_in_turn(runners: Sequence[Runner]) -> Runner | None:
    """Return who of the free runners gets the next lead: the least given, then the lowest pk."""
    free = [runner for runner in runners if runner.is_free and runner.weight > 0]
    return min(free, key=lambda runner: (runner.given, runner.pk), default=None)


def given_after(chosen: Runner, runners: Sequence[Runner]) -> float:
    """Return the count of `chosen` after this turn.

    Whoever was away, full or not yet hired has fewer turns than all others. He does not get what
    he missed: he starts again where the others stood before their last turn.
    """
    others = [r.given - 1 / r.weight for r in runners if r.pk != chosen.pk and r.weight > 0]
    return max([chosen.given, *others]) + 1 / chosen.weight
