"""Rows of personal e-mail."""

from crm.users.permissions import ADMINS, EVERYBODY, MANAGERS, WRITERS
from tests.matrix.base import Row
from tests.matrix.objects import address_of_lead

MAIL = {"to": "ana@example.com", "subject": "Hello", "text": "Hello", "act": "preview"}
TEMPLATE = {"name": "First mail", "subject": "Hello", "body": "Hello"}

ROWS = [
    Row("correspondence:list", EVERYBODY),
    Row("correspondence:message", EVERYBODY, obj="message"),
    Row("correspondence:html", EVERYBODY, obj="message"),
    Row("correspondence:original", EVERYBODY, obj="received message"),
    Row("correspondence:file", EVERYBODY, obj="received message", args=(1,)),
    Row("correspondence:not-read", MANAGERS),
    Row("correspondence:received", MANAGERS, obj="mail not read"),
    Row("correspondence:read-again", post=MANAGERS, obj="mail not read"),
    Row("correspondence:discard", post=MANAGERS, obj="mail not read"),
    Row("correspondence:compose", WRITERS, WRITERS, obj="lead", data=MAIL),
    Row("correspondence:take-back", post=WRITERS, obj="own message"),
    Row("correspondence:again", post=WRITERS, obj="own message"),
    Row("correspondence:arrived", post=WRITERS, obj="own message"),
    Row(
        "correspondence:belongs-to",
        WRITERS,
        WRITERS,
        obj="unmatched message",
        data={"lead": address_of_lead},
    ),
    Row("correspondence:make-lead", post=WRITERS, obj="unmatched message"),
    Row("correspondence:set-aside", post=WRITERS, obj="unmatched message"),
    Row("correspondence:templates", WRITERS),
    Row("correspondence:template-create", WRITERS, WRITERS, data=TEMPLATE),
    Row("correspondence:template-edit", WRITERS, WRITERS, obj="mail template", data=TEMPLATE),
    Row("correspondence:template-delete", post=WRITERS, obj="mail template"),
    Row("correspondence:mailbox", WRITERS, WRITERS, data={"port": "587", "security": "tls"}),
    Row("correspondence:mailbox-test", post=WRITERS),
    Row("correspondence:ask-again", post=WRITERS),
    Row("correspondence:confirm-address", WRITERS, WRITERS, obj="address to confirm"),
    Row("correspondence:addresses", ADMINS),
    Row("correspondence:set-address", ADMINS, ADMINS, obj="user", data={"address": ""}),
    Row("correspondence:inbound", post=EVERYBODY, public=True),
]
