"""The handoff queue and the record of one handoff."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from crm.common.htmx import wants_partial
from crm.common.parts import Tab
from crm.funnel.models import Handoff
from crm.funnel.queue import MOST_COUNTED, QueueFilter, counts, page, with_history
from crm.users.calendar import business_calendar
from crm.users.permissions import EVERYBODY, MANAGERS, MARKETING, SALES, SignedInRequest, allow


@allow(EVERYBODY)
@require_GET
@vary_on_headers("HX-Request")
def queue(request: SignedInRequest) -> HttpResponse:
    """Show what waits for sales, and what became of the rest."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in Handoff.Outcome.values else Handoff.Outcome.WAITING
    form = QueueFilter(request.GET, user=request.user)
    rows = form.narrow(Handoff.objects.visible_to(request.user))
    shown = page(rows, tab, request.GET.get("after", ""))
    context = {
        "form": form,
        "tab": tab,
        "tabs": tabs(request, tab, counts(request.user, rows)),
        "page": shown,
        "older": address(request, after=shown.older) if shown.older else "",
        "again": address(request, tab=tab, focus="1"),
        "newer": address(request) if request.GET.get("after") else "",
        **rights(request),
    }
    return render(request, f"funnel/{'_rows' if wants_partial(request) else 'queue'}.html", context)


def rights(request: SignedInRequest) -> dict[str, bool]:
    """Return what the user may do with the rows he sees."""
    role = request.user.role
    return {
        "may_answer": role in SALES,
        "may_reassign": role in MANAGERS,
        "may_dispute": role in MARKETING,
        "may_rule": role in MANAGERS,
    }


def tabs(request: SignedInRequest, active: str, counted: dict[str, int]) -> list[Tab]:
    """Return the tabs with their counts, each keeping the filters."""
    return [
        Tab(
            label=label if counted[value] < MOST_COUNTED else f"{label} ({MOST_COUNTED:,}+)",
            url=address(request, tab=value),
            active=value == active,
            count=counted[value] if counted[value] < MOST_COUNTED else None,
        )
        for value, label in Handoff.Outcome.choices
    ]


def address(request: SignedInRequest, **values: str) -> str:
    """Return the queue's address with the present filters and `values`, at its first page."""
    query = request.GET.copy()
    for passing in ("after", "focus"):
        query.pop(passing, None)
    for name, value in values.items():
        query[name] = value
    return f"{reverse('funnel:queue')}?{query.urlencode()}"


@allow(EVERYBODY)
@require_GET
def queue_count(request: SignedInRequest) -> HttpResponse:
    """Answer how many handoffs wait, for the menu; asked again every minute."""
    rows = Handoff.objects.visible_to(request.user).waiting().order_by()
    return render(request, "funnel/_count.html", {"count": rows[:MOST_COUNTED].count()})


@allow(EVERYBODY)
@require_GET
def handoff_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one handoff: the frozen evidence, how it was routed and answered, and when."""
    rows = Handoff.objects.visible_to(request.user).for_queue("rep", "team", "answered_by")
    handoff = get_object_or_404(rows.select_related("definition", "opened_by"), pk=pk)
    with_history([handoff])
    context = {
        "handoff": handoff,
        "verdicts": handoff.verdicts.standing().select_related(
            "reason", "by", "disputed_by", "ruled_by"
        ),
        "rep_seconds": seconds(handoff.rep_minutes(business_calendar())),
        "lead_is_seen": type(handoff.lead)
        .objects.visible_to(request.user)
        .filter(pk=handoff.lead_id)
        .exists(),
        **rights(request),
    }
    return render(request, "funnel/detail.html", context)


def seconds(minutes: float | None) -> float | None:
    return None if minutes is None else minutes * 60
