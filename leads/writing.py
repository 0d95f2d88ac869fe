"""Who may write which field of leads and companies, and make which move of a lead.

The one place that says so. Every way in asks it: forms, edits in place, bulk actions, imports,
offered facts, undo; and the services ask it again. All of it is about rows that the user sees
(crm.users.scoping). Where no user acts (a public form, received mail, a task, the command line)
the actor is None, and the services' own rules are all there is. Docs: docs/permissions.md.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied

from crm.stages import Stage
from crm.users.models import Role, User
from crm.users.permissions import IMPORTERS, MANAGERS, MARKETING, SALES, WRITERS

Writers = Mapping[str, Collection[Role]]
"""A field, and the roles that may write it."""

NOBODY: frozenset[Role] = frozenset()
"""Only services write the field, as part of something else that they do."""

LEAD: Writers = {
    **dict.fromkeys(
        ["name", "given_name", "family_name", "form_of_address", "email", "more_emails", "phone",
         "more_phones", "job_title", "company", "country", "channel", "campaign", "notes"],
        WRITERS,
    ),
    "owner": MANAGERS,
    "team": MANAGERS,  # it follows the owner
    **dict.fromkeys(["consent", "consent_at", "consent_source", "consent_asked_at"], MARKETING),
    "external_id": IMPORTERS,
    **dict.fromkeys(
        ["id", "stage", "stage_since", "score", "scored_at", "last_touch_at", "enriched_at",
         "recycled_until", "created_at", "created_by", "search_key", "sort_key"],
        NOBODY,
    ),
}  # fmt: skip
"""Of a lead that is there. Its stage is moved: see MOVES."""

NEW_LEAD: Writers = {**LEAD, "owner": SALES | MANAGERS, "team": SALES | MANAGERS}
"""Of a lead that is being made: what sales brings in is its own."""

COMPANY: Writers = {
    **dict.fromkeys(
        ["name", "domain", "industry", "size", "country", "phone", "notes"], WRITERS
    ),
    "owner": MANAGERS,  # leads of the company are offered to its owner first
    "external_id": IMPORTERS,
    **dict.fromkeys(["id", "created_at", "search_key", "sort_key"], NOBODY),
}  # fmt: skip

MOVES: Mapping[Stage, Collection[Role]] = {
    Stage.LEAD: WRITERS,
    Stage.MQL: MARKETING | MANAGERS,
    Stage.SAL: SALES,
    Stage.SQL: SALES,
    Stage.OPPORTUNITY: SALES,
    Stage.CUSTOMER: SALES,
    Stage.LOST: SALES,
    Stage.RECYCLED: SALES,
    Stage.DISQUALIFIED: WRITERS,
}
"""A stage, and the roles that may bring a lead there; see `may_move`."""

WITH_MARKETING = {None, Stage.LEAD, Stage.RECYCLED}
"""Stages from which marketing moves a lead; None is one that is being made."""


class NotTheirs(PermissionDenied):
    """The field is not this user's to write, or the move not theirs to make. Answered with 403."""


def may_write(user: User, field: str, writers: Writers = LEAD) -> bool:
    """Say whether the role of `user` lets them write this field of the rows that they see."""
    return user.role in writers[field]


def may_move(user: User, old: Stage | None, new: Stage) -> bool:
    """Say whether `user` may bring a lead from `old` to `new`, if the funnel has that move.

    Marketing moves what it nurtures, and never what sales has or had.
    """
    return user.role in MOVES[new] and (user.role in SALES or old in WITH_MARKETING)


def check_fields(actor: User | None, fields: Collection[str], writers: Writers = LEAD) -> None:
    """Raise NotTheirs if one of these fields is not the actor's to write.

    fields: those whose values change
    """
    refused = [field for field in fields if actor and not may_write(actor, field, writers)]
    if refused:
        names = ", ".join(sorted(field.replace("_", " ") for field in refused))
        raise NotTheirs(f"Not yours to write: {names}.")


def check_move(actor: User | None, old: Stage | None, new: Stage) -> None:
    """Raise NotTheirs if the move is not the actor's to make."""
    if actor and not may_move(actor, old, new):
        raise NotTheirs(f"Not your move: {old.label if old else 'new'} → {new.label}.")


def changed(row: Any, values: Mapping[str, Any]) -> list[str]:
    """Return the fields whose stored value differs from that of `values`."""
    columns = {field: row._meta.get_field(field).attname for field in values}
    return [
        field
        for field, value in values.items()
        if getattr(row, columns[field]) != getattr(value, "pk", value)
    ]


def given(values: Mapping[str, Any]) -> list[str]:
    """Return the fields of a new row that are given a value."""
    return [field for field, value in values.items() if value not in (None, "", False)]


def leave_writable(form: forms.BaseForm, user: User, writers: Writers = LEAD) -> None:
    """Take the fields off the form that would be refused to `user` when it is sent."""
    for name in [name for name in form.fields if name in writers]:
        if not may_write(user, name, writers):
            del form.fields[name]
