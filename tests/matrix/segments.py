"""Rows of segments."""

from campaigns.segments.views import seen_of
from crm.users.permissions import MARKETING
from tests.matrix.base import Row

ONE_RULE = {
    "name": "Of the matrix",
    "join": "all",
    "g-0-join": "all",
    "g-0-r-0-field": "score",
    "g-0-r-0-operator": "min",
    "g-0-r-0-value": "50",
}

ROWS = [
    Row("segments:list", get=MARKETING),
    Row("segments:create", get=MARKETING, post=MARKETING, data=ONE_RULE),
    Row("segments:create-static", get=MARKETING, post=MARKETING, data={"name": "By hand"}),
    Row("segments:draft", post=MARKETING, data=ONE_RULE),
    Row("segments:preview", post=MARKETING, data=ONE_RULE),
    Row(
        "segments:bulk-add",
        get=MARKETING,
        post=MARKETING,
        data={"segment": "", "name": "By hand", "ids": ["1"]},
    ),
    Row("segments:detail", get=MARKETING, obj="segment"),
    Row("segments:count", get=MARKETING, obj="segment"),
    Row(
        "segments:edit",
        get=MARKETING,
        post=MARKETING,
        obj="segment",
        data={**ONE_RULE, "seen": seen_of},
    ),
    Row("segments:freeze", post=MARKETING, obj="segment"),
    Row("segments:delete", get=MARKETING, post=MARKETING, obj="segment"),
    Row("segments:export", get=MARKETING, obj="segment"),
    Row("segments:remove", post=MARKETING, obj="static segment", data={"ids": ["1"]}),
]
