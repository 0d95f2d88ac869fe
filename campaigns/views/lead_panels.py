"""Marketing's panels on the record of a lead: its score, its touches, sending it to sales."""

from datetime import date, datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import scoring
from campaigns.forms import QualifyForm
from campaigns.history import ICONS
from campaigns.models import Touch
from campaigns.services.explaining import explain_lead, explain_past
from campaigns.services.qualifying import OFFERABLE, NotQualifiable, qualify_by_hand
from campaigns.views.common import show_form
from crm.common import parameters
from crm.common.htmx import done, toast
from crm.common.periods import midnight
from crm.funnel.ledger import LeadMoved
from crm.funnel.models import MqlDefinition
from crm.stages import MoveNotAllowed
from crm.users.models import User
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow
from leads.models import Lead

TOUCHES = 6


@allow(EVERYBODY)
@require_GET
def lead_score(request: SignedInRequest, pk: int) -> HttpResponse:
    """Why the lead has its score: “72 = fit 40 + engagement 32”, line by line; now or on a day."""
    leads = Lead.objects.visible_to(request.user).select_related("company", "channel")
    lead = get_object_or_404(leads, pk=pk)
    on = past_day(request.GET.get("on", ""), request.user)
    lines = explain_past(lead, on[1]) if on else explain_lead(lead)
    lead.score = scoring.score(lines)
    definition = MqlDefinition.current()
    context = {
        "lead": lead,
        "on": on[0] if on else None,
        "lines": lines,
        "sums": scoring.subtotals(lines),
        "definition": definition,
        "short": max(0, definition.threshold - lead.score),
        "missing": definition.missing(lead) if lead.stage in OFFERABLE else [],
        "may_send": lead.stage in OFFERABLE and request.user.role in MARKETING,
    }
    return render(request, "campaigns/_lead_score.html", context)


def past_day(text: str, user: User) -> tuple[date, datetime] | None:
    """Return a day before today and its last moment, in the user's zone; None for anything else."""
    day = parameters.day(text)
    end = midnight(day + timedelta(days=1), user.zone) if day else None
    return (day, end) if day and end and end <= now() else None


@allow(EVERYBODY)
@require_GET
def lead_touches(request: SignedInRequest, pk: int) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    touches = list(lead.touches.select_related("campaign")[: TOUCHES + 1])
    shown = [(touch, ICONS.get(Touch.Kind(touch.kind), "point")) for touch in touches[:TOUCHES]]
    context = {
        "lead": lead,
        "touches": shown,
        "more": len(touches) > TOUCHES,
        "may_log": request.user.role in MARKETING,
    }
    return render(request, "campaigns/_lead_touches.html", context)


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def lead_qualify(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a lead to sales by hand, with a reason."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    form = QualifyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            qualify_by_hand(lead, actor=request.user, note=form.cleaned_data["note"])
        except (NotQualifiable, LeadMoved, MoveNotAllowed) as fault:
            form.add_error(None, str(fault))
        else:
            toast(request, f"{lead} sent to sales")
            return done(request, lead.get_absolute_url(), event="lead-changed")
    context = {"form": form, "lead": lead, "missing": MqlDefinition.current().missing(lead)}
    return show_form(
        request,
        "campaigns/_lead_qualify.html",
        context,
        title=f"Send {lead} to sales",
        back=lead.get_absolute_url(),
        back_label=str(lead),
    )
