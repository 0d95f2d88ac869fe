"""What the board, the list and the export ask for: one query string for all three."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, Value
from django.http import QueryDict
from django.utils.timezone import localdate

from crm.common.money import NotMoney, parse_money
from crm.common.parts import Chip, chips
from crm.users.models import Scope, Team, User
from deals.cards import clock
from deals.models import Deal, DealQuerySet, Pipeline, PipelineStage
from deals.status import NONE, OVERDUE, PLANNED, ROTTING, TODAY
from leads.models import Channel, Lead

ME = "me"
STATUSES = [("open", "Open"), ("won", "Won"), ("lost", "Lost"), ("all", "Open and closed")]
TAGS = [
    (OVERDUE, "Overdue"),
    (TODAY, "Today"),
    (NONE, "No next activity"),
    (PLANNED, "Planned"),
    (ROTTING, "Rotting"),
]
CLOSE = [
    ("past", "Close date passed"),
    ("week", "Next 7 days"),
    ("month", "This month"),
    ("quarter", "This quarter"),
    ("none", "No close date"),
]
Choices = dict[str, list[tuple[str, str]]]


class FirstFilter(forms.Form):
    """The few that are asked for daily."""

    q = forms.CharField(
        label="Search deals",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Deal, company or lead"}),
    )
    owner = forms.ChoiceField(label="Owner", required=False)
    tag = forms.ChoiceField(label="Next activity", required=False)
    close = forms.ChoiceField(label="Close date", required=False)
    pipeline = forms.CharField(required=False, widget=forms.HiddenInput)


class MoreFilter(forms.Form):
    """The others, folded away until wanted. They belong to the first form's `<form id=filters>`."""

    status = forms.ChoiceField(label="Status", required=False)
    stage = forms.ChoiceField(label="Stage", required=False)
    team = forms.ChoiceField(label="Team", required=False)
    channel = forms.ChoiceField(label="Channel of the lead", required=False)
    campaign = forms.ChoiceField(label="Campaign of the lead", required=False)
    amount_from = forms.CharField(label="Amount from", required=False)
    amount_to = forms.CharField(label="Amount to", required=False)
    close_from = forms.DateField(
        label="Close from", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    close_to = forms.DateField(
        label="Close to", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class DealFilter:
    """The filters of one request, and the deals that they let through.

    Unknown values filter nothing: an old link still opens. Amounts are in the organisation's
    currency; deals in another are left out by them.
    """

    def __init__(self, query: QueryDict, *, user: User, currency: str) -> None:
        self.query, self.user, self.currency = query, user, currency
        self.pipelines = list(Pipeline.objects.filter(is_active=True).prefetch_related("stages"))
        self.pipeline = self.chosen_pipeline(query.get("pipeline", ""))
        self.bar, self.more = FirstFilter(query), MoreFilter(query)
        self.offer(choices(user))
        self.asked: dict[str, Any] = {}
        for form in (self.bar, self.more):
            form.is_valid()
            self.asked |= form.cleaned_data

    def chosen_pipeline(self, asked: str) -> Pipeline | None:
        """Return the pipeline asked for, else the first one; None if there is none at all."""
        wanted = [p for p in self.pipelines if str(p.pk) == asked]
        return next(iter(wanted or self.pipelines), None)

    @property
    def stages(self) -> list[PipelineStage]:
        return list(self.pipeline.stages.all()) if self.pipeline else []

    def offer(self, known: Choices) -> None:
        """Give the pickers their choices; who sees only his own deals has no owner to pick."""
        blank = {"owner": "Any owner", "tag": "Any next activity", "close": "Any close date"}
        known |= {
            "tag": TAGS,
            "close": CLOSE,
            "status": STATUSES[1:],
            "stage": [(str(s.pk), s.name) for s in self.stages],
        }
        known["owner"] = [(ME, "Me"), (NONE, "No owner"), *known["owner"]]
        for form in (self.bar, self.more):
            for name, field in form.fields.items():
                if isinstance(field, forms.ChoiceField):
                    empty = "Open" if name == "status" else blank.get(name, "Any")
                    field.choices = [("", empty), *known[name]]
                if form is self.more:
                    field.widget.attrs |= {"form": "filters", "data-submit": ""}
        if self.user.scope == Scope.OWN:
            del self.bar.fields["owner"], self.more.fields["team"]

    @property
    def status(self) -> str:
        return self.asked.get("status") or Deal.Status.OPEN

    @property
    def chips(self) -> list[Chip]:
        return [chip for form in (self.bar, self.more) for chip in chips(form)]

    @property
    def is_more_open(self) -> bool:
        return bool(chips(self.more))

    def any_status(self, deals: DealQuerySet) -> DealQuerySet:
        """Return those of `deals` that pass every filter but the status: what the board shows."""
        found = deals.search(self.asked.get("q") or "")
        found = found.filter(self.whose(), self.where(), self.worth(), self.closing())
        tag = self.asked.get("tag")
        return found.with_tag(tag, clock()) if tag else found

    def apply(self, deals: DealQuerySet) -> DealQuerySet:
        """Return those of `deals` that pass every filter: what the list and the export show."""
        found = self.any_status(deals)
        if self.query.get("pipeline") and self.pipeline:
            found = found.filter(pipeline=self.pipeline)
        return found if self.status == "all" else found.filter(status=self.status)

    def whose(self) -> Q:
        owner, team = self.asked.get("owner"), self.asked.get("team")
        if owner == ME:
            found = Q(owner=self.user)
        elif owner == NONE:
            found = Q(owner=None)
        else:
            found = Q(owner=int(owner)) if owner else Q()
        return found & Q(team=int(team)) if team else found

    def where(self) -> Q:
        """The stage, and the source of the lead."""
        paths = {"stage": "stage", "channel": "lead__channel", "campaign": "lead__campaign"}
        return Q(**{path: int(self.asked[k]) for k, path in paths.items() if self.asked.get(k)})

    def worth(self) -> Q:
        found = Q()
        for name, lookup in (("amount_from", "gte"), ("amount_to", "lte")):
            minor = self.minor(self.asked.get(name) or "")
            if minor is not None:
                found &= Q(currency=self.currency, **{f"amount_minor__{lookup}": minor})
        return found

    def minor(self, text: str) -> int | None:
        try:
            return parse_money(text, self.currency)
        except NotMoney:
            return None

    def closing(self) -> Q:
        first, last = self.asked.get("close_from"), self.asked.get("close_to")
        found = close_range(self.asked.get("close") or "", localdate())
        found &= Q(close_on__gte=first) if first else Q()
        return found & Q(close_on__lte=last) if last else found


def close_range(name: str, today: date) -> Q:
    """Return the condition on the expected close that a choice of CLOSE stands for."""
    if name == "past":
        return Q(close_on__lt=today)
    if name == "none":
        return Q(close_on=None)
    if name == "week":
        return Q(close_on__range=(today, today + timedelta(days=7)))
    if name in ("month", "quarter"):
        months = 1 if name == "month" else 3
        first = today.month - (today.month - 1) % months
        begin = today.replace(month=first, day=1)
        beyond = (begin + timedelta(days=31 * months)).replace(day=1)
        return Q(close_on__gte=begin, close_on__lt=beyond)
    return Q()


def choices(user: User) -> Choices:
    """Return what may be picked for owner, team, channel and campaign, by one query."""
    campaigns = Lead._meta.get_field("campaign").related_model._default_manager
    sources: Iterable[tuple[str, QuerySet[Any]]] = (
        ("owner", User.objects.active()),
        ("team", Team.objects.all()),
        ("channel", Channel.objects.all()),
        ("campaign", campaigns.all()),
    )
    parts = [rows.order_by().values_list(Value(kind), "pk", "name") for kind, rows in sources]
    found: Choices = {kind: [] for kind, _ in sources}
    for kind, pk, name in parts[0].union(*parts[1:], all=True):
        found[kind].append((str(pk), name))
    for options in found.values():
        options.sort(key=lambda option: option[1].lower())
    return found
