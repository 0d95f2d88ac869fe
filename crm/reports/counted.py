"""What both ways of counting the funnel return: from the ledger, and from kept sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.reports.durations import Stay
from crm.stages import PATH, Stage

Counts = dict[Stage, int]


@dataclass(frozen=True)
class Counted:
    """The bare numbers of a funnel.

    groups: what a filter takes (a key, “2026-03”, “none”) → leads in each stage; empty groups are
        left out
    stays: days to each stage from the one before
    all: all groups together, where a lead may be in several of them; else None: they add up
    """

    groups: Mapping[str, Counts]
    stays: Mapping[Stage, Stay] = field(default_factory=dict)
    all: Counts | None = None


def empty() -> Counts:
    return dict.fromkeys(PATH, 0)
