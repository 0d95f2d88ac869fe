"""What is done with companies: making one, editing it, finding the one that a name means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Lower

from crm.common.keys import keys_of
from crm.users.models import User
from leads import writing
from leads.models import Company, Lead
from leads.normalising import BadValue, domain_name, many_lines, one_line, phone_number
from leads.services import phone_country, search_key

FREE_MAIL = {
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com",
    "icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "proton.me",
    "protonmail.com", "mail.ru", "yandex.ru", "qq.com", "163.com", "orange.fr", "libero.it",
}  # fmt: skip
"""Domains of mail for everybody: sharing one says nothing about the company."""


@dataclass
class CompanyNotAccepted(ValueError):
    """Some values cannot be kept. errors: field to what is wrong with it, in words."""

    errors: dict[str, str]

    def __str__(self) -> str:
        return " ".join(self.errors.values())


def cleaned(values: Mapping[str, Any], *, country: str = "") -> dict[str, Any]:
    """Return values of a company as they are kept. Raises CompanyNotAccepted."""
    if values.get("phone"):
        country = phone_country(values.get("country"), country)
    how: dict[str, Callable[[str], str]] = {
        "name": one_line,
        "domain": domain_name,
        "industry": lambda text: one_line(text, 80),
        "phone": lambda text: phone_number(text, country),
        "notes": many_lines,
    }
    kept, errors = dict(values), {}
    for field, keep in how.items():
        if field in values:
            try:
                kept[field] = keep(str(values[field] or ""))
            except BadValue as error:
                errors[field] = str(error)
    if "name" in values and not errors and not kept["name"]:
        errors["name"] = "Give the company a name."
    if errors:
        raise CompanyNotAccepted(errors)
    return kept


def create_company(*, actor: User | None, **values: Any) -> Company:
    """Write a new company. Raises CompanyNotAccepted for values that cannot be kept, NotTheirs."""
    kept = cleaned({"name": "", **values})
    writing.check_fields(actor, writing.given(kept), writing.COMPANY)
    return Company.objects.create(**kept)


@transaction.atomic
def edit_company(company: Company, changes: Mapping[str, Any], *, actor: User | None) -> Company:
    """Change a company; after another name its leads are found by the new one.

    Raises CompanyNotAccepted for values that cannot be kept, NotTheirs.
    """
    kept = cleaned(changes, country=str(company.country))
    before = Company.objects.select_for_update().get(pk=company.pk)
    writing.check_fields(actor, writing.changed(before, kept), writing.COMPANY)
    for field, value in kept.items():
        setattr(company, field, value)
    company.save(update_fields=[*kept, *keys_of(company)])
    if kept.get("name", before.name) != before.name:
        refresh_search(company)
    return company


def refresh_search(company: Company) -> None:
    """Write the search key of the company's leads anew, a thousand at a time."""
    fresh = []
    searched = company.leads.only("name", "email", "more_emails", "phone", "more_phones", "company")
    for lead in searched.iterator(chunk_size=1000):
        lead.search_key = search_key(lead, company)
        fresh.append(lead)
        if len(fresh) == 1000:
            Lead.objects.bulk_update(fresh, ["search_key"], batch_size=500)
            fresh.clear()
    Lead.objects.bulk_update(fresh, ["search_key"], batch_size=500)


def match(name: str, domain: str = "") -> Company | None:
    """Return the company of this domain, else of this name in any case; the oldest of several."""
    companies = Company.objects.order_by("pk")
    telling = bool(domain) and domain not in FREE_MAIL
    if telling and (found := companies.filter(domain=domain).first()):
        return found
    if not name:
        return None
    lowered = companies.alias(lower_name=Lower("name"), sought=Lower(Value(name)))
    return lowered.filter(lower_name=F("sought")).first()


def of_lead(lead: Lead) -> Company | None:
    """Return the lead's company; while it has none, the one that its e-mail address tells of."""
    return lead.company or match("", lead.email.rpartition("@")[2].lower())


def match_or_create(name: str, domain: str = "", *, actor: User | None, **values: Any) -> Company:
    """Return the company that `name` and `domain` mean, made now if there is none.

    values: of a new company (industry, size, country). Raises CompanyNotAccepted, NotTheirs.
    """
    kept = cleaned({"name": name, "domain": domain, **values})
    return match(kept["name"], kept["domain"]) or create_company(actor=actor, **kept)
