"""Who may call what of the notifications: everybody, for his own."""

from crm.users.permissions import EVERYBODY
from tests.matrix.base import Row

ROWS = [
    Row("notifications:list", get=EVERYBODY),
    Row("notifications:bell", get=EVERYBODY),
    Row("notifications:read-all", post=EVERYBODY),
    Row("notifications:open", post=EVERYBODY, obj="notification"),
    Row("notifications:read", post=EVERYBODY, obj="notification"),
]
