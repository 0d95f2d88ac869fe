"""How sure a measured share is: the Wilson score interval. Pure.

Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927);
docs/metrics.md#intervals.
"""

from math import sqrt
from typing import NamedTuple

Z95 = 1.959963984540054
"""Standard deviations that leave 2.5 % on either side."""
FEW = 20
"""Below so many decided rows a share is said to rest on too few."""


class Interval(NamedTuple):
    """Between which two shares, 0 to 1, the true one lies in 95 of 100 cases."""

    low: float
    high: float


def wilson(hits: int, of: int, z: float = Z95) -> Interval | None:
    """Return the interval of the share `hits` ÷ `of`; None for none of nothing.

    Raises ValueError if there are more hits than rows.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of}")
    if not of:
        return None
    share, square = hits / of, z * z
    middle = share + square / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    width = 1 + square / of
    low = 0.0 if hits == 0 else max(0.0, (middle - spread) / width)
    high = 1.0 if hits == of else min(1.0, (middle + spread) / width)
    return Interval(low, high)
