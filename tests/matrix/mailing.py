from crm.users.permissions import ADMINS
from tests.matrix.base import Row

ROWS = [
    Row("mailing:mailbox", get=ADMINS),
    Row("mailing:detail", get=ADMINS, obj="mail"),
    Row("mailing:html", get=ADMINS, obj="mail"),
    Row("mailing:retry", post=ADMINS, obj="mail"),
    Row("mailing:retry-all", post=ADMINS),
]
