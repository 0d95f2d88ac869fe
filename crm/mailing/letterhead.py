"""What every marketing mail shows of who sends it: postal address, logo and colour, from settings.

The law asks for the postal address in most countries, and large providers look for it. So without
one no marketing mail leaves, and every place where it would says why.
"""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from crm.common.colours import READABLE, WHITE, contrast, is_colour, text_on
from crm.users.models import Logo, Organisation, User
from crm.users.permissions import may_open

USUAL_COLOUR, TEXT = "#1d5fbf", "#1f2933"
WIDEST, HIGHEST = 240, 72
"""Pixels that a logo takes in a mail."""
PAGE = "users:letterhead"
NO_ADDRESS = "No marketing mail leaves without your postal address: Settings › Letterhead."


class NoPostalAddress(Exception):
    """Marketing mail does not leave: there is no postal address. The message says what to do."""

    def __init__(self) -> None:
        super().__init__(NO_ADDRESS)


@dataclass(frozen=True)
class Letterhead:
    """Who sends a marketing mail, as the mail shows it.

    address: its lines, () while it is missing; logo: its web address, "" for none
    logo_width, logo_height: pixels that it takes
    """

    name: str
    address: tuple[str, ...] = ()
    colour: str = USUAL_COLOUR
    logo: str = ""
    logo_width: int = 0
    logo_height: int = 0

    @property
    def on_colour(self) -> str:
        """The colour of a text on `colour`."""
        return text_on(self.colour)

    @property
    def link_colour(self) -> str:
        """The colour of a link on white: `colour` where it is readable, else that of the text."""
        return self.colour if contrast(self.colour, WHITE) >= READABLE else TEXT


def letterhead(organisation: Organisation | None = None) -> Letterhead:
    """Return the letterhead of the organisation."""
    stored = organisation or Organisation.get()
    colour = stored.mail_colour if is_colour(stored.mail_colour) else USUAL_COLOUR
    head = Letterhead(stored.name, lines_of(stored.postal_address), colour)
    if stored.logo is None:
        return head
    width, height = shown_size(stored.logo)
    return Letterhead(head.name, head.address, head.colour, logo_url(stored.logo), width, height)


def lines_of(address: str) -> tuple[str, ...]:
    return tuple(line for each in address.splitlines() if (line := " ".join(each.split())))


def shown_size(logo: Logo) -> tuple[int, int]:
    """Return the pixels that a logo takes in a mail: as it is, or smaller in proportion."""
    scale = min(1, WIDEST / logo.width, HIGHEST / logo.height)
    return max(1, round(logo.width * scale)), max(1, round(logo.height * scale))


def logo_url(logo: Logo) -> str:
    """Return the public address of a logo, from the configured site and no request's host."""
    return f"{settings.SITE_URL}{reverse('mailing:logo', args=[logo.key])}"


def may_send() -> bool:
    """Say whether marketing mail may leave: whether it would carry a postal address."""
    return bool(Organisation.get().postal_address.strip())


def check_may_send() -> None:
    """Raise NoPostalAddress if marketing mail may not leave."""
    if not may_send():
        raise NoPostalAddress


def address_notice(user: User) -> dict[str, str]:
    """Return what templates/mailing/_no_address.html needs on a page that `user` reads."""
    if may_send():
        return {"no_address": "", "letterhead_url": ""}
    return {"no_address": NO_ADDRESS, "letterhead_url": may_open(user, PAGE)}
