"""Which URLs write columns of leads, companies and deals, as part of what.

`tests/test_permissions.py` calls every URL and compares the rows before and after: a URL that
writes such a column needs its line here, and a role may write it there only if the column is the
role's to write (leads.writing, deals.writing), or belongs to a move or act that is.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model

from crm.users.models import Role
from deals.writing import DEAL
from leads.writing import COMPANY, LEAD, NEW_LEAD

WRITERS = {"lead": LEAD, "company": COMPANY, "deal": DEAL}
DERIVED = {"search_key", "sort_key", "version"}
"""Columns that follow from others, or count the writes."""


def models() -> list[type[Model]]:
    return [apps.get_model(name) for name in ("leads.Lead", "leads.Company", "deals.Deal")]


@dataclass(frozen=True)
class Written:
    """One column that a call has changed, or filled in a new row."""

    model: str
    field: str
    is_new: bool

    def __str__(self) -> str:
        return f"{self.model}.{self.field}"

    def may_by(self, url: str, role: Role | None) -> bool:
        """Say whether a call of this URL by this role may write the column."""
        if str(self) in ACTS.get(url, ()):
            return True
        writers = NEW_LEAD if self.is_new and self.model == "lead" else WRITERS[self.model]
        return url in DOORS and role in writers[self.field]


def snapshot() -> dict[tuple[str, int], dict[str, object]]:
    """Return every row of the three tables, by its model and key."""
    return {
        (model._meta.model_name or "", row["pk"]): row
        for model in models()
        for row in model._base_manager.values("pk", *columns(model))
    }


def columns(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if field.name != "id"]


def differences(
    before: dict[tuple[str, int], dict[str, object]],
    after: dict[tuple[str, int], dict[str, object]],
) -> set[Written]:
    """Return which columns are others now; of new rows, whose they are and what they agreed to."""
    found = set()
    for (model, pk), row in after.items():
        old = before.get((model, pk), dict.fromkeys(row) | {"consent": False})
        is_new = (model, pk) not in before
        found |= {
            Written(model, field, is_new)
            for field in (TOLD if is_new else set(row) - DERIVED)
            if field in row and row[field] != old[field]
        }
    return found


TOLD = {"owner", "consent"}
"""Columns of a new row that decide over more than the row."""

STAGE = {"lead.stage", "lead.stage_since"}
OWNED = {"lead.owner", "lead.team"}
PLACED = {"deal.stage", "deal.stage_since"}
CLOSED = {"deal.status", "deal.closed_at", "deal.closed_on", "deal.good_lead"}
AGREED = {"lead.consent", "lead.consent_at", "lead.consent_source", "lead.consent_asked_at"}
DOORS: Collection[str] = {
    "leads:edit", "leads:field", "leads:bulk-assign", "leads:undo", "leads:consent",
    "leads:ask-consent", "leads:company-create", "leads:company-edit", "funnel:lead-create",
    "funnel:reassign", "funnel:reassign-bulk", "deals:fact", "deals:contact-add",
    "capture:accept-fact",
}  # fmt: skip
"""URLs by which people write what is theirs to write."""

ACTS: dict[str, Collection[str]] = {
    "funnel:accept": STAGE | OWNED,
    "funnel:reject": STAGE | OWNED | {"lead.recycled_until"},
    "funnel:recycle": STAGE | OWNED | {"lead.recycled_until"},
    "funnel:take-back": STAGE | OWNED | {"lead.recycled_until"},
    "funnel:disqualify": STAGE | OWNED,
    "funnel:recycle-lead": STAGE | OWNED | {"lead.recycled_until"},
    "campaigns:lead-qualify": STAGE,
    "correspondence:make-lead": {"lead.owner"},
    "home-rebalance": {"lead.owner", "deal.owner"},
    "deals:convert": STAGE | {"deal.owner"},
    "deals:move": PLACED,
    "deals:move-back": PLACED,
    "deals:win": STAGE | CLOSED | {"deal.amount_minor"},
    "deals:lose": STAGE | CLOSED | {"deal.lost_reason"},
    "deals:reopen": STAGE | PLACED | CLOSED | {"deal.lost_reason"},
    "deals:undo-close": STAGE | PLACED | CLOSED | {"deal.lost_reason"},
    "deals:snooze": {"deal.snoozed_until"},
    "leads:confirm-consent": AGREED,
    "newsletters:unsubscribe": AGREED,
    "quotes:public": {"deal.amount_minor", "deal.currency"},
}
"""URLs that write columns as part of a move or act, and which."""
