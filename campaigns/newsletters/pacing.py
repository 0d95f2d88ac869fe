"""How fast a newsletter may go: so many messages a minute, over all workers together. Pure.

Each message costs 60 / rate seconds; `paid_until` is the moment up to which those taken are paid.
Messages are taken at most AHEAD before their time, and a pause is made up for by at most AHEAD.
"""

from datetime import datetime, timedelta

AHEAD = timedelta(seconds=5)


def allowance(
    paid_until: datetime | None, at: datetime, rate_per_minute: int, wanted: int
) -> tuple[int, datetime]:
    """Return how many messages may be taken at the moment `at`, and the new `paid_until`.

    rate_per_minute: messages, 1 or more; wanted: the most that the caller takes
    """
    cost = timedelta(minutes=1) / rate_per_minute
    start = at if paid_until is None else max(paid_until, at - AHEAD)
    room = int((at + AHEAD - start) / cost)
    if start <= at:
        room = max(room, 1)
    taken = max(0, min(wanted, room))
    return taken, start + taken * cost
