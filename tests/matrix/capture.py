"""Rows of capture forms, their public pages and UTM links."""

from campaigns.models import Campaign
from crm.users.permissions import EVERYBODY, MARKETING, WRITERS
from tests.matrix.base import Row

BUILT = {"name": "Webinar", "touch_kind": "form", "button": "Send", "thank_you": "Thanks",
         "order": "name,email,company", "label_name": "Name", "label_email": "E-mail",
         "label_company": "Company"}  # fmt: skip


ROWS = [
    Row(
        "capture:public",
        get=EVERYBODY,
        post=EVERYBODY,
        obj="public form",
        data={"email": "ana@example.com"},
        public=True,
    ),
    Row("capture:script", get=EVERYBODY, public=True),
    Row("capture:thanks", get=EVERYBODY, obj="public form", public=True),
    Row("capture:list", get=EVERYBODY),
    Row("capture:create", get=MARKETING, post=MARKETING, data={"name": "Webinar"}),
    Row("capture:detail", get=MARKETING, post=MARKETING, obj="form", data=BUILT),
    Row("capture:preview", post=MARKETING, obj="form", data=BUILT),
    Row("capture:share", get=EVERYBODY, obj="form"),
    Row("capture:submissions", get=EVERYBODY, obj="form"),
    Row("capture:spam", get=MARKETING, obj="form"),
    Row("capture:activate", post=MARKETING, obj="form"),
    Row("capture:deactivate", post=MARKETING, obj="form"),
    Row("capture:review", get=MARKETING, obj="form"),
    Row("capture:release-too-many", post=MARKETING, obj="form"),
    Row("capture:rescue", post=MARKETING, obj="spam submission"),
    Row("capture:discard", post=MARKETING, obj="spam submission"),
    Row(
        "capture:review-one",
        get=MARKETING,
        post=MARKETING,
        obj="spam submission",
        data={"email": "ana@example.com"},
    ),
    Row("capture:lead-offers", get=EVERYBODY, obj="lead"),
    Row("capture:accept-fact", post=WRITERS, obj="offered fact"),
    Row("capture:dismiss-fact", post=WRITERS, obj="offered fact"),
    Row("capture:links", get=EVERYBODY),
    Row(
        "capture:link-create",
        post=MARKETING,
        data={
            "campaign_id": lambda _: Campaign.objects.all()[0].pk,
            "base_url": "https://example.com/",
            "source": "google",
            "medium": "cpc",
        },
    ),
    Row("capture:link-preview", get=MARKETING),
    Row("capture:link-delete", post=MARKETING, obj="utm link"),
]
