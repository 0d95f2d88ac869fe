from crm.users.permissions import ADMINS, EVERYBODY
from tests.matrix.base import Row

ROWS = [
    Row("mailing:logo", get=EVERYBODY, public=True, obj="logo"),
    Row("mailing:mailbox", get=ADMINS),
    Row("mailing:tests", get=EVERYBODY),
    Row("mailing:detail", get=EVERYBODY, obj="mail"),
    Row("mailing:html", get=EVERYBODY, obj="mail"),
    Row("mailing:retry", post=ADMINS, obj="mail"),
    Row("mailing:retry-all", post=ADMINS),
]
