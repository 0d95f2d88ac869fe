"""What comes in by mail: a report of one of our mails, or a message."""

from collections.abc import Iterable

from crm.correspondence import incoming
from crm.correspondence.incoming import Outcome
from crm.correspondence.reading import read
from crm.mailing import reports


def take(raw: bytes, *, envelope: Iterable[str] = ()) -> Outcome:
    """Take one raw message. envelope: where it was really delivered to, if the server tells."""
    letter, envelope = read(raw), tuple(envelope)
    if reports.take(raw, (*envelope, *letter.delivered_to, *letter.to)):
        return Outcome.REPORT
    return incoming.receive(letter, envelope=envelope)
