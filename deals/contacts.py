"""The people of a deal and the part each plays. A contact is a lead: nobody is kept twice."""

from django.db import IntegrityError, transaction

from crm.funnel.causes import Cause, Code
from crm.funnel.intake import take_in
from crm.users.models import User
from deals.history import change
from deals.models import Deal, DealContact
from deals.services import note_edit
from leads.models import Lead
from leads.normalising import BadValue
from leads.services import EmailTaken, LeadNotAccepted

CONTACT = "contact"


class NotAContact(ValueError):
    """The person cannot be a contact of the deal; the message says why."""


@transaction.atomic
def set_role(deal: Deal, lead: Lead, role: str, *, actor: User) -> DealContact:
    """Make `lead` a contact of the deal in that role, or change the role of one who is."""
    known = DealContact.objects.select_for_update().filter(deal=deal, lead=lead).first()
    if known is None:
        return add(deal, lead, role, actor=actor)
    before = known.get_role_display()
    known.role = role
    known.save(update_fields=["role"])
    if before != known.get_role_display():
        note(deal, f"{lead}, {before}", str(known), actor=actor)
    return known


def add(deal: Deal, lead: Lead, role: str, *, actor: User) -> DealContact:
    """Name a contact; of two who name one person at once both end with the same row."""
    try:
        with transaction.atomic():
            contact = DealContact.objects.create(deal=deal, lead=lead, role=role, added_by=actor)
    except IntegrityError:
        return DealContact.objects.get(deal=deal, lead=lead)
    note(deal, None, str(contact), actor=actor)
    return contact


@transaction.atomic
def add_person(deal: Deal, *, email: str, name: str, role: str, actor: User) -> DealContact:
    """Take in a person that nobody knew yet, at the deal's company, as a contact.

    Raises NotAContact if the address is known after all, or is none.
    """
    try:
        lead = take_in(
            actor=actor,
            cause=Cause(Code.CONTACT, deal.pk),
            name=name,
            email=email,
            company=deal.company,
            owner=deal.owner,
        )
    except EmailTaken:
        raise NotAContact("This address belongs to a lead that you do not see.") from None
    except (LeadNotAccepted, BadValue) as fault:
        raise NotAContact(str(fault)) from fault
    return set_role(deal, lead, role, actor=actor)


@transaction.atomic
def remove(deal: Deal, lead: Lead, *, actor: User) -> str:
    """Take a person off the deal; the lead stays. Return the role that he had, "" for none."""
    contact = DealContact.objects.select_for_update().filter(deal=deal, lead=lead).first()
    if contact is None:
        return ""
    contact.delete()
    note(deal, str(contact), None, actor=actor)
    return contact.role


def note(deal: Deal, old: str | None, new: str | None, *, actor: User) -> None:
    note_edit(deal, [change(CONTACT, old, new)], actor=actor)
