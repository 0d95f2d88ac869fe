"""What both ways of counting the funnel return: from the ledger, and from kept sums."""

from dataclasses import dataclass

from crm.stages import PATH, Stage


@dataclass(frozen=True)
class Counted:
    """The bare numbers of a funnel report.

    groups: what a filter takes (a key, “2026-03”, “none”) → leads in each stage; empty groups are
        left out
    medians: days to each stage from the one before, None without any
    """

    groups: dict[str, dict[Stage, int]]
    medians: dict[Stage, float | None]


def empty() -> dict[Stage, int]:
    return dict.fromkeys(PATH, 0)
