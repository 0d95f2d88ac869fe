"""Addresses that bounces have suppressed, read again by crm.mailing.bounces.

An older reading took a refusal by policy, or for now, for a dead address. Those whose kept reports
do not say so are listed, and released together.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from campaigns.newsletters.delivery import SOFT_BOUNCES
from campaigns.newsletters.models import DeliveryEvent
from crm.correspondence.models import Message
from crm.mailing.bounces import Bounce, Phase, classify
from crm.mailing.models import Suppression

MOST = 2_000
"""So many are listed and released at one time; the next ones appear after them."""

Reason = Suppression.Reason
Said = dict[str, list[str]]


@dataclass(frozen=True)
class Misread:
    """A suppressed address, what a server said of it, and what that means now."""

    suppression: Suppression
    said: str
    bounce: Bounce


def misread() -> list[Misread]:
    """Return the addresses whose reports do not say that they are dead, the newest first.

    What nothing is kept of stays suppressed.
    """
    found = []
    dead, soft = hard_reports(), reports_of(DeliveryEvent.Kind.SOFT_BOUNCE)
    rows = Suppression.objects.filter(reason__in=[Reason.HARD_BOUNCE, Reason.SOFT_BOUNCES])
    for row in rows.exclude(address="").order_by("-at", "-pk").iterator():
        reports = dead if row.reason == Reason.HARD_BOUNCE else soft
        said = reports.get(row.address, [])
        read = [(text, reread(text)) for text in said]
        if read and not still_stands(row.reason, [bounce for _, bounce in read]):
            found.append(Misread(row, *read[0]))
        if len(found) == MOST:
            break
    return found


def still_stands(reason: str, read: list[Bounce]) -> bool:
    """Say whether these reports would suppress the address by today's reading."""
    if reason == Reason.HARD_BOUNCE:
        return Bounce.DEAD in read
    return sum(bounce is not Bounce.BLOCKED for bounce in read) >= SOFT_BOUNCES


def reread(said: str) -> Bounce:
    """Return what a kept report says; how it began tells when the server said it."""
    if said.startswith("SMTPRecipientsRefused"):
        return classify(said, Phase.RECIPIENT)
    phase = Phase.CONTENT if said.startswith("SMTP") else Phase.REPORT
    return classify(said, phase)


def hard_reports() -> Said:
    """Return what servers said of addresses that were called dead, by address."""
    said = reports_of(DeliveryEvent.Kind.HARD_BOUNCE)
    failed = Message.objects.filter(state=Message.State.FAILED, cc=[]).exclude(last_error="")
    for to, error in failed.order_by("-at").values_list("to", "last_error").iterator():
        if len(to) == 1:
            said[to[0]].append(error)
    return said


def reports_of(kind: str) -> Said:
    said: Said = defaultdict(list)
    for address, detail in rows_of(kind):
        said[address.lower()].append(detail)
    return said


def rows_of(kind: str) -> Iterator[tuple[str, str]]:
    events = DeliveryEvent.objects.filter(kind=kind).exclude(address="").order_by("-at", "-pk")
    yield from events.values_list("address", "detail").iterator()


@transaction.atomic
def release() -> int:
    """Take the addresses that were misread off the list; return how many there were."""
    pks = [each.suppression.pk for each in misread()]
    return Suppression.objects.filter(pk__in=pks).delete()[0]
