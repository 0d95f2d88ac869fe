from crm.users.permissions import EVERYBODY, MANAGERS
from tests.matrix.base import Row

ROWS = [
    Row("outbox:healthz", get=EVERYBODY, public=True),
    Row("outbox:system-health", get=EVERYBODY, public=True),
    Row("outbox:system", get=MANAGERS),
    Row("outbox:retry", post=MANAGERS, obj="effect"),
    Row("outbox:retry-all", post=MANAGERS),
]
