"""A lead's past as a file tells it, turned into moves of the funnel. Pure.

The ledger only ever grows, so a file adds stages that a lead has not reached yet and never moves
a date that is recorded. Source: docs/importing.md.
"""

from dataclasses import dataclass
from datetime import datetime

from crm.stages import PATH, Stage, passed

Wish = tuple[Stage, datetime]


@dataclass(frozen=True)
class Step:
    """One move: `old` is None where the lead comes into the funnel."""

    old: Stage | None
    new: Stage
    at: datetime


def in_order(dates: dict[Stage, datetime]) -> list[Wish]:
    """Return the dated stages as a lead goes through them.

    Stages of the path keep the path's order even where their dates do not; a way out comes after
    the stages that were reached by its date.
    """
    path = [(stage, dates[stage]) for stage in PATH if stage in dates]
    exits = sorted(
        ((stage, at) for stage, at in dates.items() if stage not in PATH), key=lambda wish: wish[1]
    )
    if out_of_order(dates):
        return path + exits
    for wish in exits:
        before = sum(at <= wish[1] for _, at in path)
        path.insert(before, wish)
    return path


def out_of_order(dates: dict[Stage, datetime]) -> tuple[Stage, Stage] | None:
    """Return two stages of the path of which the later one is dated earlier, if there are."""
    path = [stage for stage in PATH if stage in dates]
    for earlier, later in zip(path, path[1:], strict=False):
        if dates[later] < dates[earlier]:
            return earlier, later
    return None


def steps(current: Stage | None, reached: set[Stage], wishes: list[Wish]) -> list[Step]:
    """Return the moves that bring a lead from `current` through the wished stages.

    current: its stage now, None for a lead that the file brings
    reached: every stage it has been in; those are not entered again
    A stage that lies behind is left out.
    """
    made: list[Step] = []
    reached = set(reached)
    for stage, at in wishes:
        if stage in reached or not leads_on(current, stage):
            continue
        made.append(Step(current, stage, at))
        reached.update(passed(current, stage))
        current = stage
    return made


def leads_on(current: Stage | None, stage: Stage) -> bool:
    """Return whether a file may bring a lead from `current` to `stage`: forward, or out."""
    if current in PATH and stage in PATH:
        return PATH.index(stage) > PATH.index(current)
    if stage == Stage.LOST:
        return current != Stage.CUSTOMER
    return current != stage
