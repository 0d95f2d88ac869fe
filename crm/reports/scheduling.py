"""Saved reports by mail: each once a week or month, to each recipient by his own row scope."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now

from crm.common.periods import add_months
from crm.mailing import services as mailing
from crm.outbox import services as outbox
from crm.reports import kept
from crm.reports.forms import ReportForm
from crm.reports.models import SavedReport
from crm.reports.questions import NotAnswerable
from crm.reports.registry import REPORTS, Report
from crm.users.models import Organisation, User

MAIL = "reports.mail"
"""Payload {"saved", "day"}: one saved report, mailed for one day to all its recipients."""

WEEK = timedelta(days=7)


def last_due(saved: SavedReport, at: datetime, zone: ZoneInfo) -> date:
    """Return the latest day, up to the moment `at`, on which the report was to be mailed."""
    today = at.astimezone(zone).date()
    if saved.every == SavedReport.Every.WEEKLY:
        day = today - timedelta(days=(today.weekday() - saved.weekday) % 7)
        before = day - WEEK
    else:
        month = today.replace(day=1)
        day = month.replace(day=saved.day)
        before = add_months(month, -1).replace(day=saved.day)
        if day > today:
            day, before = before, add_months(month, -2).replace(day=saved.day)
    return day if at >= datetime.combine(day, time(saved.hour), zone) else before


def start(saved: SavedReport, at: datetime | None = None) -> None:
    """Set from when on it is mailed: what was due before it was asked for is not sent."""
    zone = Organisation.get().zone
    saved.mailed_for = last_due(saved, at or now(), zone) if saved.is_mailed else None


def ask_for_mails(at: datetime | None = None) -> int:
    """Ask for the mails that are due, each once; return how many are new.

    A day that was missed because nothing ran is made up for; of several, the last.
    """
    moment, zone = at or now(), Organisation.get().zone
    wishes: list[tuple[str, dict[str, Any]]] = []
    for saved in SavedReport.objects.exclude(every=""):
        day = last_due(saved, moment, zone)
        if saved.mailed_for is None or saved.mailed_for < day:
            payload = {"saved": saved.pk, "day": day.isoformat()}
            wishes.append((f"report-mail:{saved.pk}:{day}", payload))
    return outbox.enqueue_many(MAIL, wishes)


def handle(payload: dict[str, Any]) -> None:
    """Mail one saved report for one day. Twice it changes nothing: each mail has its key."""
    saved = SavedReport.objects.filter(pk=payload["saved"]).select_related("user").first()
    if saved is None or saved.report not in REPORTS or not saved.user.can_log_in:
        return
    day = date.fromisoformat(payload["day"])
    for user in saved.recipients.active().order_by("pk"):
        send(saved, user, key=f"report:{saved.pk}:{day}:{user.pk}")
    SavedReport.objects.filter(pk=saved.pk).update(mailed_for=day)


def send(saved: SavedReport, user: User, *, key: str) -> bool:
    """Mail a saved report to one user, with what he may see; False if it went before, or cannot."""
    report = REPORTS[saved.report]
    if not (user.email and user.can_log_in and report.is_for(user)):
        return False
    form = ReportForm(QueryDict(saved.query), report=report, user=user)
    try:
        answer, _ = kept.answer(report, form.question())
    except NotAnswerable:
        return False
    with timezone.override(user.zone):
        return mailing.send(
            key=key,
            to=user.email,
            subject=f"{saved.name}: {answer.asked['period']}",
            template="report",
            context={
                "saved": saved,
                "report": report,
                "answer": answer,
                "path": address(report, saved.query),
            },
        )


def address(report: Report, query: str) -> str:
    """Return the path of a report's page with these controls."""
    return f"{reverse(report.url_name)}{'?' if query else ''}{query}"
