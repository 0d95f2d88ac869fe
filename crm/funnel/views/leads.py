"""What the record of a lead shows and offers of the funnel: panels and moves."""

from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import toast
from crm.common.parts import Step, stage_steps
from crm.funnel import verdicts
from crm.funnel.forms import AnswerForm, DisqualifyForm, RecycleForm
from crm.funnel.ledger import LeadMoved
from crm.funnel.models import Handoff, StageEntry, StageTransition
from crm.funnel.queue import with_history
from crm.funnel.views.queue import rights
from crm.funnel.views.respond import changed, form_page, posted
from crm.stages import MOVES, MoveNotAllowed, Stage
from crm.users.permissions import EVERYBODY, MARKETING, SALES, WRITERS, SignedInRequest, allow
from leads.models import Lead
from leads.writing import may_move

DEALABLE = {Stage.SAL, Stage.SQL, Stage.LOST, Stage.CUSTOMER}
"""Stages from which a deal may be opened."""
NOT_POSSIBLE = (MoveNotAllowed, LeadMoved, verdicts.NotPossible)


VERDICT_PARTS = [
    f"verdicts__{part}" for part in ("reason", "by", "duplicate_of", "disputed_by", "ruled_by")
]


def find(request: SignedInRequest, pk: int) -> Lead:
    return get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)


@allow(EVERYBODY)
@require_GET
def lead_handoffs(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show every attempt to hand the lead over: evidence, routing, answer, dispute."""
    lead = find(request, pk)
    attempts = lead.handoffs.select_related("definition", "opened_by", "rep", "team")
    rows = list(attempts.prefetch_related(*VERDICT_PARTS))
    rows.sort(key=lambda row: -row.attempt)
    context = {"lead": lead, "handoffs": rows, **rights(request)}
    return render(request, "funnel/_lead_handoffs.html", context)


@allow(EVERYBODY)
@require_GET
def lead_stepper(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the lead's way through the funnel, with dates and who moved it."""
    lead = find(request, pk)
    return render(request, "funnel/_lead_stepper.html", {"lead": lead, "steps": steps(lead)})


def steps(lead: Lead) -> list[Step]:
    """Return the steps of the lead's path, each with the name of who took it there."""
    entries = StageEntry.objects.filter(lead=lead).select_related("transition__actor")
    found = {entry.stage: entry for entry in entries}
    entered = {stage: entry.at for stage, entry in found.items()}
    entered[lead.stage] = lead.stage_since
    movers = {
        Stage(stage).label: entry.transition.actor.name
        for stage, entry in found.items()
        if entry.transition.actor and not entry.implied
    }
    return [
        replace(step, owner=movers.get(step.label, step.owner)) if step.at else step
        for step in stage_steps(lead.stage, entered)
    ]


@allow(EVERYBODY)
@require_GET
def lead_actions(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer what may be done next with the lead, the likeliest first."""
    lead = find(request, pk)
    waiting = Handoff.objects.visible_to(request.user).waiting().filter(lead=lead).first()
    if waiting:
        with_history([waiting])
    sells = request.user.role in SALES
    context = {
        "lead": lead,
        "handoff": waiting,
        "may_qualify": sells and lead.stage == Stage.SAL,
        "may_convert": sells and lead.stage in DEALABLE,
        "may_offer": request.user.role in MARKETING and Stage.MQL in MOVES[Stage(lead.stage)],
        "may_recycle": sells and lead.stage in verdicts.HELD,
        "may_disqualify": may_disqualify(request, lead) and not waiting,
        **rights(request),
    }
    return render(request, "funnel/_lead_actions.html", context)


def may_disqualify(request: SignedInRequest, lead: Lead) -> bool:
    """Sales for the leads that it has, both teams for those that marketing nurtures."""
    stage = Stage(lead.stage)
    if Stage.DISQUALIFIED not in MOVES[stage] or stage == Stage.OPPORTUNITY:
        return False
    return may_move(request.user, stage, Stage.DISQUALIFIED)


@allow(SALES)
@require_POST
def qualify(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm the need: SAL → SQL."""
    lead = find(request, pk)
    try:
        verdicts.qualify_lead(lead, actor=request.user)
        toast(request, f"{lead} is sales-qualified")
    except NOT_POSSIBLE as error:
        toast(request, str(error) or f"{lead} has moved meanwhile", level="warning")
    return changed(request, lead)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def recycle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a lead that sales worked back to marketing."""
    return leave(request, find(request, pk), RecycleForm, "Recycle")


@allow(WRITERS)
@require_http_methods(["GET", "POST"])
def disqualify(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a lead out of the funnel for good."""
    lead = find(request, pk)
    if request.user.role not in SALES and not may_disqualify(request, lead):
        raise PermissionDenied
    return leave(request, lead, DisqualifyForm, "Disqualify")


def leave(
    request: SignedInRequest, lead: Lead, form_type: type[AnswerForm], verb: str
) -> HttpResponse:
    """Ask for the reason and carry out the way out of the funnel that `verb` names."""
    form = form_type(posted(request), lead=lead, user=request.user)
    if request.method == "POST" and form.is_valid():
        service = verdicts.recycle_lead if verb == "Recycle" else verdicts.disqualify
        try:
            service(lead, actor=request.user, **form.cleaned_data)
        except NOT_POSSIBLE as error:
            form.add_error(None, str(error) or f"{lead} has moved meanwhile.")
        else:
            undo = reverse("funnel:take-back-lead", args=[lead.pk])
            toast(request, f"{lead}: {lead.get_stage_display().lower()}", undo_url=undo)
            return changed(request, lead)
    context = {"title": f"{verb} {lead}", "form": form, "verb": verb}
    status = 422 if request.method == "POST" else 200
    return form_page(request, "funnel/_leave_form.html", context, status=status)


@allow(WRITERS)
@require_POST
def take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo recycling or disqualifying. Who just did it may, though he sees the lead no more."""
    last = StageTransition.objects.filter(lead=pk).order_by("pk").last()
    mine = last is not None and last.actor_id == request.user.pk
    lead = get_object_or_404(Lead, pk=pk) if mine else find(request, pk)
    try:
        lead = verdicts.take_back_return(lead, actor=request.user)
        toast(request, f"{lead} is {lead.get_stage_display()} again")
    except NOT_POSSIBLE:
        toast(request, f"{lead} has moved on; this cannot be undone", level="warning")
    return changed(request, lead)
