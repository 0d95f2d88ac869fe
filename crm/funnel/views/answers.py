"""Answering a handoff: accept, reject, recycle, take the answer back, give it to another rep."""

import json

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from crm.audit.acting import Door, acting
from crm.common import parameters
from crm.common.htmx import toast, wants_partial
from crm.funnel import handoffs, routing
from crm.funnel.forms import AnswerForm, ReassignForm, RecycleForm, RejectForm
from crm.funnel.ledger import LeadMoved
from crm.funnel.models import Handoff
from crm.funnel.views.respond import CHANGED, changed, form_page, from_row, posted, told, with_row
from crm.stages import MoveNotAllowed
from crm.users.permissions import MANAGERS, SALES, SignedInRequest, allow

TOO_LATE = (handoffs.AlreadyAnswered, MoveNotAllowed, LeadMoved)
BACK = "handoff-back"
"""The event at which the queue loads again: a row has come back into it."""


def find(request: SignedInRequest, pk: int) -> Handoff:
    """Return a handoff that the user sees, or one that a teammate took before him."""
    known = Handoff.objects.known_to(request.user)
    return get_object_or_404(known.select_related("lead", "rep", "team", "answered_by"), pk=pk)


@allow(SALES)
@require_POST
def accept(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the lead with one click. Who comes second is told who was first."""
    handoff = find(request, pk)
    try:
        handoffs.accept(handoff, actor=request.user)
    except TOO_LATE as error:
        return too_late(request, handoff, error)
    if wants_partial(request):
        response = render(request, "funnel/_accepted.html", {"handoff": handoff})
        response["HX-Trigger"] = json.dumps(CHANGED)
        return response
    toast(request, f"{handoff.lead} is yours")
    return redirect(handoff.lead)


def too_late(request: SignedInRequest, handoff: Handoff, error: Exception) -> HttpResponse:
    """Say what happened first; the row goes."""
    handoff.refresh_from_db()
    if handoff.outcome == Handoff.Outcome.ACCEPTED:
        words = f"Taken by {handoff.answered_by}"
    elif handoff.is_waiting:
        words = f"{handoff.lead} has moved: it is {handoff.lead.get_stage_display()} now"
    else:
        words = str(error)
    toast(request, words, level="warning")
    if wants_partial(request):
        return with_row(request, handoff)
    return redirect("funnel:queue")


@allow(SALES)
@require_http_methods(["GET", "POST"])
def reject(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give the lead back: it is not right. The reason decides where it goes."""
    return give_back(request, pk, RejectForm, "Reject")


@allow(SALES)
@require_http_methods(["GET", "POST"])
def recycle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give the lead back to nurture: right, but not now."""
    return give_back(request, pk, RecycleForm, "Recycle")


def give_back(
    request: SignedInRequest, pk: int, form_type: type[AnswerForm], verb: str
) -> HttpResponse:
    handoff = find(request, pk)
    form = form_type(posted(request), lead=handoff.lead, user=request.user)
    context = {"handoff": handoff, "form": form, "verb": verb, "title": f"{verb} {handoff.lead}"}
    if request.method == "GET" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return form_page(request, "funnel/_answer_form.html", context, status=status)
    service = handoffs.recycle if verb == "Recycle" else handoffs.reject
    try:
        service(handoff, actor=request.user, **form.cleaned_data)
    except TOO_LATE as error:
        return too_late(request, handoff, error)
    undo = reverse("funnel:take-back", args=[handoff.pk])
    toast(request, f"{handoff.lead}: {handoff.get_outcome_display().lower()}", undo_url=undo)
    if from_row(request):
        return with_row(request, handoff)
    return changed(request, handoff.lead)


@allow(SALES)
@require_POST
def take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a rejection or a recycling: the handoff waits again."""
    handoff = get_object_or_404(
        Handoff.objects.visible_to(request.user).select_related("lead"), pk=pk
    )
    try:
        handoffs.take_back_answer(handoff, actor=request.user)
        toast(request, f"{handoff.lead} waits for an answer again")
    except TOO_LATE:
        toast(request, f"{handoff.lead} has moved on; this cannot be undone", level="warning")
    if not wants_partial(request):
        return redirect("funnel:queue")
    return told(BACK)


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def reassign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a waiting handoff to another rep; the attempt stays, the clock starts anew."""
    handoff = get_object_or_404(
        Handoff.objects.visible_to(request.user).select_related("lead", "rep", "team"), pk=pk
    )
    form = ReassignForm(posted(request))
    context = {"title": f"Give {handoff.lead} to", "form": form, "ids": []}
    if request.method == "GET" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return form_page(request, "funnel/_reassign_form.html", context, status=status)
    rep = form.cleaned_data["rep"]
    try:
        routing.reassign(handoff, rep, actor=request.user)
    except TOO_LATE as error:
        return too_late(request, handoff, error)
    toast(request, f"{handoff.lead} now waits for {rep}")
    return changed(request, handoff.lead, event=BACK)


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
@acting(door=Door.BULK)
def reassign_bulk(request: SignedInRequest) -> HttpResponse:
    """Give the chosen waiting handoffs to one rep."""
    asked = request.POST if request.method == "POST" else request.GET
    ids = parameters.keys(asked.getlist("ids"))
    form = ReassignForm(request.POST if "rep" in request.POST else None)
    title = f"Give {len(ids)} leads to" if len(ids) != 1 else "Give 1 lead to"
    context = {"title": title, "form": form, "ids": ids}
    if request.method == "GET" or not form.is_valid():
        status = 422 if "rep" in request.POST else 200
        return form_page(request, "funnel/_reassign_form.html", context, status=status)
    rep, given = form.cleaned_data["rep"], 0
    rows = Handoff.objects.visible_to(request.user).waiting().filter(pk__in=ids)
    for handoff in rows.select_related("lead__company", "rep", "team"):
        try:
            routing.reassign(handoff, rep, actor=request.user)
        except TOO_LATE:
            continue
        given += 1
    toast(request, f"{given} of {len(ids)} now wait for {rep}")
    if not wants_partial(request):
        return redirect("funnel:queue")
    return told(BACK)
