"""How many leads of each campaign reached each stage, as somebody above has summed them.

Reports keep sums (crm.reports) and lie above marketing: they register here. Without them, or while
they cannot tell, the ledger's entries are counted; both give the same numbers.
"""

from collections.abc import Callable
from datetime import date

from crm.stages import Stage

Counts = dict[int, dict[Stage, int]]
"""By the campaign's key, 0 for leads without one."""

Find = Callable[[date | None], Counts | None]
_sources: list[Find] = []


def register(find: Find) -> None:
    """Let `find` tell kept counts. Called from an AppConfig.ready.

    find: the first day of a month to the entries of that month, None to those of all time;
        returns None where it cannot tell
    """
    _sources[:] = [find]


def kept(month: date | None = None) -> Counts | None:
    """Return the entries of all leads by campaign; None: count them yourself."""
    return _sources[0](month) if _sources else None
