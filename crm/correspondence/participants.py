"""Who of the people we know a message went between: one row each, one activity for all of them."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.timezone import now

from crm.activities.sources import latest
from crm.activities.timeline import Item
from crm.correspondence.models import Message, Participant
from crm.correspondence.reading import not_later_than
from leads.address_models import EmailAddress
from leads.models import Lead


def without_tag(address: str) -> str:
    """Return ana@example.com for ana+offers@example.com: what is behind the plus is a label."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}" if at and not local.startswith("+") else address


def leads_of(addresses: Iterable[str]) -> dict[str, Lead]:
    """Return the lead of each address that we know, with or without its label; in one query."""
    wanted = {address: without_tag(address) for address in addresses if address}
    rows = EmailAddress.objects.filter(address__in={*wanted, *wanted.values()})
    known = {row.address: row.lead for row in rows.select_related("lead__owner")}
    found = {address: known.get(address) or known.get(bare) for address, bare in wanted.items()}
    return {address: lead for address, lead in found.items() if lead}


def record(message: Message) -> None:
    """Write a row for each person we know in From, To and Cc of a message; once."""
    places = [
        (Participant.Place.FROM, [message.sender]),
        (Participant.Place.TO, message.to),
        (Participant.Place.CC, message.cc),
    ]
    known = leads_of(address for _, addresses in places for address in addresses)
    rows = {
        known[address].pk: Participant(
            message=message, lead=known[address], place=place, address=address
        )
        for place, addresses in reversed(places)
        for address in reversed(addresses)
        if address in known
    }
    Participant.objects.bulk_create(rows.values(), ignore_conflicts=True)


def mails_of(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    """Return the mail of other people that this lead got too, for the timeline.

    Mail of the lead's own is an activity already.
    """
    from crm.correspondence.journal import words_of

    rows = Message.objects.filter(participants__lead=lead).exclude(lead=lead)
    shown = rows.exclude(activity=None).defer("html").select_related("lead", "by")
    return [
        Item(
            not_later_than(row.at, now()),
            f"message-{row.pk}",
            f"Email with {row.lead}",
            "mail",
            str(row.by) if row.is_out and row.by else "",
            "sales",
            words_of(row),
            row.get_absolute_url(),
        )
        for row in latest(shown, before, limit)
    ]
