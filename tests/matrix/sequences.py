"""Rows of nurture sequences."""

from campaigns.sequences.models import Sequence
from crm.users.permissions import EVERYBODY, MARKETING
from tests.matrix.base import Row
from tests.matrix.objects import lead_of_team

INTO = {
    "sequence": lambda _: Sequence.objects.live()[0].pk,
    "ids": lambda _: [lead_of_team().pk],
    "sure": "1",
}
WAIT = {"amount": "2", "unit": "days"}

ROWS = [
    Row("sequences:list", get=EVERYBODY),
    Row("sequences:create", get=MARKETING, post=MARKETING, data={"name": "Of the matrix"}),
    Row("sequences:add", get=MARKETING, post=MARKETING, data=INTO),
    Row("sequences:detail", get=EVERYBODY, obj="sequence"),
    Row("sequences:edit", get=MARKETING, post=MARKETING, obj="sequence", data={"name": "Other"}),
    Row("sequences:start", get=MARKETING, post=MARKETING, obj="paused sequence"),
    Row("sequences:pause", get=MARKETING, post=MARKETING, obj="sequence"),
    Row("sequences:archive", get=MARKETING, post=MARKETING, obj="sequence"),
    Row("sequences:enrolments", get=EVERYBODY, obj="sequence"),
    Row("sequences:dry-run", get=MARKETING, obj="sequence"),
    Row("sequences:step-choose", get=MARKETING, obj="sequence"),
    Row(
        "sequences:step-create",
        get=MARKETING,
        post=MARKETING,
        obj="sequence",
        args=("wait",),
        data=WAIT,
    ),
    Row("sequences:step-edit", get=MARKETING, post=MARKETING, obj="sequence step", data=WAIT),
    Row("sequences:step-test", post=EVERYBODY, obj="step with a mail"),
    Row("sequences:step-move", post=MARKETING, obj="sequence step", args=("down",)),
    Row("sequences:step-remove", get=MARKETING, post=MARKETING, obj="sequence step"),
    Row("sequences:take-out", post=MARKETING, obj="enrolment"),
    Row("sequences:lead-sequences", get=EVERYBODY, obj="lead"),
]
