"""Whom we may know already: looked up while somebody types a new lead, and on the record."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from rapidfuzz import fuzz

from crm.common.folding import digits_of, fold, sort_key
from crm.users.models import User
from leads.companies import FREE_MAIL
from leads.models import Company, Lead, LeadQuerySet, PhoneNumber
from leads.normalising import SEPARATOR, phone_number
from leads.services import phone_country

ALIKE = 86.0
"""Similarity of two names, 0 to 100, from which they may be one person's."""

COLLEAGUES = 200
"""How many people of one company are compared at most."""

FEWEST_ALIKE = 6
"""How many last digits of two writings of a number are the same at least."""

SHOWN = 5


@dataclass(frozen=True)
class Duplicate:
    """A lead that may be the same person, and why."""

    lead: Lead
    why: str
    certain: bool = False
    """One of its addresses is the same, so a second lead of it cannot be made."""

    @property
    def hidden_words(self) -> str:
        """What to tell somebody who may not see the lead: that it is known, and whom to ask."""
        owner = self.lead.owner
        return f"Already known. Ask {owner}." if owner else "Already known. Ask your manager."


def duplicates_of(
    *,
    name: str = "",
    email: str = "",
    phone: str = "",
    company: Company | None = None,
    but: int | None = None,
) -> list[Duplicate]:
    """Return leads that may be the same person, the surest first, at most five.

    phone: one number or more, with commas between
    but: key of the lead that is compared, if it is one already
    """
    leads = Lead.objects.exclude(pk=but or 0).select_related("company", "owner")
    found: dict[int, Duplicate] = {}
    for candidates, why, certain in (
        (by_email(leads, email), "Same e-mail address", True),
        (by_phone(leads, phone), "Same phone number", False),
    ):
        for lead in candidates:
            found.setdefault(lead.pk, Duplicate(lead, why, certain))
    for lead in by_name(leads, name, email, company):
        found.setdefault(lead.pk, Duplicate(lead, "Same name"))
    for lead in alike(leads, name, email, company):
        found.setdefault(lead.pk, Duplicate(lead, "Similar name, same company"))
    return list(found.values())[:SHOWN]


def for_user(duplicates: list[Duplicate], user: User) -> list[tuple[Duplicate, bool]]:
    """Return those that `user` may be told of, each with whether he may open it.

    Of a lead that he does not see he learns only what the refusal would tell him anyway: that the
    very address is known.
    """
    keys = [each.lead.pk for each in duplicates]
    seen = set(Lead.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    told = [(each, each.lead.pk in seen) for each in duplicates]
    return [(each, open_) for each, open_ in told if open_ or each.certain]


def by_email(leads: LeadQuerySet, email: str) -> QuerySet[Lead]:
    return leads.with_address(email) if email else leads.none()


def by_phone(leads: LeadQuerySet, phone: str) -> list[Lead]:
    """Return leads that have one of these numbers, also where it was kept as it was typed."""
    numbers = [number for number in phone.split(SEPARATOR) if number]
    if not numbers:
        return []
    rows = PhoneNumber.objects.filter(number__in=numbers)
    found = list(leads.filter(pk__in=rows.values("lead"))[:SHOWN])
    return found + [lead for number in numbers for lead in typed_otherwise(leads, number)]


def typed_otherwise(leads: LeadQuerySet, number: str) -> list[Lead]:
    """Return leads whose number was kept before its country was known, but is this one."""
    if not number.startswith("+"):
        return []
    raw = leads.exclude(phone__startswith="+").exclude(phone="")
    ending = raw.filter(search_key__contains=digits_of(number)[-FEWEST_ALIKE:]).order_by("pk")
    return [
        lead
        for lead in ending[:COLLEAGUES]
        if phone_number(lead.phone, phone_country(lead.country, lead.company)) == number
    ]


def by_name(leads: LeadQuerySet, name: str, email: str, company: Company | None) -> QuerySet[Lead]:
    """Return leads of the same name, where no company or address of one tells them apart."""
    if not name or company or domain_of(email):
        return leads.none()
    return leads.filter(sort_key=sort_key(name))[:SHOWN]


def alike(leads: LeadQuerySet, name: str, email: str, company: Company | None) -> list[Lead]:
    """Return leads of the same company or e-mail domain whose names are much alike."""
    domain = domain_of(email)
    if not name or not (company or domain):
        return []
    colleagues = Q(search_key__contains=f"@{domain}") if domain else Q()
    if company:
        colleagues |= Q(company=company)
    sought = fold(name)
    return [
        lead
        for lead in leads.filter(colleagues).order_by("pk")[:COLLEAGUES]
        if lead.name and fuzz.token_sort_ratio(sought, fold(lead.name)) >= ALIKE
    ]


def domain_of(email: str) -> str:
    """Return the domain of an address if it tells of a company, else ""."""
    domain = email.partition("@")[2].lower()
    return "" if domain in FREE_MAIL else domain
