from crm.users.models import Team, User
from crm.users.permissions import EVERYBODY, SALES, SALES_MANAGERS
from tests.matrix.base import Row


def reps(_: object = None) -> list[int]:
    """Return the reps of the cast's team."""
    team = Team.objects.order_by("pk")[0]
    return [*User.objects.reps().filter(team=team).order_by("pk").values_list("pk", flat=True)]


GIVEN = {
    "giver": lambda _: reps()[0],
    "takers": lambda _: reps()[1:2],
    "kinds": ["lead", "deal", "handoff"],
}

ROWS = [
    Row("home", get=EVERYBODY),
    Row("home-deals", get=SALES),
    Row("home-campaigns", get=EVERYBODY),
    Row("home-feedback", get=EVERYBODY),
    Row("home-breached", get=SALES_MANAGERS),
    Row("home-reps", get=SALES_MANAGERS),
    Row("home-risks", get=SALES_MANAGERS),
    Row("home-conversion", get=SALES_MANAGERS),
    Row("home-rebalance", get=SALES_MANAGERS, post=SALES_MANAGERS, data=GIVEN),
    Row("home-rebalance-undo", post=SALES_MANAGERS, obj="rebalancing"),
]
