"""The address that a user writes from beside the log-in's.

It counts once its reader has confirmed it by a mailed link, or an administrator has set it: mail
from it is the user's word, and mail to it comes to the user. Until then it only waits
(docs/decisions/0070).
"""

from datetime import timedelta
from email.utils import parseaddr
from enum import Enum
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import now

from crm.audit.services import Area, record
from crm.correspondence.addresses import is_logging
from crm.correspondence.models import UserMailbox
from crm.mailing import services as mailing
from crm.mailing.links import blank_used
from crm.mailing.models import Mail
from crm.users.models import User
from leads.models import Lead

SALT = "crm.correspondence.own_addresses"
LIFE = timedelta(days=3)
MAILS_A_DAY = 5
TAKEN = "This address is not yours alone. Ask your administrator."


class CannotClaim(ValueError):
    """The address cannot become this user's; the message says why."""


class Claim(Enum):
    """What became of a typed address."""

    COUNTS = "counts"
    ASKED = "asked"
    TOO_OFTEN = "too often"


def check_free(address: str, user: User) -> None:
    """Raise CannotClaim for an address that is somebody else's, shared, or Tandem's own.

    The answer is the same for all of them: who asks learns nothing about leads.
    """
    users = User.objects.filter(email=address).exclude(pk=user.pk)
    boxes = UserMailbox.objects.filter(address=address).exclude(user=user)
    if is_shared(address) or users.exists() or boxes.exists():
        raise CannotClaim(TAKEN)
    if address != user.email and Lead.objects.with_address(address).exists():
        raise CannotClaim(TAKEN)


def is_shared(address: str) -> bool:
    """True for the addresses at which the organisation itself sends and receives."""
    fetched = unquote(urlsplit(settings.INBOUND_IMAP_URL).username or "").lower()
    ours = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), fetched}
    domain = address.rpartition("@")[2]
    inbound = bool(settings.INBOUND_DOMAIN) and domain == settings.INBOUND_DOMAIN.lower()
    return address in ours or inbound or is_logging(address)


@transaction.atomic
def choose(user: User, address: str) -> Claim:
    """Take the address that `user` typed for themself; "" gives up what there was.

    The log-in's own address counts at once: an administrator has set it. Any other is asked about
    by mail, and the one that counts until then goes on counting.

    Raises CannotClaim.
    """
    box, _ = UserMailbox.objects.select_for_update().get_or_create(user=user)
    if address in ("", user.email, box.address):
        write(box, address)
        return Claim.COUNTS
    check_free(address, user)
    box.pending_address = address
    box.save(update_fields=["pending_address"])
    return ask(box)


def ask(box: UserMailbox) -> Claim:
    """Mail the link to the address that waits, at most five times a day for one user."""
    at = now()
    today = f"own-address:{box.user_id}:{at:%Y-%m-%d}:"
    if Mail.objects.filter(key__startswith=today).count() >= MAILS_A_DAY:
        return Claim.TOO_OFTEN
    box.asked_at = at
    box.save(update_fields=["asked_at"])
    mailing.send(
        key=f"{today}{at.timestamp()}",
        to=box.pending_address,
        subject=f"Confirm {box.pending_address} for Tandem",
        template="own_address",
        context={"user": box.user, "address": box.pending_address, "url": link(box)},
        link_life=LIFE,
    )
    return Claim.ASKED


def link(box: UserMailbox) -> str:
    path = reverse("correspondence:confirm-address", args=[token(box)])
    return f"{settings.SITE_URL}{path}"


def token(box: UserMailbox) -> str:
    """Return what proves that the mail was read. It ends with the next mail, and when used."""
    asked = box.asked_at.isoformat() if box.asked_at else ""
    signed: str = signing.dumps([box.user_id, box.pending_address, asked], salt=SALT)
    return signed


def waiting_for(token: str, user: User) -> UserMailbox | None:
    """Return the mailbox of `user` whose waiting address this link confirms; None for any other."""
    try:
        pk, address, asked = signing.loads(token, salt=SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    box = UserMailbox.objects.filter(user=user, pending_address=address).first()
    if box is None or pk != user.pk or not address or not box.asked_at:
        return None
    return box if box.asked_at.isoformat() == asked else None


def confirm(token: str, user: User) -> bool:
    """Let the address count, because its reader says so; False if the link does not work."""
    try:
        with transaction.atomic():
            box = waiting_for(token, user)
            if box is None:
                return False
            check_free(box.pending_address, user)
            write(box, box.pending_address)
    except (IntegrityError, CannotClaim):  # it became somebody else's since the mail left
        return False
    return True


@transaction.atomic
def set_address(user: User, address: str, *, actor: User) -> None:
    """Set a user's address as an administrator; "" takes it away. Raises CannotClaim."""
    box, _ = UserMailbox.objects.select_for_update().get_or_create(user=user)
    taken = UserMailbox.objects.filter(address=address).exclude(user=user)
    others = User.objects.filter(email=address).exclude(pk=user.pk)
    if address and (is_shared(address) or taken.exists() or others.exists()):
        raise CannotClaim("This address is another user's, or the organisation's own.")
    before = box.address
    write(box, address)
    if before != address:
        record(actor, Area.PEOPLE, f"Mail address of {user}", before=before, after=address,
               url=reverse("correspondence:addresses"))  # fmt: skip


def write(box: UserMailbox, address: str) -> None:
    box.address, box.pending_address = address, ""
    box.confirmed_at, box.asked_at = (now() if address else None), None
    box.save(update_fields=["address", "pending_address", "confirmed_at", "asked_at"])
    blank_used(f"own-address:{box.user_id}:")
