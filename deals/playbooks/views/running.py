"""The playbook of a lead or deal: how far it is, starting, pausing and stopping it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals.models import Deal
from deals.playbooks import running
from deals.playbooks.forms import StartForm, offered
from deals.playbooks.models import Playbook, PlaybookRun
from deals.services import LEADS_TO_DEAL
from leads.models import Lead

CHANGED = "playbook-changed"
PAST = 3


@allow(EVERYBODY)
@require_GET
def lead_panel(request: SignedInRequest, pk: int) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    may_start = lead.stage in LEADS_TO_DEAL
    runs = PlaybookRun.objects.filter(lead=lead, deal=None)
    return panel(request, runs, reverse("playbooks:lead-start", args=[pk]) if may_start else "")


@allow(EVERYBODY)
@require_GET
def deal_panel(request: SignedInRequest, pk: int) -> HttpResponse:
    deal = get_object_or_404(Deal.objects.visible_to(request.user), pk=pk)
    runs = PlaybookRun.objects.filter(deal=deal)
    return panel(request, runs, reverse("playbooks:deal-start", args=[pk]) if deal.is_open else "")


def panel(request: SignedInRequest, runs: Any, start_url: str) -> HttpResponse:
    """Answer with the run that is going, its steps, and the last ones that are over."""
    found = list(runs.select_related("playbook", "follow_up", "lead", "deal__stage")[: PAST + 1])
    going = next((run for run in found if run.is_going), None)
    sells = request.user.role in SALES
    context = {
        "run": going,
        "steps": steps_of(going) if going else [],
        "past": [run for run in found if run is not going][:PAST],
        "may_run": sells,
        "start_url": start_url if sells and not going else "",
        "again": request.path,
    }
    return render(request, "playbooks/_panel.html", context)


def steps_of(run: PlaybookRun) -> list[dict[str, Any]]:
    """Return the steps of a run, each done, current or next; the current one with its day."""
    states = ["done" if i < run.step else "current" if i == run.step else "next"
              for i in range(len(run.steps))]  # fmt: skip
    return [
        {**step, "state": state, "due_at": run.follow_up and run.follow_up.due_at}
        for step, state in zip(run.steps, states, strict=True)
    ]


@allow(SALES)
@require_http_methods(["GET", "POST"])
def lead_start(request: SignedInRequest, pk: int) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user).select_related("owner"), pk=pk)
    return start(request, lead, None, Playbook.Use.LEADS)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def deal_start(request: SignedInRequest, pk: int) -> HttpResponse:
    deals = Deal.objects.visible_to(request.user).select_related("lead", "owner", "stage")
    deal = get_object_or_404(deals, pk=pk)
    return start(request, deal.lead, deal, Playbook.Use.DEALS)


def start(
    request: SignedInRequest, lead: Lead, deal: Deal | None, use: Playbook.Use
) -> HttpResponse:
    form = StartForm(request.POST or None, offered=offered(use))
    back = deal.get_absolute_url() if deal else lead.get_absolute_url()
    if request.method == "POST" and form.is_valid():
        try:
            run = running.start(form.cleaned_data["playbook"], lead, actor=request.user, deal=deal)
        except running.NotStarted as fault:
            form.add_error(None, str(fault))
        else:
            undo = reverse("playbooks:act", args=[run.pk, "stop"])
            toast(request, f"“{run.playbook}” started", undo_url=undo)
            return done(request, back, event=CHANGED)
    context = {"form": form, "back": back, "what": deal or lead}
    name = "playbooks/_start.html" if wants_partial(request) else "playbooks/start.html"
    return refused(request, name, context) if form.is_bound else render(request, name, context)


@allow(SALES)
@require_POST
def act(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """Pause, resume or stop a run, or take a stop back."""
    runs = PlaybookRun.objects.visible_to(request.user)
    run = get_object_or_404(runs.select_related("playbook", "lead", "deal"), pk=pk)
    acts = {
        "pause": (running.pause, "paused"),
        "resume": (running.resume, "goes on"),
        "again": (running.take_up_again, "goes on"),
    }
    undo = ""
    if what == "stop":
        did, said = running.stop(run, actor=request.user), "stopped"
        undo = reverse("playbooks:act", args=[pk, "again"])
    elif what in acts:
        service, said = acts[what]
        did = service(run)
    else:
        raise Http404
    if did:
        toast(request, f"“{run.playbook}” {said}", undo_url=undo)
    else:
        toast(request, f"“{run.playbook}” has moved on meanwhile.", level="warning")
    back = run.deal.get_absolute_url() if run.deal else run.lead.get_absolute_url()
    return done(request, back, event=CHANGED)
