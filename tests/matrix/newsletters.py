"""Rows of newsletters, of the suppression list, and of what readers reach by a mail's links."""

from campaigns.newsletters.views.lists import reach
from crm.users.models import User
from crm.users.permissions import EVERYBODY, MARKETING, MARKETING_MANAGERS
from tests.matrix.base import Row

DRAFT = {
    "name": "Of the matrix, too", "subject": "News", "test_share": "20", "test_hours": "4",
    "rate_per_minute": "600", "blocks": "0", "act": "save",
}  # fmt: skip


def a_colleague(_: object) -> str:
    return User.objects.active().order_by("pk")[0].email


ROWS = [
    Row("newsletters:list", get=EVERYBODY),
    Row("newsletters:create", get=MARKETING, post=MARKETING, data=DRAFT),
    Row("newsletters:detail", get=EVERYBODY, obj="newsletter"),
    Row("newsletters:numbers", get=EVERYBODY, obj="newsletter"),
    Row("newsletters:edit", get=MARKETING, post=MARKETING, obj="newsletter", data=DRAFT),
    Row("newsletters:preview", get=MARKETING, obj="newsletter"),
    Row("newsletters:audience", get=MARKETING, obj="newsletter"),
    Row("newsletters:audience-count", get=MARKETING, obj="newsletter"),
    Row(
        "newsletters:test",
        get=MARKETING,
        post=MARKETING,
        obj="newsletter",
        data={"to": a_colleague},
    ),
    Row(
        "newsletters:review",
        get=MARKETING,
        post=MARKETING,
        obj="newsletter",
        data={"when": "now", "count": lambda newsletter: reach(newsletter)["reached"]},
    ),
    Row("newsletters:test-me", post=EVERYBODY, obj="newsletter"),
    Row("newsletters:unschedule", post=MARKETING, obj="newsletter"),
    Row("newsletters:pause", post=MARKETING, obj="newsletter"),
    Row("newsletters:resume", post=MARKETING, obj="newsletter"),
    Row("newsletters:cancel", post=MARKETING, obj="newsletter"),
    Row("newsletters:copy", post=MARKETING, obj="newsletter"),
    Row("newsletters:delete", post=MARKETING, obj="newsletter"),
    Row("newsletters:mails", get=EVERYBODY, obj="newsletter"),
    Row("newsletters:resend", post=MARKETING, obj="marketing mail"),
    Row("newsletters:suppressed", get=MARKETING),
    Row("newsletters:misread", get=MARKETING),
    Row("newsletters:release", post=MARKETING_MANAGERS),
    Row("newsletters:suppress", get=MARKETING, post=MARKETING, data={"address": "no@example.com"}),
    Row("newsletters:lift", post=MARKETING_MANAGERS, obj="suppression"),
    Row("newsletters:click", get=EVERYBODY, public=True, obj="link in a mail"),
    Row("newsletters:pixel", get=EVERYBODY, public=True, obj="opened mail"),
    Row(
        "newsletters:unsubscribe", get=EVERYBODY, post=EVERYBODY, public=True, obj="reader of mail"
    ),
    Row(
        "newsletters:preferences", get=EVERYBODY, post=EVERYBODY, public=True, obj="reader of mail"
    ),
    Row("newsletters:come-back", post=EVERYBODY, public=True, obj="reader of mail"),
]
