"""Answers that take long are kept, and shown with the time that they are of.

An answer that took longer than `settings.REPORT_KEPT_FROM` is kept, in a company of any size: while
caches are cold that may be one that is quick the next time. Who asks again within two days sees the
kept answer at once; after 15 minutes a worker answers anew, and what is quick by then is kept no
more. Users share an answer if they see the same rows. docs/decisions/0032.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils.timezone import now

from crm.common.periods import Period
from crm.common.retention import drop
from crm.outbox import hints
from crm.reports.answers import Answer, unpacked
from crm.reports.models import KeptAnswer
from crm.reports.questions import Question
from crm.reports.registry import REPORTS, Report
from crm.users.models import User
from crm.users.scoping import sight_of

FRESH = timedelta(minutes=15)
"""So long a kept answer is shown without being renewed."""
KEPT = timedelta(days=2)
"""So long it is shown at all."""
PATIENCE = timedelta(minutes=5)
"""After so long a wish to renew is as good as lost, and may be said again."""


def answer(report: Report, question: Question) -> tuple[Answer, bool]:
    """Answer the question; return the answer and whether it is a kept one.

    Raises NotAnswerable as the report does.
    """
    key = key_of(report, question)
    kept = KeptAnswer.objects.filter(pk=key, as_of__gt=now() - KEPT).first()
    if kept is None:
        return compute(report, question, key), False
    if kept.as_of < now() - FRESH:
        ask_to_renew(kept)
    return unpacked(kept.answer), True


def compute(report: Report, question: Question, key: str) -> Answer:
    """Answer the question now; keep the answer if that took long."""
    began = time.monotonic()
    found = report.answer(question)
    took = timedelta(seconds=time.monotonic() - began)
    if took < settings.REPORT_KEPT_FROM:
        return found
    plain = json.loads(json.dumps(found.packed(), cls=DjangoJSONEncoder))
    KeptAnswer.objects.update_or_create(
        pk=key,
        defaults={
            "report": report.name,
            "question": packed(question),
            "answer": plain,
            "as_of": found.as_of,
            "took": took,
            "asked_at": None,
        },
    )
    return unpacked(plain)


def ask_to_renew(kept: KeptAnswer) -> None:
    """Have a worker answer again. Said once, whoever else asks meanwhile; lost, beat finds it."""
    from crm.reports.tasks import renew_answer

    silent = Q(asked_at=None) | Q(asked_at__lt=now() - PATIENCE)
    if KeptAnswer.objects.filter(silent, pk=kept.pk).update(asked_at=now()):
        hints.quietly(renew_answer, kept.pk)


def renew(key: str) -> bool:
    """Answer a kept question again; False if nobody waits for it any more."""
    kept = KeptAnswer.objects.filter(pk=key).exclude(asked_at=None).first()
    if kept is None or kept.report not in REPORTS:
        return False
    report, question = REPORTS[kept.report], question_of(kept.question)
    if question is None:
        kept.delete()
        return False
    found = compute(report, question, key)
    KeptAnswer.objects.filter(pk=key, as_of__lt=found.as_of).delete()  # it takes long no more
    return True


def renew_asked(limit: int = 20) -> int:
    """Renew what was asked for and is not under way: hints that got lost. Return how many."""
    lost = KeptAnswer.objects.filter(asked_at__lt=now() - timedelta(seconds=30))
    keys = lost.order_by("asked_at").values_list("pk", flat=True)[:limit]
    return sum(renew(key) for key in list(keys))


def forget(report: Report, question: Question) -> None:
    """Drop the kept answer, so that the next one is counted anew."""
    KeptAnswer.objects.filter(pk=key_of(report, question)).delete()


def forget_all(report: Report) -> None:
    """Drop all kept answers of a report: what it tells of was changed by hand."""
    KeptAnswer.objects.filter(report=report.name).delete()


def prune() -> int:
    """Drop answers that are no longer shown."""
    return drop(KeptAnswer.objects.filter(as_of__lt=now() - KEPT))


def key_of(report: Report, question: Question) -> str:
    """Return the key of the answer: of the question, and of what whoever asks may see."""
    asked = {**packed(question), "report": report.name}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def packed(question: Question) -> dict[str, Any]:
    return {
        "period": days(question.period),
        "before": days(question.before) if question.before else None,
        "counting": question.counting,
        "by": question.by,
        "whose": question.whose,
        "more": dict(question.more),
        "sees": sight_of(question.user) if question.user else None,
    }


def question_of(kept: Mapping[str, Any]) -> Question | None:
    """Return the question that was packed; None if who asked it is gone, or sees other rows now."""
    if "sees" not in kept:  # kept by an earlier release
        return None
    user = None
    if kept["sees"] is not None:
        user = User.objects.active().filter(pk=kept["sees"]["user"]).first()
        if user is None or sight_of(user) != kept["sees"]:
            return None
    return Question(
        period=period_of(kept["period"]),
        counting=kept["counting"],
        by=kept["by"],
        user=user,
        before=period_of(kept["before"]) if kept["before"] else None,
        whose=kept["whose"],
        more=kept.get("more", {}),
    )


def days(period: Period) -> list[str | None]:
    return [day.isoformat() if day else None for day in (period.first, period.end)]


def period_of(written: list[str | None]) -> Period:
    return Period(*(date.fromisoformat(day) if day else None for day in written))
