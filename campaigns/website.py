"""What the website's tracker counts, for those who may not know it (docs/architecture.md).

`crm.tracking` lies above marketing and beside the reports. It fills `COUNTERS` when it is ready;
channel metrics and reports ask here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from crm.common.periods import Period

TOUCH_KEY = "website:"
"""How the key of a touch begins that stands for the visits of a lead on one day."""


@dataclass(frozen=True)
class Visits:
    """What people did on the website in some time; bots left out (docs/metrics.md#website)."""

    views: int = 0
    sessions: int = 0
    visitors: int = 0


Weekly = Callable[[Period], dict[date, Visits]]
"""A period to its weeks: the Monday and what was counted from then to Sunday."""

Total = Callable[[Period], Visits]
COUNTERS: list[tuple[Total, Weekly]] = []


def register_counter(total: Total, weekly: Weekly) -> None:
    """Let `total` and `weekly` count the website. Called from an AppConfig.ready."""
    COUNTERS[:] = [(total, weekly)]


def total(period: Period) -> Visits | None:
    """Return the website's visits in `period`; None if nothing counts them."""
    return COUNTERS[0][0](period) if COUNTERS else None


def weekly(period: Period) -> dict[date, Visits]:
    """Return the website's visits in each week that begins in `period`, by its Monday."""
    return COUNTERS[0][1](period) if COUNTERS else {}
