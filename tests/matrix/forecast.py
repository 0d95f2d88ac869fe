from crm.users.permissions import EVERYBODY, SALES, SALES_MANAGERS
from tests.matrix.base import Row

ROWS = [
    Row("forecast:forecast", get=EVERYBODY),
    Row("forecast:deals", get=EVERYBODY),
    Row("forecast:days", get=EVERYBODY),
    Row("forecast:my-gap", get=SALES),
    Row("forecast:call", post=SALES, obj="deal", data={"category": "commit"}),
    Row("forecast:targets", get=SALES),
    Row("forecast:target-save", post=SALES_MANAGERS),
]
