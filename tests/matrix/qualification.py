from crm.users.permissions import EVERYBODY, SALES
from tests.matrix.base import Row

SAID = {"need": "Plan both plants", "version": "0"}

ROWS = [
    Row("qualification:lead-panel", get=EVERYBODY, obj="lead"),
    Row("qualification:lead-edit", get=SALES, post=SALES, obj="lead", data=SAID),
    Row("qualification:deal", get=EVERYBODY, obj="deal"),
    Row("qualification:deal-edit", get=SALES, post=SALES, obj="deal", data=SAID),
]
