"""The facts of a lead as its record shows them, each edited where it stands."""

from dataclasses import dataclass

from django.urls import reverse

from crm.users.models import User
from leads.addresses import KINDS
from leads.models import Lead
from leads.writing import may_write

LABELS = {
    "name": "Name",
    "email": "E-mail",
    "phone": "Phone",
    "job_title": "Job title",
    "company": "Company",
    "country": "Country",
    "channel": "Channel",
    "campaign": "Campaign",
    "owner": "Owner",
    "notes": "Notes",
}

REACHED = {"email": "mailto:", "phone": "tel:"}


@dataclass(frozen=True)
class Fact:
    """One line: what it is called, what it says, where it leads, and where it is edited."""

    field: str
    value: object
    url: str = ""
    others: tuple[tuple[str, str], ...] = ()
    """Further values, each with where it leads."""
    edit: str = ""
    dialog: bool = False

    @property
    def label(self) -> str:
        return LABELS[self.field]

    @property
    def id(self) -> str:
        return f"fact-{self.field}"


def fact(lead: Lead, field: str, user: User) -> Fact:
    edit = reverse("leads:field", args=[lead.pk, field]) if may_write(user, field) else ""
    others = tuple((text, reached_by(field, text)) for text in others_of(lead, field))
    return Fact(field, value_of(lead, field), link_of(lead, field), others, edit)


def facts(lead: Lead, user: User) -> list[Fact]:
    return [fact(lead, field, user) for field in LABELS]


def value_of(lead: Lead, field: str) -> object:
    value = getattr(lead, field)
    return value.name if field == "country" and value else value


def others_of(lead: Lead, field: str) -> list[str]:
    """Return the addresses or numbers of a lead beside its main one."""
    return next((kind.of(lead)[1:] for kind in KINDS if kind.main == field), [])


def reached_by(field: str, value: str) -> str:
    return REACHED[field] + value.replace(" ext ", ";ext=").replace(" ", "")


def link_of(lead: Lead, field: str) -> str:
    """Return where the value leads: to the mail, the telephone, the company, the campaign."""
    if field in REACHED and getattr(lead, field):
        return reached_by(field, getattr(lead, field))
    if field in ("company", "campaign") and getattr(lead, field):
        return str(getattr(lead, field).get_absolute_url())
    return ""
