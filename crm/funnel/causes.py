"""Why a lead was moved: a closed list of codes, each with the id of what it is about.

The ledger cannot be erased, so it keeps no name and no text: a code, an id, perhaps a day.
`crm.funnel.wording` puts them into words when they are shown.
"""

from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


class About(models.TextChoices):
    """What a cause may be about. The room that owns it registers its names: `wording`."""

    DEAL = "deal", _("Deal")
    DEFINITION = "definition", _("MQL definition")
    FORM = "form", _("Form")
    IMPORT = "import", _("Import")
    LOST_REASON = "lost_reason", _("Reason of a lost deal")
    REASON = "reason", _("Reason of sales")


class Code(models.TextChoices):
    """All causes there are. Each label is what is said when there is nothing, or nobody, to name.

    What a row speaks of may be gone when it is shown.
    """

    BY_HAND = "by_hand", _("By hand")
    FROM_EMAIL = "from_email", _("From an e-mail")
    RESPONDED = "responded", _("With a response that was logged by hand")
    FORM = "form", _("Form (removed since)")
    CONTACT = "contact", _("Contact of a deal (removed since)")
    IMPORTED = "imported", _("Imported (removed since)")
    DEFINITION_MET = "definition_met", _("Met the MQL definition")
    SENT_BY_HAND = "sent_by_hand", _("Sent to sales by hand")
    NEED_CONFIRMED = "need_confirmed", _("Need confirmed")
    GIVEN_BACK = "given_back", _("Given back (reason removed since)")
    RULED = "ruled", _("Ruled for marketing")
    DEAL = "deal", _("Deal (removed since)")
    DEAL_WON = "deal_won", _("Deal won (removed since)")
    DEAL_LOST = "deal_lost", _("Deal lost (reason removed since)")
    DEAL_REOPENED = "deal_reopened", _("Deal reopened (removed since)")
    OTHER_DEAL_LOST = "other_deal_lost", _("A further deal was lost")
    REVISIT = "revisit", _("To be offered again later")
    TAKEN_BACK = "taken_back", _("Taken back")


NAMED = {
    Code.FORM: (About.FORM, _("Form {name}")),
    Code.CONTACT: (About.DEAL, _("Contact of the deal “{name}”")),
    Code.IMPORTED: (About.IMPORT, _("Imported from {name}")),
    Code.DEFINITION_MET: (About.DEFINITION, _("Met the MQL definition, version {name}")),
    Code.GIVEN_BACK: (About.REASON, "{name}"),
    Code.DEAL: (About.DEAL, _("Deal “{name}”")),
    Code.DEAL_WON: (About.DEAL, _("Deal “{name}” won")),
    Code.DEAL_LOST: (About.LOST_REASON, _("Deal lost: {name}")),
    Code.DEAL_REOPENED: (About.DEAL, _("Deal “{name}” reopened")),
}
"""Of the codes that are about something: what it is, and the words with its present name."""

OWN_COLUMNS = {About.DEFINITION: "definition_id", About.IMPORT: "import_id"}
"""What a transition names in a column of its own; all else stands in `about_id`."""


@dataclass(frozen=True)
class Cause:
    """Why a lead is moved, as the ledger keeps it.

    about: the id of what the code is about, unless a column of its own holds it
    day: of Code.REVISIT, from which day the lead may be offered again
    """

    code: Code
    about: int | None = None
    day: date | None = None

    def __post_init__(self) -> None:
        wanted = self.code in NAMED and NAMED[self.code][0] not in OWN_COLUMNS
        if wanted != (self.about is not None):
            raise ValueError(f"{self.code}: an id is {'missing' if wanted else 'not wanted'}")
        if (self.code == Code.REVISIT) != (self.day is not None):
            raise ValueError(f"{self.code}: only a revisit has a day")
