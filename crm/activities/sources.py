"""What the timeline of a lead shows of activities, follow-ups, the funnel and its own edits."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from crm.activities.models import Activity, FollowUp
from crm.activities.timeline import Item, register_source
from crm.audit.models import Change
from crm.audit.words import lines_of
from crm.funnel import wording
from crm.funnel.models import Handoff, StageTransition, Verdict
from crm.stages import OUT, WITH_SALES, Stage
from leads.models import Lead
from leads.services import EDITABLE

ICONS = {
    Activity.Kind.CALL: "phone",
    Activity.Kind.EMAIL: "mail",
    Activity.Kind.MEETING: "users",
    Activity.Kind.DEMO: "device-mobile",
    Activity.Kind.NEGOTIATION: "scale",
    Activity.Kind.NOTE: "note",
}

EDITED = (
    *EDITABLE,
    "owner",
    "consent",
    "consent_source",
    "consent_asked_at",
    "external_id",
)
"""Facts of a lead whose changes its timeline shows; the funnel's own are told by its ledger,
and the team follows the owner."""

LINKS: list[Callable[[Iterable[int]], dict[int, str]]] = []


def register_links(fetch: Callable[[Iterable[int]], dict[int, str]]) -> None:
    """Let entries of activities lead to pages: `fetch` takes keys of activities, gives addresses.

    Called from an AppConfig.ready.
    """
    LINKS.append(fetch)


def register_own() -> None:
    register_source("activities", "activities", "Activities", activities)
    register_source("done", "activities", "Activities", completed)
    register_source("stages", "funnel", "Funnel", stages)
    register_source("handoffs", "funnel", "Funnel", offers)
    register_source("verdicts", "funnel", "Funnel", verdicts)
    register_source("changes", "changes", "Changes", changes)


def latest(rows: QuerySet[Any], before: datetime | None, limit: int, at: str = "at") -> Any:
    """Return at most `limit` rows not later than `before`, the latest first.

    On SQLite a moment is text: one of a full second is written without a fraction by Django, with
    “.000” by the database. A microsecond more is after both.
    """
    if before and not before.microsecond:
        before += timedelta(microseconds=1)
    until = rows.filter(**{f"{at}__lte": before}) if before else rows
    return until.order_by(f"-{at}", "-pk")[:limit]


def name(user: Any) -> str:
    return str(user) if user else ""


def activities(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    rows: Iterable[Activity] = latest(
        Activity.objects.filter(lead=lead).select_related("by"), before, limit
    )
    return with_links([activity_item(row) for row in rows])


def with_links(items: list[Item]) -> list[Item]:
    """Give each activity the page that a higher app keeps for it, such as the whole e-mail."""
    found = {int(item.key.removeprefix("activity-")): item for item in items}
    pages = {pk: url for fetch in LINKS for pk, url in fetch(found).items()} if found else {}
    return [replace(item, url=pages.get(pk, item.url)) for pk, item in found.items()]


def activity_item(row: Activity) -> Item:
    parts = [row.get_outcome_display()] if row.outcome else []
    parts += [row.get_meeting_kind_display().lower()] if row.meeting_kind else []
    parts += [f"{row.minutes} min"] if row.minutes else []
    parts += [f"{row.get_reaction_display().lower()} reaction"] if row.reaction else []
    title = row.get_kind_display() + (f": {', '.join(parts)}" if parts else "")
    kind = Activity.Kind(row.kind)
    tone = "quiet" if kind == Activity.Kind.NOTE else "sales"
    told = [f"Shown: {row.shown}" if row.shown else "", row.place, row.text]
    text = "\n".join(filter(None, told))
    return Item(row.at, f"activity-{row.pk}", title, ICONS[kind], name(row.by), tone, text)


def completed(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    rows = FollowUp.objects.filter(lead=lead, done_at__isnull=False, closed_with_deal=False)
    rows = rows.select_related("owner")
    return [
        Item(row.done_at, f"follow-up-{row.pk}", f"Done: {row.title}", "check", name(row.owner))
        for row in latest(rows, before, limit, "done_at")
    ]


def stages(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    moves = StageTransition.objects.filter(lead=lead).select_related("actor")
    rows = list(latest(moves, before, limit))
    return [
        Item(
            row.at,
            f"stage-{row.pk}",
            move_words(row),
            "flag",
            name(row.actor),
            tone_of(Stage(row.new_stage)),
            why,
        )
        for row, why in zip(rows, wording.words(rows), strict=True)
    ]


def move_words(row: StageTransition) -> str:
    if not row.old_stage:
        return "Came into the funnel"
    return f"{row.get_old_stage_display()} → {row.get_new_stage_display()}"


def tone_of(stage: Stage) -> str:
    """Return the hue of the team that owns the stage."""
    if stage in OUT | {Stage.LOST}:
        return "quiet"
    if stage in WITH_SALES:
        return "sales"
    return {Stage.CUSTOMER: "won", Stage.MQL: "handoff"}.get(stage, "marketing")


def offers(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    rows = Handoff.objects.filter(lead=lead).select_related("opened_by", "rep", "team")
    return [
        Item(
            row.opened_at,
            f"handoff-{row.pk}",
            f"Offered to {row.rep or row.team or 'sales'}, attempt {row.attempt}",
            "heart-handshake",
            name(row.opened_by),
            "handoff",
            row.note or row.routing_reason,
            row.get_absolute_url(),
        )
        for row in latest(rows, before, limit, "opened_at")
    ]


def verdicts(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    rows = Verdict.objects.filter(lead=lead).select_related("reason", "by")
    return [
        Item(
            row.at,
            f"verdict-{row.pk}",
            verdict_words(row),
            "scale",
            name(row.by),
            {"accepted": "sales", "won": "won"}.get(row.kind, "danger"),
            row.note,
        )
        for row in latest(rows, before, limit)
    ]


def verdict_words(row: Verdict) -> str:
    why = str(row.reason or row.reason_text or "")
    words = f"{row.get_kind_display()} by sales" + (f": {why}" if why else "")
    return f"{words} (taken back)" if row.withdrawn_at else words


def changes(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    rows = Change.objects.of(lead).of_field(Lead, *EDITED).select_related("actor")
    return [
        Item(line.change.at, f"change-{line.change.pk}", f"{fact.label} changed", "pencil",
             name(line.change.actor), text=f"{fact.before} → {fact.after}")
        for line in lines_of(latest(rows, before, limit), lead)
        for fact in line.facts
    ]  # fmt: skip
