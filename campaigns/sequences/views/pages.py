"""Sequences: the list, one with its steps and their numbers, and writing one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.sequences.conditions import goal_of
from campaigns.sequences.forms import SequenceForm
from campaigns.sequences.models import Sequence
from campaigns.sequences.numbers import totals
from campaigns.sequences.outline import outline
from campaigns.views.common import show_form
from crm.common.formats import percent
from crm.common.htmx import done, toast
from crm.common.parts import Tab
from crm.mailing.letterhead import address_notice
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow

VIEWS = {"": "All", **dict(Sequence.State.choices)}
LIST = "sequences:list"


@allow(EVERYBODY)
@require_GET
def sequence_list(request: SignedInRequest) -> HttpResponse:
    view = request.GET.get("state", "")
    sequences = Sequence.objects.visible_to(request.user)
    if view in Sequence.State.values:
        sequences = sequences.filter(state=view)
    named = sequences.select_related("owner", "entry_segment", "goal_segment")
    rows = list(named.with_comes_back())
    found = totals(rows, request.user)
    context = {
        "rows": [(sequence, found[sequence.pk], goal_of(sequence)) for sequence in rows],
        "tabs": view_tabs(view),
        "view": view,
        "may_write": request.user.role in MARKETING,
    }
    return render(request, "sequences/list.html", context)


def view_tabs(view: str) -> list[Tab]:
    path = reverse(LIST)
    return [
        Tab(label, f"{path}?{urlencode({'state': key})}" if key else path, active=key == view)
        for key, label in VIEWS.items()
    ]


def seen(request: SignedInRequest, pk: int) -> Sequence:
    """Return the sequence with all its names if the user sees it, else raise Http404."""
    named = Sequence.objects.visible_to(request.user).select_related(
        "owner", "campaign", "entry_segment", "goal_segment"
    )
    return get_object_or_404(named, pk=pk)


@allow(EVERYBODY)
@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    sequence = seen(request, pk)
    found = totals([sequence], request.user)[sequence.pk]
    rate = percent(found.goal_rate)
    context: dict[str, Any] = address_notice(request.user) | {
        "sequence": sequence,
        "found": found,
        "paused_hint": f"{found.paused:,} paused" if found.paused else "",
        "goal_hint": f"{rate} of those that are over" if found.goal else "",
        "goal": goal_of(sequence),
        "reasons": sequence.entry_reasons.all(),
        "steps": outline(sequence, request.user),
        "may_write": request.user.role in MARKETING,
        "may_edit": request.user.role in MARKETING and sequence.state != Sequence.State.ARCHIVED,
    }
    return render(request, "sequences/detail.html", context)


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    form = SequenceForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        sequence = form.save()
        toast(request, f"{sequence} created. Add its steps.")
        return done(request, sequence.get_absolute_url())
    return show(request, form, title="New sequence", back=reverse(LIST), label="Sequences")


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    sequence = seen(request, pk)
    form = SequenceForm(request.POST or None, instance=sequence, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        toast(request, "Sequence saved")
        return done(request, sequence.get_absolute_url())
    back = sequence.get_absolute_url()
    return show(request, form, title=f"Edit {sequence}", back=back, label=str(sequence))


def show(
    request: SignedInRequest, form: SequenceForm, *, title: str, back: str, label: str
) -> HttpResponse:
    context: dict[str, Any] = {"form": form}
    template = "sequences/_form.html"
    return show_form(request, template, context, title=title, back=back, back_label=label)
