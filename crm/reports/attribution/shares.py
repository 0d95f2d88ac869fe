"""Six ways to share a deal among the touches that led to it. Pure.

Each takes a journey and returns one share for each touch, in order; they total 1.
Source: docs/metrics.md#attribution.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HALF_LIFE_DAYS = 7.0
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Journey:
    """The touches of a deal's lead up to its end, the earliest first; at least one.

    ends: when the deal closed, or now; no touch lies after it
    qualified, opened: when the lead became an MQL, and an opportunity; None where it never did
    """

    touches: Sequence[datetime]
    ends: datetime
    qualified: datetime | None = None
    opened: datetime | None = None

    def last_before(self, moment: datetime | None) -> int:
        """Return the place of the last touch up to `moment`; the first where none lies before it.

        None stands for the end: the last touch.
        """
        if moment is None:
            return len(self.touches) - 1
        return max(0, bisect_right(self.touches, moment) - 1)


Shares = list[float]


def first(journey: Journey) -> Shares:
    """All to the touch that made us known."""
    return weighted([float(place == 0) for place in range(len(journey.touches))])


def last(journey: Journey) -> Shares:
    """All to the touch before the close."""
    end = len(journey.touches) - 1
    return weighted([float(place == end) for place in range(end + 1)])


def linear(journey: Journey) -> Shares:
    """The same to every touch."""
    return weighted([1.0] * len(journey.touches))


def decay(journey: Journey) -> Shares:
    """Half as much for every seven days that lie between touch and close."""
    ages = [(journey.ends - at) / DAY for at in journey.touches]
    youngest = min(ages)
    return weighted([math.exp2((youngest - age) / HALF_LIFE_DAYS) for age in ages])


def u_shaped(journey: Journey) -> Shares:
    """40 % to the first touch, 40 % to the last, 20 % to those in between."""
    return keyed(journey, [0, len(journey.touches) - 1], key=0.4, rest=0.2)


def w_shaped(journey: Journey) -> Shares:
    """30 % each to the first, the one that made an MQL and the one that made the opportunity.

    The remaining 10 % go to all others.
    """
    keys = [0, journey.last_before(journey.qualified), journey.last_before(journey.opened)]
    return keyed(journey, keys, key=0.3, rest=0.1)


def keyed(journey: Journey, keys: Sequence[int], *, key: float, rest: float) -> Shares:
    """Return `key` for each of the key places and `rest` spread over the others, scaled to 1.

    A touch that is key twice gets twice; without others the rest is left out.
    """
    others = len(journey.touches) - len(set(keys))
    weights = [0.0 if place in keys else rest / others for place in range(len(journey.touches))]
    for place in keys:
        weights[place] += key
    return weighted(weights)


def weighted(weights: Sequence[float]) -> Shares:
    total = math.fsum(weights)
    return [weight / total for weight in weights]


MODELS: dict[str, Callable[[Journey], Shares]] = {
    "first": first,
    "last": last,
    "linear": linear,
    "decay": decay,
    "u": u_shaped,
    "w": w_shaped,
}
LABELS = {
    "first": "First touch",
    "last": "Last touch",
    "linear": "Linear",
    "decay": "Time decay",
    "u": "U-shaped",
    "w": "W-shaped",
}


def split(whole: int, shares: Sequence[float]) -> list[int]:
    """Share a whole number so that the parts add up to it exactly.

    Each gets its part rounded down; what is left goes, one each, to the largest remainders, among
    equals to the earlier.
    """
    exact = [whole * share for share in shares]
    parts = [math.floor(part) for part in exact]
    left = whole - sum(parts)
    places = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in places[:left]:
        parts[place] += 1
    return parts
