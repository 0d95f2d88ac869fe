"""Rows of the alignment page: promises and signatures."""

from crm.users.models import Role
from crm.users.permissions import EVERYBODY, SALES_MANAGERS
from tests.matrix.base import Row

SIGNERS = frozenset({Role.SALES_MANAGER, Role.MARKETING_MANAGER})

ROWS = [
    Row("alignment:alignment", get=EVERYBODY),
    Row("reports:alignment-csv", get=EVERYBODY),
    Row("alignment:definition", get=EVERYBODY),
    Row("alignment:history", get=EVERYBODY),
    Row("alignment:sign", post=SIGNERS, obj="mql definition"),
    Row("alignment:promise", SALES_MANAGERS, SALES_MANAGERS, args=("in_time",)),
]
