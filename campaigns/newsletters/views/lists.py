"""The list of newsletters, and whom one of them reaches."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from campaigns.newsletters import audience, checklist
from campaigns.newsletters.contents import FIELDS
from campaigns.newsletters.models import Newsletter
from campaigns.newsletters.results import results_of
from campaigns.newsletters.views.common import found
from campaigns.segments.rules import RulesNotAccepted
from crm.common import keyset
from crm.common.parts import Tab
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow
from leads.models import LeadQuerySet

PAGE = 50
State = Newsletter.State
VIEWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("All", ()),
    "drafts": ("Drafts", (State.DRAFT,)),
    "scheduled": ("Scheduled", (State.SCHEDULED,)),
    "sending": ("On their way", (State.SENDING, State.PAUSED)),
    "sent": ("Sent", (State.SENT, State.CANCELLED)),
}
BY_KEY = keyset.Order("pk", int, descending=True)
BY_LEAD = keyset.Order("pk", int)


@allow(EVERYBODY)
@require_GET
def newsletter_list(request: SignedInRequest) -> HttpResponse:
    view = request.GET.get("view", "")
    label, states = VIEWS.get(view, VIEWS[""])
    newsletters = Newsletter.objects.visible_to(request.user).for_list()
    if states:
        newsletters = newsletters.filter(state__in=states)
    page = keyset.page(newsletters, BY_KEY, request.GET, size=PAGE)
    results = results_of(page.rows, request.user)
    context = {
        "rows": [{"newsletter": each, "results": results[each.pk]} for each in page.rows],
        "older": page.older(request.GET, request.path),
        "newer": page.newer(request.GET, request.path),
        "views": view_tabs(view),
        "view": label if states else "",
        "may_write": request.user.role in MARKETING,
    }
    return render(request, "newsletters/list.html", context)


def view_tabs(view: str) -> list[Tab]:
    path = reverse("newsletters:list")
    return [
        Tab(label, f"{path}?{urlencode({'view': key})}" if key else path, active=key == view)
        for key, (label, _) in VIEWS.items()
    ]


def reach(newsletter: Newsletter) -> dict[str, Any]:
    """Return how many a newsletter reaches, and how many it leaves out, with their lists."""
    path = reverse("newsletters:audience", args=[newsletter.pk])
    try:
        counted = audience.counted(newsletter)
    except RulesNotAccepted as error:
        return {"newsletter": newsletter, "reached": 0, "broken": str(error)}
    out = [
        {"label": label, "count": counted[why], "url": f"{path}?why={why}"}
        for why, label in audience.WHY.items()
        if counted.get(why)
    ]
    return {
        "newsletter": newsletter,
        "reached": counted.get("", 0),
        "reached_url": path,
        "left_out": out,
        "left_out_count": sum(each["count"] for each in out),
    }


@allow(MARKETING)
@require_GET
def audience_count(request: SignedInRequest, pk: int) -> HttpResponse:
    """How many a draft reaches and leaves out, for its row of the list."""
    return render(request, "newsletters/_reach.html", reach(found(request, pk)))


@allow(MARKETING)
@require_GET
def audience_list(request: SignedInRequest, pk: int) -> HttpResponse:
    newsletter = found(request, pk)
    reached = reach(newsletter)
    if reached.get("broken"):
        return redirect(newsletter.get_absolute_url())
    why = request.GET.get("why", "")
    why = why if why in audience.WHY else ""
    lacks = request.GET.get("lacks", "")
    lacks = lacks if lacks in FIELDS else ""
    leads = leads_of(newsletter, why, lacks)
    seen = leads.visible_to(request.user).select_related("company")
    page = keyset.page(seen, BY_LEAD, request.GET, size=PAGE)
    context = {
        **reached,
        "total": leads.count(),
        "seen": seen.count(),
        "page": page,
        "older": page.older(request.GET, request.path),
        "newer": page.newer(request.GET, request.path),
        "title": title_of(why, lacks),
        "tabs": audience_tabs(newsletter, why, lacks),
    }
    return render(request, "newsletters/audience.html", context)


def leads_of(newsletter: Newsletter, why: str, lacks: str) -> LeadQuerySet:
    """Return those left out for `why`; without one those reached, or those who lack `lacks`."""
    if lacks:
        return checklist.lacking(newsletter, lacks)
    return audience.left_out_for(audience.judged(newsletter), why)


def title_of(why: str, lacks: str) -> str:
    if lacks:
        return f"Readers without: {FIELDS[lacks].lower()}"
    return f"Left out: {audience.WHY[why].lower()}" if why else "Who gets it"


def audience_tabs(newsletter: Newsletter, why: str, lacks: str) -> list[Tab]:
    path = reverse("newsletters:audience", args=[newsletter.pk])
    counted = audience.counted(newsletter)
    tabs = [Tab("Gets it", path, active=not why and not lacks, count=counted.get("", 0))]
    tabs += [
        Tab(label, f"{path}?why={key}", active=key == why, count=counted[key])
        for key, label in audience.WHY.items()
        if counted.get(key)
    ]
    return tabs
