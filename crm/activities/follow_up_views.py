"""What people are to do next: the list by due day, and the acts on one follow-up."""

from datetime import datetime, time
from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import make_aware
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from crm.activities import agenda, services
from crm.activities.forms import FollowUpForm, LeadPick, NextStepForm
from crm.activities.models import FollowUp, FollowUpQuerySet
from crm.activities.views import LOGGED, PLANNED, SNOOZES, planned
from crm.common import formats, parameters
from crm.common.htmx import done, refused, toast, wants_partial
from crm.common.parts import Tab
from crm.users.models import Scope
from crm.users.permissions import EVERYBODY, WRITERS, SignedInRequest, allow
from leads.normalising import BadValue

NAMED = ("lead__company", "owner", "deal", "team")


@require_GET
@allow(EVERYBODY)
def follow_up_list(request: SignedInRequest) -> HttpResponse:
    """Follow-ups by when they are due; the user's own, all that he sees, or those done."""
    view = request.GET.get("view", "")
    rows = of_view(request, view).select_related(*NAMED)[: agenda.SHOWN + 1]
    shown = list(rows)
    context = {
        "view": view,
        "tabs": tabs(request, view),
        "groups": [] if view == "done" else agenda.grouped(shown[: agenda.SHOWN]),
        "done": shown[: agenda.SHOWN] if view == "done" else [],
        "cut": len(shown) > agenda.SHOWN,
        "may_write": request.user.role in WRITERS,
        "snoozes": SNOOZES,
    }
    partial = wants_partial(request)
    return render(request, f"activities/{'_list' if partial else 'list'}.html", context)


def of_view(request: SignedInRequest, view: str) -> FollowUpQuerySet:
    rows = FollowUp.objects.visible_to(request.user)
    if view == "done":
        return rows.filter(owner=request.user, done_at__isnull=False).order_by("-done_at", "-pk")
    open_ = rows.open().order_by("due_at", "pk")
    return open_ if view == "all" else open_.filter(owner=request.user)


def tabs(request: SignedInRequest, view: str) -> list[Tab]:
    path = reverse("activities:list")
    found = [Tab("Mine", path, view not in ("all", "done", "calendar"))]
    if request.user.scope != Scope.OWN:
        found.append(Tab("Everybody's", f"{path}?view=all", view == "all"))
    calendar = reverse("activities:calendar")
    return [
        *found,
        Tab("Done", f"{path}?view=done", view == "done"),
        Tab("Calendar", calendar, view == "calendar", icon="calendar"),
    ]


def visible(request: SignedInRequest, pk: int) -> FollowUp:
    rows = FollowUp.objects.visible_to(request.user).select_related(*NAMED)
    return get_object_or_404(rows, pk=pk)


@require_POST
@allow(WRITERS)
def complete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Done; in its place the question what comes next."""
    follow_up = visible(request, pk)
    services.complete_follow_up(follow_up)
    undo = reverse("activities:reopen", args=[follow_up.pk])
    toast(request, f"Done: {follow_up.title}", undo_url=undo)
    if not wants_partial(request):
        return redirect("activities:list")
    context = {"follow_up": follow_up, "form": NextStepForm()}
    response = render(request, "activities/_completed.html", context)
    return trigger_client_event(response, LOGGED)


@require_POST
@allow(WRITERS)
def plan_next(request: SignedInRequest, pk: int) -> HttpResponse:
    """The answer to “what comes next?” after a completed follow-up."""
    follow_up = visible(request, pk)
    form = NextStepForm(request.POST)
    if not form.is_valid():
        context = {"follow_up": follow_up, "form": form}
        return refused(request, "activities/_completed.html", context)
    if step := form.next_step():
        owner = follow_up.owner or request.user
        services.plan_follow_up(follow_up.lead, step, owner=owner, deal=follow_up.deal)
        toast(request, "Next step planned")
    if not wants_partial(request):
        return redirect("activities:list")
    return trigger_client_event(HttpResponse(""), PLANNED)


@require_POST
@allow(WRITERS)
def reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a completion back."""
    follow_up = visible(request, pk)
    services.reopen_follow_up(follow_up)
    if wants_partial(request):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    toast(request, f"Open again: {follow_up.title}")
    return redirect("activities:list")


@require_POST
@allow(WRITERS)
def snooze(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a follow-up off by one, three or seven days."""
    follow_up = visible(request, pk)
    asked = request.POST.get("days", "1")
    days = int(asked) if asked in map(str, SNOOZES) else 1
    services.snooze(follow_up, days)
    toast(request, f"Put off: {follow_up.title}")
    if not wants_partial(request):
        return redirect("activities:list")
    context = {"follow_up": follow_up, "snoozes": SNOOZES, "may_write": True}
    return render(request, "activities/_follow_up.html", context)


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change what is to be done, and when."""
    follow_up = visible(request, pk)
    data = request.POST if request.method == "POST" else None
    form = FollowUpForm(data, initial=FollowUpForm.of(follow_up))
    partial = wants_partial(request)
    template = f"activities/{'_follow_up_form' if partial else 'follow_up_form'}.html"
    context = {"form": form, "title": "Edit follow-up", "about": follow_up.lead}
    if request.method == "GET":
        return render(request, template, context)
    if not form.is_valid() or not saved(form, follow_up):
        return refused(request, template, context)
    toast(request, "Follow-up saved")
    return done(request, reverse("activities:list"), event=PLANNED)


def saved(form: FollowUpForm, follow_up: FollowUp) -> bool:
    if not form.check_guest(follow_up.lead):
        return False
    try:
        services.edit_follow_up(follow_up, form.step())
    except BadValue as error:
        form.add_error("title", str(error))
        return False
    return True


class NewFollowUpForm(LeadPick, FollowUpForm):
    """A follow-up from anywhere: for whom, what, and when."""

    field_order = ["lead", "kind", "title", "due_at", "all_day"]


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def create(request: SignedInRequest) -> HttpResponse:
    """Plan a follow-up for a lead that is chosen by typing."""
    data = request.POST if request.method == "POST" else None
    initial = {"lead": request.GET.get("lead", ""), **on_day(request.GET.get("on", ""))}
    form = NewFollowUpForm(data, initial=initial, user=request.user)
    partial = wants_partial(request)
    template = f"activities/{'_follow_up_form' if partial else 'follow_up_form'}.html"
    context = {"form": form, "title": "New follow-up"}
    if request.method == "GET":
        return render(request, template, context)
    if not form.is_valid() or not planned(request, form.cleaned_data["lead"], form):
        return refused(request, template, context)
    toast(request, "Follow-up planned")
    return done(request, reverse("activities:list"), event=PLANNED)


def on_day(word: str) -> dict[str, Any]:
    """Return the beginning of a follow-up on the day that the address names: at nine."""
    day = parameters.day(word)
    return {"due_at": make_aware(datetime.combine(day, time(9)))} if day else {}


@require_POST
@allow(WRITERS)
def call_off(request: SignedInRequest, pk: int) -> HttpResponse:
    """It will not happen: take it away, and tell who was invited."""
    follow_up = visible(request, pk)
    if services.call_off(follow_up):
        toast(request, f"Called off: {follow_up.title}")
    return done(request, reverse("activities:list"), event=PLANNED)


@require_POST
@allow(WRITERS)
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a follow-up on another day; the calendar's drag, and a form without it."""
    follow_up = visible(request, pk)
    day = parameters.day(request.POST.get("day", ""))
    if day is None:
        return HttpResponseBadRequest("day")
    if services.move_follow_up(follow_up, day):
        toast(request, f"{follow_up.title}: {formats.day(day)}")
    return done(request, reverse("activities:calendar"), event=PLANNED)
