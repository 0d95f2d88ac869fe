"""Rows of the audit page and of histories."""

from crm.users.permissions import EVERYBODY, MANAGERS
from tests.matrix.base import Row

ROWS = [
    Row("audit:list", get=MANAGERS),
    Row("audit:settings", get=MANAGERS),
    Row("audit:record", get=EVERYBODY, obj="history of a lead"),
]
