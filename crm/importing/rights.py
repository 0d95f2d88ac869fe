"""Who may bring in what: kinds of files by role, and in them the fields that the role may write.

A file is no way around the rules of leads.writing: a marketer cannot write sales' stages by it.
The command line acts for nobody and may bring in everything.
"""

from collections.abc import Collection, Mapping

from crm.importing.fields import FIELDS, Field, field_named
from crm.importing.models import Import
from crm.users.models import Role, User
from crm.users.permissions import IMPORTERS, MARKETING, SALES_MANAGERS
from leads.writing import COMPANY, LEAD, MOVES, NotTheirs

KINDS: Mapping[str, Collection[Role]] = {
    Import.Kind.LEADS: IMPORTERS,
    Import.Kind.DEALS: SALES_MANAGERS,
    Import.Kind.SPEND: MARKETING,
    Import.Kind.METRICS: MARKETING,
    Import.Kind.TOUCHES: MARKETING,
}
OF_LEADS: Mapping[str, Collection[Role]] = {
    "domain": COMPANY["domain"],
    "industry": COMPANY["industry"],
    "size": COMPANY["size"],
    "company_country": COMPANY["country"],
    "opted_out": LEAD["consent"],
    "stage": frozenset.intersection(*map(frozenset, MOVES.values())),
}
"""Fields of a file of leads that are called otherwise in the model, or say any stage."""


def roles_of(kind: str, field: Field) -> Collection[Role]:
    """Return the roles that may bring in this field."""
    if kind != Import.Kind.LEADS:
        return KINDS[kind]
    if field.stage:
        return MOVES[field.stage]
    return OF_LEADS[field.name] if field.name in OF_LEADS else LEAD[field.name]


def may_bring_in(user: User | None, kind: str, field: Field) -> bool:
    """Say whether `user` may import files of this kind, and map this field of them."""
    return user is None or (user.role in KINDS[kind] and user.role in roles_of(kind, field))


def fields_of(kind: str, *users: User | None) -> tuple[Field, ...]:
    """Return the fields that all of `users` may map."""
    return tuple(
        field
        for field in FIELDS[Import.Kind(kind)]
        if all(may_bring_in(user, kind, field) for user in users)
    )


def check(user: User | None, kind: str, mapping: Mapping[str, str]) -> None:
    """Raise NotTheirs, with the columns by name, unless `user` may import by this mapping."""
    if user is None:
        return
    if user.role not in KINDS[kind]:
        raise NotTheirs(f"{Import.Kind(kind).label} are not yours to import.")
    if told := refused(user, kind, mapping):
        raise NotTheirs(f"Not yours to import: {told}.")


def refused(user: User | None, kind: str, mapping: Mapping[str, str]) -> str:
    """Name the fields of a mapping that `user` may not bring in, each with its column."""
    named = {field_named(kind, name): column for name, column in mapping.items()}
    return ", ".join(
        f"{field.label} (column “{column}”)"
        for field, column in named.items()
        if field and not may_bring_in(user, kind, field)
    )
