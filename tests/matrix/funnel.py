"""Who may call what of the shared funnel."""

from crm.users.permissions import (
    EVERYBODY,
    MANAGERS,
    MARKETING,
    SALES,
    SALES_MANAGERS,
    WRITERS,
)
from tests.matrix.base import Row
from tests.matrix.objects import address_of_lead, reject_reason

DEFINITION = {"threshold": "50", "required_fields": ["email"], "note": "Fewer, better",
              "consent": "none"}  # fmt: skip
REASON = {
    "name": "Too small", "use": "reject", "return_path": "close", "cool_down_days": "30",
    "side": "targeting", "is_active": "on",
}  # fmt: skip


def first_reason(use: str, **wanted: str) -> int:
    from crm.funnel.models import Reason

    return Reason.objects.filter(use=use, note_required=False, **wanted)[0].pk


def some_rep(_: object) -> int:
    from crm.users.models import User

    return User.objects.reps()[0].pk


def some_team(_: object) -> int:
    from crm.users.models import Team

    return Team.objects.all()[0].pk


ROWS = [
    Row("funnel:queue", get=EVERYBODY),
    Row("funnel:queue-count", get=EVERYBODY),
    Row("funnel:handoff-detail", get=EVERYBODY, obj="handoff"),
    Row("funnel:accept", post=SALES, obj="handoff"),
    Row(
        "funnel:reject", get=SALES, post=SALES, obj="handoff",
        data={"reason": lambda _: reject_reason().pk},
    ),
    Row(
        "funnel:recycle", get=SALES, post=SALES, obj="handoff",
        data={"reason": lambda _: first_reason("recycle")},
    ),
    Row("funnel:take-back", post=SALES, obj="answered handoff"),
    Row("funnel:reassign", get=MANAGERS, post=MANAGERS, obj="handoff", data={"rep": some_rep}),
    Row("funnel:reassign-bulk", get=MANAGERS, post=MANAGERS, data={"rep": some_rep}),
    Row(
        "funnel:dispute", get=MARKETING, post=MARKETING, obj="verdict", data={"note": "It fits"}
    ),
    Row(
        "funnel:rule", get=MANAGERS, post=MANAGERS, obj="disputed verdict",
        data={"ruling": "upheld"},
    ),
    Row("funnel:lead-handoffs", get=EVERYBODY, obj="lead"),
    Row("funnel:lead-stepper", get=EVERYBODY, obj="lead"),
    Row("funnel:lead-actions", get=EVERYBODY, obj="lead"),
    Row("funnel:qualify", post=SALES, obj="lead"),
    Row(
        "funnel:recycle-lead", get=SALES, post=SALES, obj="worked lead",
        data={"reason": lambda _: first_reason("recycle")},
    ),
    Row(
        "funnel:disqualify", get=WRITERS, post=WRITERS, obj="lead",
        data={"reason": lambda _: first_reason("reject", return_path="close")},
    ),
    Row("funnel:take-back-lead", post=WRITERS, obj="lead"),
    Row("funnel:definition", get=EVERYBODY),
    Row("funnel:definition-create", get=MANAGERS, post=MANAGERS, data=DEFINITION),
    Row("funnel:reasons", get=MANAGERS),
    Row("funnel:reason-create", get=MANAGERS, post=MANAGERS, data=REASON),
    Row("funnel:reason-edit", get=MANAGERS, post=MANAGERS, obj="reason", data=REASON),
    Row("funnel:reason-move", post=MANAGERS, obj="reason", data={"by": "1"}),
    Row("funnel:routing", get=SALES_MANAGERS),
    Row("funnel:routing-test", get=SALES_MANAGERS, query={"lead": address_of_lead}),
    Row(
        "funnel:routing-create", get=SALES_MANAGERS, post=SALES_MANAGERS,
        data={"name": "New", "team": some_team},
    ),
    Row(
        "funnel:routing-edit", get=SALES_MANAGERS, post=SALES_MANAGERS, obj="routing rule",
        data={"name": "Changed", "team": some_team},
    ),
    Row("funnel:routing-move", post=SALES_MANAGERS, obj="routing rule", data={"by": "-1"}),
    Row("funnel:routing-switch", post=SALES_MANAGERS, obj="routing rule"),
    Row("funnel:routing-delete", post=SALES_MANAGERS, obj="routing rule"),
]  # fmt: skip
