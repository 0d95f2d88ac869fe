"""Mail that comes in, by webhook or fetched: whose it is, and which lead's. Each message once."""

from collections.abc import Iterable
from email.utils import parseaddr
from enum import Enum
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from crm.correspondence import journal, sending
from crm.correspondence.addresses import ANSWER, LOG, is_logging, owner_of, signed_for
from crm.correspondence.models import Message, ReceivedFile, ReceivedMail, UserMailbox
from crm.correspondence.participants import leads_of
from crm.correspondence.reading import MOST_HOPS, Letter, not_later_than, unique
from crm.funnel.causes import Cause, Code
from crm.funnel.intake import take_in
from crm.notifications.services import notify
from crm.users.models import User
from leads.models import Lead


class Outcome(Enum):
    """What became of a message that came in."""

    LOGGED = "logged with its lead"
    UNMATCHED = "kept: nobody we know"
    KNOWN = "known already"
    REPORT = "a report of one of our mails"
    GUEST_ANSWER = "a guest's answer to an invitation"
    SET_ASIDE = "kept: it could not be read"
    REFUSED = "a loop, within the house, or for an address that we did not give out"


class Original(NamedTuple):
    """A message's raw bytes, compressed, and how they came."""

    digest: str
    packed: bytes
    size: int
    door: str
    envelope: tuple[str, ...]


class Side(NamedTuple):
    """Which way a message went, who of us it concerns, and who the others are.

    sure: it came to the writer's own logging address; a sender alone can be forged
    """

    direction: Message.Direction
    user: User | None
    others: tuple[str, ...]
    sure: bool = False


class Found(NamedTuple):
    """The lead that a message belongs to, and the message of its thread that said so."""

    lead: Lead | None
    earlier: Message | None


@transaction.atomic
def receive(
    letter: Letter, *, envelope: Iterable[str] = (), original: Original | None = None
) -> Outcome:
    """Keep a message that came in and log it with its lead; one that is known changes nothing.

    envelope: the addresses that it was really delivered to, where the server tells
    original: its raw bytes
    """
    known = Message.objects.filter(message_id=letter.message_id).first()
    if known:
        sending.believe_sent(known)  # it came back to us, so it did leave
        return Outcome.KNOWN
    recipients = unique(
        (*(a.lower() for a in envelope), *letter.delivered_to, *letter.to, *letter.cc)
    )
    side = side_of(letter, recipients)
    if side is None:
        return Outcome.REFUSED
    found = lead_of(letter, side.others)
    message = new_message(letter, side, found)
    try:
        with transaction.atomic():
            message.save()
            keep_original(message, letter, original)
    except IntegrityError:  # somebody else received it at this very moment
        return Outcome.KNOWN
    if found.lead is None:
        return Outcome.UNMATCHED
    settle(message, sure=side.sure)
    return Outcome.LOGGED


def side_of(letter: Letter, recipients: tuple[str, ...]) -> Side | None:
    """Return which way a message went; None for what must not be logged."""
    ours = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
    user, answered = owner_of(recipients, LOG), owner_of(recipients, ANSWER)
    given_out = user or signed_for(recipients, ANSWER)
    wrong_token = not given_out and any(is_logging(address) for address in recipients)
    if letter.hops > MOST_HOPS or letter.sender == ours or is_logging(letter.sender) or wrong_token:
        return None
    people = colleagues((letter.sender, *recipients))
    others = tuple(
        address
        for address in unique((*letter.to, *letter.cc))
        if address not in people and address != ours and not is_logging(address)
    )
    writer = people.get(letter.sender)
    unknown = not people and not leads_of([letter.sender])
    hidden = owner_of((*letter.to, *letter.cc), LOG) is None
    if writer and not others and letter.forwarded_from:
        return Side(Message.Direction.IN, writer, (letter.forwarded_from,))
    if writer or (user and unknown and hidden and others):
        out = Side(Message.Direction.OUT, writer or user, others, sure=user is not None)
        return out if others else None
    reader = next((people[a] for a in recipients if a in people), None)
    return Side(Message.Direction.IN, user or answered or reader, unique((letter.sender,)))


def colleagues(addresses: Iterable[str]) -> dict[str, User]:
    """Return who of us has one of these addresses, to log in or to send from."""
    wanted = list(addresses)
    found = {str(u.email): u for u in User.objects.active().filter(email__in=wanted)}
    boxes = UserMailbox.objects.filter(address__in=wanted, user__is_active=True)
    for box in boxes.select_related("user"):
        found.setdefault(box.address, box.user)
    return found


def lead_of(letter: Letter, others: tuple[str, ...]) -> Found:
    """Return the lead that a message is logged with: who wrote or got it, else its thread's.

    others: the sender of what came in, the recipients of what went out
    """
    ids = [name for name in (letter.in_reply_to, *letter.references) if name]
    earlier = Message.objects.filter(message_id__in=ids).exclude(lead=None)
    last = earlier.select_related("lead", "lead__owner").order_by("-at").first() if ids else None
    known = leads_of((*others, *letter.to, *letter.cc))
    direct = [known[address] for address in others if address in known]
    if last and (not direct or last.lead in direct):
        return Found(last.lead, last)
    return Found(next(iter(direct or known.values()), None), last)


def new_message(letter: Letter, side: Side, found: Found) -> Message:
    """Return the message as it is kept. A machine's, of nobody we know, is set aside at once.

    Its deal is its thread's only with the thread's own lead.
    """
    earlier = found.earlier
    aside = letter.automatic and found.lead is None
    forwarded = letter.forwarded_from and side.others == (letter.forwarded_from,)
    return Message(
        lead=found.lead,
        deal=earlier.deal if earlier and earlier.lead == found.lead else None,
        direction=side.direction,
        sender=letter.forwarded_from if forwarded else letter.sender,
        sender_name="" if forwarded else letter.sender_name,
        to=[a for a in letter.to if not is_logging(a)],
        cc=[a for a in letter.cc if not is_logging(a)],
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        notes=list(letter.notes),
        message_id=letter.message_id,
        in_reply_to=letter.in_reply_to,
        references=list(letter.references),
        thread=earlier.thread if earlier else letter.thread,
        automatic=letter.automatic,
        by=side.user,
        state=Message.State.SET_ASIDE if aside else Message.State.LOGGED,
        at=not_later_than(letter.at, now()),
    )


def keep_original(message: Message, letter: Letter, original: Original | None) -> None:
    """Keep the raw bytes of a message, and the list of its files."""
    if original is None:
        return
    kept = original._asdict() | {"envelope": list(original.envelope), "problem": ""}
    ReceivedMail.objects.update_or_create(
        digest=kept.pop("digest"), defaults={"message": message, **kept}
    )
    ReceivedFile.objects.bulk_create(
        ReceivedFile(message=message, **file._asdict()) for file in letter.files
    )


def settle(message: Message, *, sure: bool) -> None:
    """Log a message with its lead; tell the lead's owner, and whom of us it was written to."""
    journal.log(message, sure=sure)
    lead = message.lead
    if lead is None or message.is_out or message.automatic:
        return
    told = {user.pk: user for user in (lead.owner, message.by) if user}
    for user in told.values():
        if user == lead.owner or Message.objects.visible_to(user).filter(pk=message.pk).exists():
            notify(
                user,
                key=f"mail:{message.pk}",
                title=f"{lead} wrote to you",
                body=str(message),
                url=message.get_absolute_url(),
            )


# Messages of nobody we know ---------------------------------------------------------------------


@transaction.atomic
def belongs_to(message: Message, lead: Lead) -> int:
    """Give an unmatched message, with all of its thread, to `lead`; return how many were given."""
    given = 0
    same = Message.objects.filter(thread=message.thread, lead=None)
    for one in same.select_for_update().order_by("at", "pk"):
        one.lead, one.state = lead, Message.State.LOGGED
        one.save(update_fields=["lead", "state"])
        journal.log(one)
        given += 1
    return given


@transaction.atomic
def make_lead(message: Message, *, actor: User) -> Lead:
    """Make a lead of who wrote an unmatched message, or got it, and give the thread to him.

    Raises LeadNotAccepted for an address that cannot be kept, EmailTaken if it is known.
    """
    mine: dict[str, Any] = {"owner": actor, "team": actor.team} if actor.is_sales else {}
    address = message.to[0] if message.is_out and message.to else message.sender
    name = "" if message.is_out else message.sender_name
    lead = take_in(actor=actor, cause=Cause(Code.FROM_EMAIL), name=name, email=address, **mine)
    belongs_to(message, lead)
    return lead


def set_aside(message: Message) -> bool:
    """Take an unmatched message off the list; False if it has found its lead."""
    open_ones = Message.objects.filter(pk=message.pk, lead=None, state=Message.State.LOGGED)
    return bool(open_ones.update(state=Message.State.SET_ASIDE))
