"""Rows of campaigns, touches, scoring rules, channels and the feedback inbox."""

from campaigns.views.feedback import READERS
from crm.users.permissions import EVERYBODY, MANAGERS, MARKETING, MARKETING_MANAGERS
from leads.models import Channel
from tests.matrix.base import Row


def a_channel(_: object) -> int:
    return Channel.objects.filter(is_active=True)[0].pk


BATCH = "6f0c4a52-8f43-4e0e-9d6a-0f0f5a3b7c11"
NAMED = {"name": "Of the matrix, too"}
PLANNED = {"name": "Spring fair", "objective": "demand", "channel": a_channel}
SPENT = {"day": "2026-03-02", "amount": "12.50"}
RULE = {"name": "Form", "touch_kind": "form", "points": "5"}

ROWS = [
    Row("campaigns:list", get=EVERYBODY),
    Row("campaigns:export", get=EVERYBODY, post=EVERYBODY),
    Row("campaigns:bulk-pause", post=MARKETING),
    Row("campaigns:bulk-archive", post=MARKETING),
    Row("campaigns:bulk-undo", post=MARKETING, args=(BATCH,)),
    Row("campaigns:detail", get=EVERYBODY, obj="campaign"),
    Row(
        "campaigns:clone",
        get=MARKETING,
        post=MARKETING,
        obj="campaign",
        data=PLANNED,
    ),
    Row("campaigns:archive", post=MARKETING, obj="campaign"),
    Row("campaigns:member-respond", post=MARKETING, obj="member", data={"response": "declined"}),
    Row(
        "campaigns:create",
        get=MARKETING,
        post=MARKETING,
        data=PLANNED,
    ),
    Row(
        "campaigns:edit",
        get=MARKETING,
        post=MARKETING,
        obj="campaign",
        data=PLANNED,
    ),
    Row("campaigns:spend-create", get=MARKETING, post=MARKETING, obj="campaign", data=SPENT),
    Row("campaigns:spend-edit", get=MARKETING, post=MARKETING, obj="spend", data=SPENT),
    Row("campaigns:spend-delete", post=MARKETING, obj="spend"),
    Row(
        "campaigns:touch-create",
        get=MARKETING,
        post=MARKETING,
        data={"lead": "new@example.com", "kind": "form", "at": "2026-03-01T10:00", "key": "k"},
    ),
    Row("campaigns:touch-leads", get=MARKETING),
    Row("campaigns:lead-score", get=EVERYBODY, obj="lead"),
    Row("campaigns:lead-touches", get=EVERYBODY, obj="lead"),
    Row(
        "campaigns:lead-qualify",
        get=MARKETING,
        post=MARKETING,
        obj="lead",
        data={"note": "Asked for a call"},
    ),
    Row("campaigns:channels", get=MARKETING_MANAGERS),
    Row("campaigns:channel-create", get=MARKETING_MANAGERS, post=MARKETING_MANAGERS, data=NAMED),
    Row(
        "campaigns:channel-edit",
        get=MARKETING_MANAGERS,
        post=MARKETING_MANAGERS,
        obj="channel",
        data=NAMED,
    ),
    Row("campaigns:channel-activate", post=MARKETING_MANAGERS, obj="channel"),
    Row("campaigns:channel-deactivate", post=MARKETING_MANAGERS, obj="channel"),
    Row("campaigns:commitments", get=MARKETING_MANAGERS, post=MARKETING_MANAGERS),
    Row("campaigns:rules", get=EVERYBODY),
    Row("campaigns:rules-progress", get=EVERYBODY),
    Row(
        "campaigns:rule-create",
        get=MARKETING_MANAGERS,
        post=MARKETING_MANAGERS,
        args=("engagement",),
        data=RULE,
    ),
    Row("campaigns:rule-preview", post=MARKETING_MANAGERS, args=("engagement",), data=RULE),
    Row(
        "campaigns:rule-edit",
        get=MARKETING_MANAGERS,
        post=MARKETING_MANAGERS,
        obj="scoring rule",
        data=RULE,
    ),
    Row("campaigns:rules-preview", get=MARKETING_MANAGERS),
    Row("campaigns:rules-apply", post=MARKETING_MANAGERS),
    Row("campaigns:held-offer", post=MANAGERS),
    Row("campaigns:definition-preview", post=MANAGERS, data={"threshold": "30", "consent": "none"}),
    Row("campaigns:rules-discard", post=MARKETING_MANAGERS),
    Row("campaigns:rules-versions", get=EVERYBODY),
    Row("campaigns:rules-restore", post=MARKETING_MANAGERS, obj="scoring version"),
    Row("campaigns:rule-activate", post=MARKETING_MANAGERS, obj="scoring rule"),
    Row("campaigns:rule-deactivate", post=MARKETING_MANAGERS, obj="scoring rule"),
    Row("campaigns:rule-move", post=MARKETING_MANAGERS, obj="scoring rule", args=("down",)),
    Row("campaigns:feedback", get=READERS),
    Row("campaigns:feedback-count", get=READERS),
    Row("campaigns:feedback-read-all", post=MARKETING),
    Row("campaigns:feedback-unread-all", post=MARKETING),
    Row("campaigns:feedback-read", post=MARKETING, obj="feedback"),
    Row("campaigns:feedback-unread", post=MARKETING, obj="feedback"),
    Row(
        "campaigns:dispute",
        get=MARKETING,
        post=MARKETING,
        obj="feedback",
        data={"note": "They asked for a call themselves"},
    ),
    Row(
        "campaigns:verdict-rule",
        get=MANAGERS,
        post=MANAGERS,
        obj="disputed feedback",
        data={"ruling": "upheld"},
    ),
]
