from crm.users.permissions import EVERYBODY, SALES, SALES_MANAGERS
from tests.matrix.base import Row

ROWS = [
    Row("home", get=EVERYBODY),
    Row("home-deals", get=SALES),
    Row("home-campaigns", get=EVERYBODY),
    Row("home-feedback", get=EVERYBODY),
    Row("home-breached", get=SALES_MANAGERS),
    Row("home-reps", get=SALES_MANAGERS),
    Row("home-risks", get=SALES_MANAGERS),
    Row("home-conversion", get=SALES_MANAGERS),
    Row("home-rebalance", get=SALES_MANAGERS, post=SALES_MANAGERS),
    Row("home-rebalance-undo", post=SALES_MANAGERS, obj="rebalancing"),
]
