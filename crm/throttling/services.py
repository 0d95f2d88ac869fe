"""Limits on how often something may be tried, counted in the database.

One statement counts an attempt, so that two at the same moment count as two, and no cache and no
second server is needed. A limit never makes a request wait: it says for how long to stay away.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import F
from django.http import HttpRequest
from django.utils.timezone import now

from crm.common.retention import drop
from crm.common.senders import address_of, hashed
from crm.throttling.models import AttemptCount

IPV6_NETWORK = 64
"""Bits that a provider gives to one customer: whoever has one address has 2^64 of them."""

COUNT_ONE = """
    INSERT INTO throttling_attemptcount AS known (key, count, ends_at) VALUES (%s, 1, %s)
    ON CONFLICT (key) DO UPDATE SET count = known.count + 1
    RETURNING count
"""


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts of one subject within each window."""

    name: str
    """what is limited, such as "log-in, network": limits of different names count apart"""
    most: int
    window: timedelta

    def ends_at(self) -> datetime:
        """Return when the present window ends. Windows are counted from 1970."""
        seconds = int(self.window.total_seconds())
        return datetime.fromtimestamp((now().timestamp() // seconds + 1) * seconds, tz=UTC)

    def key(self, subject: str) -> str:
        """Return the key of the row that counts for `subject` now."""
        seconds = int(self.window.total_seconds())
        return hashed("attempts", self.name, str(seconds), self.ends_at().isoformat(), subject)


@dataclass(frozen=True)
class Refusal:
    """An attempt too many."""

    limit: Limit
    count: int
    seconds: int
    """until the window ends: what Retry-After says"""

    @property
    def is_first(self) -> bool:
        """True for one attempt of each window: the one by which somebody is told."""
        return self.count == self.limit.most + 1


def network_of(request: HttpRequest) -> str:
    """Return whom a request comes from: the address, of IPv6 the network of one customer."""
    text = address_of(request)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))


def count_attempt(limit: Limit, subject: str) -> Refusal | None:
    """Count one attempt of `subject`; return a refusal if it is one too many.

    Not inside a transaction that may be rolled back: the attempt would not be counted.
    """
    ends = limit.ends_at()
    when = connection.ops.adapt_datetimefield_value(ends)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ONE, [limit.key(subject), when])
        (count,) = cursor.fetchone()
    if count <= limit.most:
        return None
    return Refusal(limit, count, max(1, round((ends - now()).total_seconds())))


def count_attempts(*attempts: tuple[Limit, str]) -> Refusal | None:
    """Count an attempt against each limit, until one refuses it; return that refusal."""
    for limit, subject in attempts:
        if refusal := count_attempt(limit, subject):
            return refusal
    return None


def give_back(*attempts: tuple[Limit, str]) -> None:
    """Count an attempt as not made, such as a log-in with the right password."""
    keys = [limit.key(subject) for limit, subject in attempts]
    AttemptCount.objects.filter(pk__in=keys, count__gt=0).update(count=F("count") - 1)


def forget(*attempts: tuple[Limit, str]) -> None:
    """Let the subjects begin anew, such as the account whose password was just replaced."""
    keys = [limit.key(subject) for limit, subject in attempts]
    AttemptCount.objects.filter(pk__in=keys).delete()


def drop_ended() -> int:
    """Drop the counts of windows that are over; return how many."""
    return drop(AttemptCount.objects.filter(ends_at__lt=now()))
