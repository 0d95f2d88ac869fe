"""Rows of activities and follow-ups."""

import uuid

from crm.users.permissions import EVERYBODY, WRITERS
from tests.matrix.base import Row
from tests.matrix.objects import address_of_lead

DUE = {"kind": "call", "title": "Call", "due_at": "2030-01-01T09:00"}
NOTE = {"lead": address_of_lead, "kind": "note", "text": "Hello"}

ROWS = [
    Row("activities:list", EVERYBODY),
    Row("activities:calendar", EVERYBODY),
    Row("activities:correct", WRITERS, WRITERS, obj="own activity", data={"text": "Hello"}),
    Row("activities:remove", post=WRITERS, obj="own activity"),
    Row("activities:bring-back", post=WRITERS, args=(uuid.UUID(int=0),)),
    Row("activities:feed", EVERYBODY, obj="calendar feed", public=True),
    Row("activities:feed-link", EVERYBODY),
    Row("activities:feed-make", post=EVERYBODY),
    Row("activities:feed-revoke", post=EVERYBODY),
    Row("activities:create", WRITERS, WRITERS, data=NOTE),
    Row("activities:lead-options", WRITERS),
    Row("activities:follow-up-create", WRITERS, WRITERS, data=DUE | {"lead": address_of_lead}),
    Row("activities:follow-up-edit", WRITERS, WRITERS, obj="follow-up", data=DUE),
    Row("activities:complete", post=WRITERS, obj="follow-up"),
    Row("activities:reopen", post=WRITERS, obj="follow-up"),
    Row("activities:snooze", post=WRITERS, obj="follow-up", data={"days": "3"}),
    Row("activities:plan-next", post=WRITERS, obj="follow-up", data={"next_kind": ""}),
    Row("activities:move", post=WRITERS, obj="follow-up", data={"day": "2030-01-02"}),
    Row("activities:call-off", post=WRITERS, obj="follow-up"),
    Row("activities:plan", WRITERS, WRITERS, obj="lead", data=DUE),
    Row("activities:lead-panel", EVERYBODY, obj="lead"),
    Row("activities:lead-next", EVERYBODY, obj="lead"),
    Row("activities:lead-timeline", EVERYBODY, obj="lead"),
    Row("activities:log", WRITERS, WRITERS, obj="lead", args=("note",), data={"text": "Hello"}),
]
