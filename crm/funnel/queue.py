"""The handoff queue: its tabs and their counts, its filters, one page of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import F, IntegerField, Model, Q, QuerySet, Subquery
from django.forms.models import ModelChoiceIterator
from django.utils.dateparse import parse_datetime
from django.utils.timezone import now

from crm.funnel.models import Handoff, HandoffQuerySet, Verdict
from crm.users.models import Team, User
from leads.models import Channel, Lead

PAGE = 30
"""Rows with four buttons each: more would be heavier than a page shall be."""
MOST_COUNTED = 1_000
ANSWERED = F("answered_at")
CAMPAIGNS: type[Model] = Lead._meta.get_field("campaign").related_model
"""The model of the higher app, named by the foreign key: see docs/decisions/0002."""


class CappedCount(Subquery):
    """How many rows a sliced queryset has: as cheap as its slice is short."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()


class QueueFilter(forms.Form):
    """What narrows the queue; every field is in the address."""

    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="Any team")
    rep = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Any rep")
    campaign = forms.ModelChoiceField(
        CAMPAIGNS._default_manager.none(), required=False, empty_label="Any campaign"
    )
    channel = forms.ModelChoiceField(
        Channel.objects.none(), required=False, empty_label="Any channel"
    )
    overdue = forms.ChoiceField(
        label="Deadline", choices=[("", "Any deadline"), ("1", "Overdue")], required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["team"], Team.objects.all())
        offer(self.fields["rep"], User.objects.reps())
        offer(self.fields["campaign"], CAMPAIGNS._default_manager.order_by("name"))
        offer(self.fields["channel"], Channel.objects.all())
        if user.scope == "own":
            del self.fields["team"], self.fields["rep"]

    def narrow(self, rows: HandoffQuerySet) -> HandoffQuerySet:
        """Return `rows` without what the filters leave out; nonsense in the address is ignored."""
        self.is_valid()
        chosen = self.cleaned_data
        columns = {"team": "team", "rep": "rep", "campaign": "lead__campaign"}
        columns["channel"] = "lead__channel"
        given = {column: chosen[name] for name, column in columns.items() if chosen.get(name)}
        rows = rows.filter(**given)
        return rows.overdue(now()) if chosen.get("overdue") else rows


def offer(field: forms.Field, rows: QuerySet[Any]) -> None:
    """Let a select field offer `rows`, read once for the select, its chips and its count."""
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    field.choices = [*ModelChoiceIterator(field).__iter__()]  # list() alone would count first


def counts(user: User, rows: HandoffQuerySet) -> dict[str, int]:
    """Return how many of `rows` each outcome has, up to MOST_COUNTED, in one query."""
    capped = {
        value: CappedCount(rows.filter(outcome=value).order_by().values("pk")[:MOST_COUNTED])
        for value in Handoff.Outcome.values
    }
    found = User.objects.filter(pk=user.pk).annotate(**capped).values_list(*capped)[0]
    return dict(zip(capped, found, strict=True))


@dataclass
class QueuePage:
    """One page of the queue, and where the older rows begin."""

    rows: list[Handoff]
    older: str = ""


def page(rows: HandoffQuerySet, tab: str, after: str) -> QueuePage:
    """Return the rows of `tab` behind the mark `after` ("" is the beginning), best first.

    Waiting: the nearest deadline first, so the overdue ones lead. Answered: the latest first.
    """
    rows = rows.filter(outcome=tab)
    at, pk = read_mark(after)
    if tab == Handoff.Outcome.WAITING:
        rows = rows.order_by(F("due_at").asc(nulls_last=True), "pk")
        later = Q(due_at__gt=at) | Q(due_at=at, pk__gt=pk) | Q(due_at=None)
        rest = later if at else Q(due_at=None, pk__gt=pk)
    else:
        rows = rows.order_by(ANSWERED.desc(), F("id").desc())
        rest = Q(answered_at__lt=at) | Q(answered_at=at, pk__lt=pk)
    people = ("rep", "team") if tab == Handoff.Outcome.WAITING else ("answered_by",)
    found = list((rows.filter(rest) if pk else rows).for_queue(*people)[: PAGE + 1])
    shown = found[:PAGE]
    with_history(shown)
    last = shown[-1] if len(found) > PAGE else None
    return QueuePage(shown, mark(last, tab) if last else "")


def mark(handoff: Handoff, tab: str) -> str:
    at = handoff.due_at if tab == Handoff.Outcome.WAITING else handoff.answered_at
    return f"{at.isoformat() if at else ''}|{handoff.pk}"


def read_mark(text: str) -> tuple[datetime | None, int]:
    """Return the moment and the key that a mark in the address names; (None, 0) for nonsense."""
    at, _, pk = text.partition("|")
    try:
        return (parse_datetime(at) if at else None), int(pk)
    except ValueError:
        return None, 0


def with_history(rows: Sequence[Handoff]) -> None:
    """Set on each row `earlier`: the verdicts on its lead's earlier attempts, the latest first.

    On an answered row `verdict` is its own.
    """
    wanted = Verdict.objects.standing().filter(handoff__lead__in={row.lead_id for row in rows})
    found = list(
        wanted.filter(key__startswith="handoff:").select_related("reason", "by", "handoff")
        if any(row.attempt > 1 or not row.is_waiting for row in rows)
        else []
    )
    for row in rows:
        before = [
            verdict
            for verdict in found
            if verdict.handoff
            and verdict.lead_id == row.lead_id
            and verdict.handoff.attempt < row.attempt
        ]
        own = next((verdict for verdict in found if verdict.handoff_id == row.pk), None)
        row.__dict__.update(earlier=before, verdict=own)
