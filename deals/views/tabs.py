"""The tabs of a deal's record: what all of them share, and the deal's own three."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from crm.activities.correcting import changeable_on
from crm.activities.models import Activity
from crm.activities.timeline import Cursor
from crm.activities.timeline import read_page as read_lead
from crm.common.htmx import refused, toast, wants_partial
from crm.common.parts import Tab
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals import history, services, timeline
from deals.forms import NextStepForm
from deals.models import Deal
from deals.tabs import ACTIVITY, HISTORY, tabs_of
from deals.views.contacts import people
from deals.views.records import record, visible_deal
from leads.models import Lead

SHOWN_MOVES = 100


def show_tab(
    request: SignedInRequest,
    deal: Deal,
    key: str,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Answer with one tab of the record: the tab alone to htmx, else the whole page with it open.

    deal: from `visible_deal`
    key: as it was registered (deals.tabs)
    template, context: the tab's own part, which may use `deal`
    """
    context = {"deal": deal, "tabs": tabs_of(deal, key), "tab_part": template, **context}
    if wants_partial(request):
        answer = render(request, "deals/_tab.html", context, status=status)
    else:
        page = record(deal, request.user) | people(deal, request.user) | context
        answer = render(request, "deals/detail.html", page, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@allow(EVERYBODY)
@require_GET
def deal_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The record, its first tab open: what happened, and what is next."""
    deal = visible_deal(request, pk)
    context = timeline_context(request, deal)
    return show_tab(request, deal, ACTIVITY, "deals/_activity.html", context)


@allow(SALES)
@require_POST
def plan_next(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set the deal's next activity from the bar on top of its record."""
    deal = visible_deal(request, pk)
    form = NextStepForm(request.POST)
    step = form.step() if form.is_valid() else None
    if step is None:
        return refuse_step(request, deal, form)
    services.plan(deal, step)
    toast(request, f"{Activity.Kind(step.kind).label} planned")
    if not wants_partial(request):
        return redirect(deal)
    return render(request, "deals/_next.html", record(visible_deal(request, pk), request.user))


def refuse_step(request: SignedInRequest, deal: Deal, form: NextStepForm) -> HttpResponse:
    if not form.errors:
        form.add_error("kind", "Choose what comes next.")
    if wants_partial(request):
        context = record(deal, request.user) | {"step_form": form}
        return refused(request, "deals/_next.html", context)
    context = timeline_context(request, deal) | {"step_form": form}
    return show_tab(request, deal, ACTIVITY, "deals/_activity.html", context, status=422)


@allow(EVERYBODY)
@require_GET
def deal_timeline(request: SignedInRequest, pk: int) -> HttpResponse:
    """The deal's own timeline, or with `?of=lead` the lead's whole one; `?before=` goes on."""
    context = timeline_context(request, visible_deal(request, pk))
    part = "activities/_timeline_items.html" if "before" in request.GET else "deals/_timeline.html"
    return render(request, part, context)


def timeline_context(request: SignedInRequest, deal: Deal) -> dict[str, Any]:
    """Return a page of the timeline asked for. Who does not see the lead reads the deal's only."""
    sees_lead = Lead.objects.visible_to(request.user).filter(pk=deal.lead_id).exists()
    of_lead = request.GET.get("of") == "lead" and sees_lead
    cursor = Cursor.read(request.GET.get("before", ""))
    page = read_lead(deal.lead, cursor=cursor) if of_lead else timeline.read_page(deal, cursor)
    path = reverse("deals:timeline", args=[deal.pk])
    query = {"of": "lead"} if of_lead else {}
    more = urlencode({**query, "before": str(page.next)}) if page.next else ""
    tabs = [Tab("This deal", path, not of_lead), Tab("All of the lead", f"{path}?of=lead", of_lead)]
    return {
        "deal": deal,
        "page": page,
        "more": more and f"{path}?{more}",
        "changeable": changeable_on(page, request.user),
        "whose": tabs if sees_lead else [],
        "again": f"{path}?{urlencode(query)}",
        "sees_lead": sees_lead,
    }


@allow(EVERYBODY)
@require_GET
def deal_history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Every move and edit of the deal, latest first, with what was before."""
    deal = visible_deal(request, pk)
    moves = deal.moves.select_related("actor")[:SHOWN_MOVES]
    context = {"entries": history.entries(moves)}
    return show_tab(request, deal, HISTORY, "deals/_moves.html", context)
