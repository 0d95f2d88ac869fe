"""A deal as a card: what is shown of it, in words and little HTML.

Drawn in Python because a board holds hundreds: a template tag for each part took twice the time.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime, now
from django.utils.translation import gettext_lazy as _

from crm.activities.models import Activity
from crm.common import formats
from crm.common.templatetags.tandem import status_tag
from crm.common.templatetags.tandem_rows import initials, tint
from deals.models import Deal
from deals.status import DAY, CardStatus, Clock, status_of

NOUNS = {
    Activity.Kind.CALL: _("call"),
    Activity.Kind.EMAIL: _("e-mail"),
    Activity.Kind.MEETING: _("meeting"),
    Activity.Kind.DEMO: _("demo"),
    Activity.Kind.NEGOTIATION: _("negotiation"),
    Activity.Kind.NOTE: _("note"),
}


OWNER = (
    '<span class="avatar avatar-{} size-20" aria-hidden="true" title="{}">{}</span>'
    '<span class="visually-hidden">{}</span>'
)
NOBODY = '<span class="visually-hidden">{}</span>'
CLOSE = '<time class="meta" datetime="{}">{}</time>'


def clock() -> Clock:
    """Return this moment, and the end of the day where the reader is."""
    midnight = localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Clock(now(), midnight + DAY)


@dataclass(frozen=True)
class Card:
    """A deal and its tag. `stamp` changes whenever the card looks different."""

    deal: Deal
    status: CardStatus

    @property
    def stamp(self) -> str:
        return f"{self.deal.pk}.{self.deal.version}.{self.status.key}"

    @property
    def with_whom(self) -> str:
        return str(self.deal.company or self.deal.lead)

    @property
    def owner(self) -> SafeString:
        """The owner's initials, and his name for the ear."""
        who = str(self.deal.owner or _("No owner"))
        drawn = (tint(who), who, initials(who), who) if self.deal.owner else None
        return format_html(OWNER, *drawn) if drawn else format_html(NOBODY, who)

    @property
    def amount(self) -> str:
        return formats.money(self.deal.amount_minor, self.deal.currency)

    @property
    def close(self) -> SafeString | str:
        day = self.deal.close_on
        return format_html(CLOSE, day.isoformat(), formats.day(day)) if day else ""

    @property
    def tag(self) -> SafeString:
        return status_tag(self.status.key, self.status.text)


def card(deal: Deal, at: Clock) -> Card:
    """Return the card of an open deal that came with `for_cards`."""
    kind: Any = getattr(deal, "next_kind", None)
    return Card(
        deal,
        status_of(
            next_due=getattr(deal, "next_due", None),
            next_what=str(NOUNS.get(kind, "")),
            idle_since=deal.idle_since,
            limit=deal.stage.rotting_days,
            clock=at,
            snoozed_until=deal.snoozed_until,
        ),
    )
