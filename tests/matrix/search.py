from crm.users.permissions import EVERYBODY
from tests.matrix.base import Row

ROWS = [
    Row("search:results", get=EVERYBODY),
    Row("search:palette", get=EVERYBODY),
]
