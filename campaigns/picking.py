"""Finding the lead that somebody means by what he typed."""

import re

from crm.users.models import User
from leads.models import Lead, LeadQuerySet
from leads.normalising import BadValue, email_address

NUMBER = re.compile(r"#([0-9]{1,18})\s*$")
MOST = 8


class LeadNotFound(ValueError):
    """No lead, or more than one, is meant; the message says what to do."""


def suggestions(text: str, user: User) -> LeadQuerySet:
    """Return the leads to choose from while `user` types."""
    if len(text.strip()) < 2:
        return Lead.objects.none()
    found = Lead.objects.visible_to(user).search(text).select_related("company")
    return found.order_by("-score", "-pk")[:MOST]


def written(lead: Lead) -> str:
    """Return a lead as the field shows it once it is chosen; its number makes it certain."""
    parts = [lead.name, f"<{lead.email}>" if lead.email else "", f"#{lead.pk}"]
    return " ".join(part for part in parts if part)


def find_lead(text: str, user: User) -> Lead | str:
    """Return the lead that `text` means, or the e-mail address of one that is not known yet.

    Raises LeadNotFound if nothing or too much fits.
    """
    visible = Lead.objects.visible_to(user)
    if number := NUMBER.search(text):
        lead = visible.filter(pk=int(number[1])).first()
        if lead is None:
            raise LeadNotFound("This lead is not there any more.")
        return lead
    if "@" in text:
        return by_address(text, user)
    found = list(visible.search(text)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise LeadNotFound("More than one lead fits. Choose one of the list, or give the e-mail.")
    raise LeadNotFound("No lead of this name. Give an e-mail address to make a new one.")


def by_address(text: str, user: User) -> Lead | str:
    try:
        address = email_address(text)
    except BadValue as fault:
        raise LeadNotFound(str(fault)) from fault
    return Lead.objects.visible_to(user).with_address(address).first() or address
