"""Rows of the audit page."""

from crm.users.permissions import MANAGERS
from tests.matrix.base import Row

ROWS = [Row("audit:list", get=MANAGERS)]
