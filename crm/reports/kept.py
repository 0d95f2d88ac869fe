"""Answers that take long are kept, and shown with the time that they are of.

What took less than `settings.REPORT_KEPT_FROM` is answered anew each time; of a small company that
is nearly every report. What took longer is kept; who asks again sees the kept answer at once, and
one that is no longer fresh is renewed in the background. docs/decisions/0032.
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
from crm.outbox import hints
from crm.reports.answers import Answer, unpacked
from crm.reports.models import KeptAnswer
from crm.reports.questions import Question
from crm.reports.registry import REPORTS, Report
from crm.users.models import User

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
    return KeptAnswer.objects.filter(as_of__lt=now() - KEPT).delete()[0]


def key_of(report: Report, question: Question) -> str:
    """Return the key of the answer: everybody who sees all rows shares one."""
    asked = {**packed(question), "report": report.name}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def packed(question: Question) -> dict[str, Any]:
    user = None if question.sees_all or question.user is None else question.user.pk
    return {
        "period": days(question.period),
        "before": days(question.before) if question.before else None,
        "counting": question.counting,
        "by": question.by,
        "whose": question.whose,
        "more": dict(question.more),
        "user": user,
    }


def question_of(kept: Mapping[str, Any]) -> Question | None:
    """Return the question that was packed; None if who asked it is gone."""
    user = None
    if kept["user"] is not None:
        user = User.objects.active().filter(pk=kept["user"]).first()
        if user is None or Question(user=user).sees_all:
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
