"""Who may write which field of a deal, and do what with it; see leads.writing, whose sibling it is.

All of it is about deals that the user sees (crm.users.scoping).
"""

from collections.abc import Collection, Mapping

from crm.users.models import Role, User
from crm.users.permissions import SALES, SALES_MANAGERS
from leads.writing import NOBODY, NotTheirs, Writers

DEAL: Writers = {
    **dict.fromkeys(
        ["name", "company", "amount_minor", "currency", "close_on", "competitor", "notes"], SALES
    ),
    "owner": SALES_MANAGERS,
    "team": SALES_MANAGERS,  # it follows the owner
    **dict.fromkeys(
        ["id", "lead", "pipeline", "stage", "stage_since", "status", "closed_at", "closed_on",
         "lost_reason", "close_note", "good_lead", "qualified_by", "last_activity_at",
         "snoozed_until", "version", "external_id", "created_at", "search_key", "sort_key"],
        NOBODY,
    ),
}  # fmt: skip
"""Of a deal that is there. What NOBODY edits is written by ACTS, or comes in by file."""

ACTS: Mapping[str, Collection[Role]] = dict.fromkeys(
    ["open", "move", "win", "lose", "reopen", "snooze"], SALES
)
"""What can be done with a deal, and the roles that may."""


def may_act(user: User, act: str) -> bool:
    """Say whether the role of `user` lets them do this with the deals that they see."""
    return user.role in ACTS[act]


def check_act(actor: User | None, act: str) -> None:
    """Raise NotTheirs unless the actor may do this with deals."""
    if actor and not may_act(actor, act):
        raise NotTheirs(f"Not yours to do with a deal: {act}.")
