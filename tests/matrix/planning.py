"""Rows of the planner."""

from datetime import date

from django.db.models import Model

from crm.planning.models import AdoptedPlan
from crm.users.models import Team, User
from crm.users.permissions import EVERYBODY, MANAGERS
from tests.matrix.base import Row
from tests.matrix.objects import kind

WHOLE = {
    "target": "90000", "value": "3000", "win_rate": "25", "sql_rate": "50", "mql_rate": "20",
    "cost": "30",
}  # fmt: skip
ROWS = [
    Row("planning:plan", get=EVERYBODY),
    Row("reports:plan-csv", get=EVERYBODY),
    Row("planning:adopt", get=MANAGERS, post=MANAGERS, data=WHOLE),
    Row("planning:take-back", post=MANAGERS, obj="adopted plan"),
]


@kind("adopted plan", seen="actor")
def adopted_plan(owner: User | None, team: Team | None) -> Model:
    before = {"quotas": [], "commitments": []}
    return AdoptedPlan.objects.create(
        quarter=date(2026, 1, 1),
        part=f"team-{AdoptedPlan.objects.count()}",
        target_minor=100,
        currency="EUR",
        before=before,
        adopted_by=owner,
    )
