from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate

from crm.common import keyset
from crm.users.permissions import EVERYBODY, SALES, SALES_MANAGERS
from deals import criteria
from deals.board import BUCKETS, NEWEST
from deals.models import Deal, LostReason, Pipeline
from tests.matrix.base import Row


def a_card(_: object) -> str:
    return f"{BUCKETS[0]}~{keyset.mark_of(NEWEST.keyed(Deal.objects.all())[0])}"


def a_file(_: object) -> SimpleUploadedFile:
    return SimpleUploadedFile("brief.txt", b"What they want")


def by_hand(deal: Any) -> str:
    """Return an exit criterion that is ticked by hand; the last stage gets one if there is none."""
    last = [*deal.pipeline.stages.all()][-1]
    if not criteria.own_texts(deal):
        last.exit_criteria = ["Need confirmed"]
        last.save()
    return min(criteria.own_texts(deal))


def first_stage(_: object) -> int:
    return Pipeline.objects.all()[0].stages.all()[0].pk


def second_stage(deal: Any) -> int:
    return int(deal.pipeline.stages.all()[1].pk)


def today(_: object) -> str:
    return localdate().isoformat()


SEEN = {"version": lambda deal: deal.version}
MAIN = (lambda deal: deal.lead_id,)

ROWS = [
    Row("deals:list", get=EVERYBODY),
    Row("deals:export", get=EVERYBODY),
    Row("deals:changes", post=EVERYBODY),
    Row("deals:column-more", get=EVERYBODY, obj="pipeline stage", query={"after": a_card}),
    Row("deals:create", get=SALES),
    Row("deals:company-match", get=SALES),
    Row("deals:detail", get=EVERYBODY, obj="deal"),
    Row("deals:place", get=EVERYBODY, obj="deal"),
    Row("deals:timeline", get=EVERYBODY, obj="deal"),
    Row("deals:criteria", get=EVERYBODY, obj="deal"),
    Row("deals:tick", post=SALES, obj="deal", data={"text": by_hand, "met": "1"}),
    Row("deals:snooze", post=SALES, obj="deal", args=(7,)),
    Row("deals:contacts", get=EVERYBODY, obj="deal"),
    Row(
        "deals:contact-add",
        get=SALES,
        post=SALES,
        obj="deal",
        data={"lead": "new.person@example.com", "name": "New Person", "role": "champion"},
    ),
    Row("deals:contact-role", post=SALES, obj="deal", args=MAIN, data={"role": "champion"}),
    Row("deals:contact-remove", post=SALES, obj="deal", args=MAIN),
    Row("deals:files", get=EVERYBODY, obj="deal"),
    Row("deals:file-add", post=SALES, obj="deal", data={"files": a_file}),
    Row("deals:file", get=EVERYBODY, obj="deal file"),
    Row("deals:file-delete", post=SALES, obj="deal file"),
    Row("deals:file-restore", post=SALES, obj="deal file"),
    Row("deals:history", get=EVERYBODY, obj="deal"),
    Row("deals:peek", get=EVERYBODY, obj="deal"),
    Row("deals:next", get=EVERYBODY, obj="deal"),
    Row(
        "deals:plan-next",
        post=SALES,
        obj="deal",
        data={"kind": "call", "due_at": "2030-01-01T09:00"},
    ),
    Row(
        "deals:fact",
        get=SALES,
        post=SALES,
        obj="deal",
        args=("name",),
        data=SEEN | {"name": "Another name"},
    ),
    Row(
        "deals:move",
        get=SALES,
        post=SALES,
        obj="deal",
        data=SEEN | {"stage": second_stage},
    ),
    Row("deals:move-back", post=SALES, obj="deal", query=SEEN | {"stage": second_stage}),
    Row(
        "deals:win",
        get=SALES,
        post=SALES,
        obj="deal",
        data=SEEN | {"amount": "100", "currency": "EUR", "closed_on": today},
    ),
    Row(
        "deals:lose",
        get=SALES,
        post=SALES,
        obj="deal",
        data=SEEN | {"good_lead": "yes", "reason": lambda _: LostReason.objects.all()[0].pk},
    ),
    Row("deals:reopen", get=SALES, post=SALES, obj="closed deal", data=SEEN),
    Row("deals:undo-close", post=SALES, obj="closed deal"),
    Row(
        "deals:convert",
        get=SALES,
        post=SALES,
        obj="worked lead",
        data={"name": "A deal", "currency": "EUR", "stage": first_stage},
    ),
    Row("deals:lead-deals", get=EVERYBODY, obj="lead"),
    Row("deals:company-deals", get=EVERYBODY, obj="company"),
    Row("deals:pipelines", get=SALES_MANAGERS),
    Row("deals:pipeline-create", get=SALES_MANAGERS, post=SALES_MANAGERS, data={"name": "New"}),
    Row(
        "deals:pipeline-edit",
        get=SALES_MANAGERS,
        post=SALES_MANAGERS,
        obj="pipeline",
        data={"name": "Renamed", "is_active": "on"},
    ),
    Row("deals:pipeline-shift", post=SALES_MANAGERS, obj="pipeline", args=("up",)),
    Row("deals:pipeline-remove", get=SALES_MANAGERS, post=SALES_MANAGERS, obj="pipeline"),
    Row(
        "deals:pipeline-stage-create",
        get=SALES_MANAGERS,
        post=SALES_MANAGERS,
        obj="pipeline",
        data={"name": "Pilot", "probability": "50"},
    ),
    Row(
        "deals:pipeline-stage-edit",
        get=SALES_MANAGERS,
        post=SALES_MANAGERS,
        obj="pipeline stage",
        data={"name": "Pilot", "probability": "50"},
    ),
    Row("deals:pipeline-stage-shift", post=SALES_MANAGERS, obj="pipeline stage", args=("up",)),
    Row(
        "deals:pipeline-stage-remove",
        get=SALES_MANAGERS,
        post=SALES_MANAGERS,
        obj="pipeline stage",
    ),
    Row("deals:lost-reasons", get=SALES_MANAGERS),
    Row("deals:lost-reason-create", get=SALES_MANAGERS, post=SALES_MANAGERS, data={"name": "New"}),
    Row(
        "deals:lost-reason-edit",
        get=SALES_MANAGERS,
        post=SALES_MANAGERS,
        obj="lost reason",
        data={"name": "Renamed"},
    ),
    Row("deals:lost-reason-shift", post=SALES_MANAGERS, obj="lost reason", args=("down",)),
    Row("deals:lost-reason-remove", post=SALES_MANAGERS, obj="lost reason"),
]
