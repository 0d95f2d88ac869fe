"""Rows of the learning page."""

from crm.users.permissions import EVERYBODY, MANAGERS, MARKETING_MANAGERS
from tests.matrix.base import Row

ROWS = [
    Row("learning:learning", get=EVERYBODY),
    Row("reports:learning-csv", get=EVERYBODY),
    Row("learning:try", post=MARKETING_MANAGERS, data={"points-999999": "5"}),
    Row("learning:threshold", MANAGERS, MANAGERS, args=(99,)),
    Row("learning:threshold-undo", post=MANAGERS, args=(1,)),
]
