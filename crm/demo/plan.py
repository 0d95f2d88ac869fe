"""The demo company's year as a plan: how many leads of each channel get how far, and when. Pure.

The counts of FUNNEL are exact, whatever the seed and the day: tests read the dashboards by them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from crm.stages import PATH, Stage

FUNNEL = {
    # channel: leads that reached Lead, MQL, SAL, SQL, Opportunity, Customer
    "content": (300, 120, 84, 50, 30, 9),
    "digital_ads": (400, 140, 70, 35, 21, 5),
    "social": (200, 40, 20, 10, 6, 1),
    "email": (150, 75, 60, 42, 28, 9),
    "events": (120, 72, 58, 43, 30, 10),
    "referral": (80, 56, 50, 42, 32, 14),
    "partner": (50, 30, 24, 17, 11, 4),
}
WAITING = 14
"""MQLs of the last hours that still wait for an answer; the others were answered."""
LOST_SHARE = 0.45
"""Of the opportunities that were not won, the share that was lost; the rest is open."""
YEAR = timedelta(days=364)
PAUSES = {  # days from the stage before: shortest, usual, longest
    Stage.MQL: (0.1, 9, 60),
    Stage.SAL: (0.05, 0.3, 2),
    Stage.SQL: (1, 6, 25),
    Stage.OPPORTUNITY: (0.2, 3, 14),
    Stage.CUSTOMER: (8, 32, 80),
}


@dataclass
class Life:
    """One lead's way through the funnel: when it reached what, and how it ended."""

    channel: str
    at: dict[Stage, datetime]
    end: str = ""
    """how it left the way: waiting, rejected, closed (for good), recycled, lost, open; or not"""
    ended_at: datetime | None = None
    campaign: str = ""
    touches: list[datetime] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        return list(self.at)[-1]


def lives(rng: Random, now: datetime, *, times: int = 1) -> list[Life]:
    """Return all lives, in the order in which the leads came in.

    times: how often the counts of FUNNEL are repeated (a benchmark asks for many)
    """
    made = [
        live(rng, now, channel, depth)
        for channel, counts in FUNNEL.items()
        for depth, count in enumerate(exact(counts))
        for _ in range(count * times)
    ]
    wait(rng, now, made)
    end(rng, now, made)
    return sorted(made, key=lambda life: life.at[Stage.LEAD])


def exact(reached: tuple[int, ...]) -> list[int]:
    """Return how many leads stop at each stage, given how many reach it."""
    return [here - after for here, after in zip(reached, [*reached[1:], 0], strict=True)]


def live(rng: Random, now: datetime, channel: str, depth: int) -> Life:
    """Return a life that reached stage `depth` of the path, early enough to have got there."""
    pauses = [pause(rng, stage) for stage in PATH[1 : depth + 1]]
    since = sum(pauses, timedelta())
    latest = now - since - timedelta(days=rng.uniform(0.5, 6))
    came = latest - (YEAR - since) * rng.random() ** 1.5
    at, moment = {Stage.LEAD: came}, came
    for stage, waited in zip(PATH[1 : depth + 1], pauses, strict=True):
        moment += waited
        at[stage] = moment
    return Life(channel, at)


def pause(rng: Random, stage: Stage) -> timedelta:
    shortest, usual, longest = PAUSES[stage]
    return timedelta(days=rng.triangular(shortest, longest, usual))


def wait(rng: Random, now: datetime, made: list[Life]) -> None:
    """Let some MQLs have been offered only in the last hours: the queue of this morning."""
    stopped = [life for life in made if life.stage == Stage.MQL]
    for life in rng.sample(stopped, min(WAITING, len(stopped))):
        opened = now - timedelta(minutes=rng.uniform(10, 26 * 60))
        life.at[Stage.LEAD] = min(life.at[Stage.LEAD], opened - timedelta(days=2))
        life.at[Stage.MQL] = opened
        life.end = "waiting"


def end(rng: Random, now: datetime, made: list[Life]) -> None:
    """Say how each way ended. MQLs that stopped were rejected or recycled, deals lost or open."""
    for life in made:
        stage, since = life.stage, list(life.at.values())[-1]
        if stage == Stage.MQL and not life.end:
            life.end = rng.choices(["rejected", "closed", "recycled"], weights=[2, 2, 6])[0]
            life.ended_at = between(rng, since, now, hours=30)
        elif stage == Stage.SAL and now - since > timedelta(days=21):
            life.end, life.ended_at = "recycled", between(rng, since, now, hours=20 * 24)
        elif stage == Stage.OPPORTUNITY:
            lost = rng.random() < LOST_SHARE and now - since > timedelta(days=12)
            life.end = "lost" if lost else "open"
            life.ended_at = between(rng, since, now, hours=60 * 24) if lost else None


def between(rng: Random, start: datetime, now: datetime, *, hours: float) -> datetime:
    """Return a moment after `start`, at most `hours` later and never in the future."""
    span = min(timedelta(hours=hours), (now - start) * 0.95)
    return start + span * rng.uniform(0.05, 1)


def totals() -> Iterator[tuple[Stage, int]]:
    """Yield how many leads of the whole company reached each stage."""
    for index, stage in enumerate(PATH):
        yield stage, sum(counts[index] for counts in FUNNEL.values())
