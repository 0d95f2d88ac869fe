"""Leads and companies of somebody who was switched off: what goes to a new owner, and how."""

from crm.people.belongings import Kind, change_owner, register_kind, writers
from crm.users.models import User
from leads import ownership
from leads.models import Company, CompanyQuerySet, Lead, LeadQuerySet


def leads_of(user: User) -> LeadQuerySet:
    return Lead.objects.filter(owner=user)


def companies_of(user: User) -> CompanyQuerySet:
    return Company.objects.filter(owner=user)


def give_leads(giver: User, taker: User | None, actor: User, most: int) -> int:
    """Their waiting handoffs, with their deadlines, and their open follow-ups go along."""
    ids = list(leads_of(giver).order_by("pk").values_list("pk", flat=True)[:most])
    return ownership.assign_owner(Lead.objects.filter(pk__in=ids), taker, actor=actor).count


def give_companies(giver: User, taker: User | None, actor: User, most: int) -> int:
    return change_owner(companies_of(giver), taker, most)


def register() -> None:
    register_kind(
        Kind(
            key="leads",
            label="Leads",
            field="leads.Lead.owner",
            order=10,
            owned=leads_of,
            give=give_leads,
            takers=writers,
            queue=True,
            help="With the handoffs that wait for an answer, and open follow-ups.",
        )
    )
    register_kind(
        Kind(
            key="companies",
            label="Companies",
            field="leads.Company.owner",
            order=20,
            owned=companies_of,
            give=give_companies,
            takers=writers,
            help="New leads of a company go to its owner.",
        )
    )
