"""What the record of a lead or deal shows of activities: the composer and the timeline."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from crm.activities import services, timeline
from crm.activities.correcting import changeable_on
from crm.activities.forms import FollowUpForm, LeadPick, LogForm
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NotLogged
from crm.activities.timeline import Cursor
from crm.common.htmx import done, refused, toast, wants_partial
from crm.common.parts import Tab
from crm.users.permissions import EVERYBODY, WRITERS, SignedInRequest, allow
from leads.models import Lead
from leads.normalising import BadValue

LOGGED = "activity-logged"
"""The browser's event at which timelines load again."""

PLANNED = "follow-up-planned"
"""The browser's event at which lists of what comes next load again."""

SNOOZES = {1: "Tomorrow", 3: "In 3 days", 7: "In a week"}
NEXT_SHOWN = 20

COMPOSED = {
    Activity.Kind.NOTE: "n",
    Activity.Kind.CALL: "l",
    Activity.Kind.EMAIL: "",
    Activity.Kind.MEETING: "",
    Activity.Kind.DEMO: "",
    Activity.Kind.NEGOTIATION: "",
}
"""The kinds in the order of the composer's tabs, each with its key."""


def visible(request: SignedInRequest, pk: int) -> Lead:
    leads = Lead.objects.visible_to(request.user).select_related("company", "team")
    return get_object_or_404(leads, pk=pk)


def deal_of(request: SignedInRequest, lead: Lead) -> Any:
    """Return the lead's deal that the request is about, None if it names none."""
    asked = request.GET.get("deal") or request.POST.get("deal") or ""
    if not asked.isdecimal():
        return None
    return get_object_or_404(lead.deals.visible_to(request.user), pk=asked[:18])


@require_GET
@allow(EVERYBODY)
def lead_panel(request: SignedInRequest, pk: int) -> HttpResponse:
    """The middle of the record: composer, what is next, timeline; a deal shows its own timeline."""
    lead = visible(request, pk)
    context = {
        **composer_context(request, lead, Activity.Kind.NOTE),
        **next_context(request, lead),
    }
    if context["deal"] is None:
        context |= timeline_context(request, lead)
    return render(request, "activities/_lead_panel.html", context)


@require_GET
@allow(EVERYBODY)
def lead_next(request: SignedInRequest, pk: int) -> HttpResponse:
    """The open follow-ups of a lead, or of the one deal that the address names."""
    context = next_context(request, visible(request, pk))
    return render(request, "activities/_lead_next.html", context)


def next_context(request: SignedInRequest, lead: Lead) -> dict[str, Any]:
    rows = FollowUp.objects.visible_to(request.user).open().filter(lead=lead)
    deal = deal_of(request, lead)
    if deal is not None:
        rows = rows.filter(deal=deal)
    return {
        "lead": lead,
        "deal": deal,
        "follow_ups": rows.select_related("owner", "lead", "deal")[:NEXT_SHOWN],
        "may_write": request.user.role in WRITERS,
        "snoozes": SNOOZES,
    }


@require_GET
@allow(EVERYBODY)
def lead_timeline(request: SignedInRequest, pk: int) -> HttpResponse:
    """The timeline, or its next part where the address says `before`."""
    context = timeline_context(request, visible(request, pk))
    part = "items" if "before" in request.GET else "list"
    return render(request, f"activities/_timeline_{part}.html", context)


def timeline_context(request: SignedInRequest, lead: Lead) -> dict[str, Any]:
    type_ = request.GET.get("type", "")
    cursor = Cursor.read(request.GET.get("before", ""))
    page = timeline.read_page(lead, type=type_, cursor=cursor)
    path = reverse("activities:lead-timeline", args=[lead.pk])
    tabs = [Tab("All", path, type_ not in timeline.TYPES)]
    tabs += [Tab(label, f"{path}?type={t}", t == type_) for t, label in timeline.TYPES.items()]
    more = urlencode({"type": type_, "before": str(page.next)}) if page.next else ""
    return {
        "lead": lead,
        "page": page,
        "types": tabs,
        "more": more and f"{path}?{more}",
        "changeable": changeable_on(page, request.user),
    }


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def log(request: SignedInRequest, pk: int, kind: str = Activity.Kind.NOTE) -> HttpResponse:
    """The composer for one kind: GET shows it, POST logs the activity and plans the next step."""
    lead, chosen = visible(request, pk), kind_of(kind)
    context = composer_context(request, lead, chosen)
    template = composer_template(request)
    if request.method == "GET":
        return render(request, template, {**context, "wants_focus": True})
    form = context["form"]
    activity = logged(request, lead, form) if form.is_valid() else None
    if activity is None:
        return refused(request, template, context)
    undo = reverse("activities:remove", args=[activity.pk])
    toast(request, f"{chosen.label} logged", undo_url=undo)
    if template != COMPOSER:
        return trigger_client_event(done(request, about_url(context), event=LOGGED), PLANNED)
    fresh = composer_context(request, lead, chosen, LogForm(chosen))
    response = render(request, template, {**fresh, "wants_focus": True})
    return trigger_client_event(trigger_client_event(response, LOGGED), PLANNED)


COMPOSER, DIALOG, PAGE = (f"activities/{name}.html" for name in ("_composer", "_log_dialog", "log"))
PLANS = {
    COMPOSER: "activities/_plan.html",
    DIALOG: "activities/_follow_up_form.html",
    PAGE: "activities/plan.html",
}
"""For each form that the composer takes, the same for a follow-up."""


def composer_template(request: SignedInRequest) -> str:
    """Return what the answer is to be: the composer of a record, the dialog, or a page."""
    if not wants_partial(request):
        return PAGE
    in_dialog = request.headers.get("HX-Target") in ("dialog", "dialog-form")
    return DIALOG if in_dialog else COMPOSER


def about_url(context: dict[str, Any]) -> str:
    """Return where the record is that the composer belongs to: the deal, else the lead."""
    return str((context["deal"] or context["lead"]).get_absolute_url())


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """The composer's last tab: a follow-up for this lead, or for the deal the address names."""
    lead = visible(request, pk)
    form = FollowUpForm(request.POST if request.method == "POST" else None, auto_id="plan_%s")
    context = {**composer_context(request, lead, None), "form": form}
    context |= {"title": "Plan the next step", "about": context["deal"] or lead}
    template = PLANS[composer_template(request)]
    if request.method == "GET":
        return render(request, template, context)
    if not form.is_valid() or not planned(request, lead, form, context["deal"]):
        return refused(request, template, context)
    toast(request, "Follow-up planned")
    if template != PLANS[COMPOSER]:
        return done(request, about_url(context), event=PLANNED)
    context["form"] = FollowUpForm(auto_id="plan_%s")
    return trigger_client_event(render(request, template, context), PLANNED)


def planned(request: SignedInRequest, lead: Lead, form: FollowUpForm, deal: Any = None) -> bool:
    """Plan what the form holds; False with its errors if it cannot be."""
    if not form.check_guest(lead):
        return False
    try:
        services.plan_follow_up(lead, form.step(), owner=request.user, deal=deal)
    except BadValue as error:
        form.add_error("title", str(error))
        return False
    return True


def kind_of(word: str) -> Activity.Kind:
    return Activity.Kind(word) if word in Activity.Kind.values else Activity.Kind.NOTE


def composer_context(
    request: SignedInRequest,
    lead: Lead,
    kind: Activity.Kind | None,
    form: LogForm | None = None,
) -> dict[str, Any]:
    """Return what the composer needs. kind: None is a follow-up, whose form is another."""
    deal = deal_of(request, lead)
    about = f"?deal={deal.pk}" if deal else ""
    plan_url = reverse("activities:plan", args=[lead.pk]) + about
    urls = {k: reverse("activities:log", args=[lead.pk, k.value]) + about for k in COMPOSED}
    kinds = [(k.label, urls[k], COMPOSED[k], k == kind) for k in COMPOSED]
    kinds.append(("Follow-up", plan_url, "", kind is None))
    if form is None and kind:
        data = request.POST if request.method == "POST" else None
        form = LogForm(kind, data, initial=given(request))
    return {
        "lead": lead,
        "deal": deal,
        "kind": kind,
        "kinds": kinds,
        "form": form,
        "action": urls[kind] if kind else plan_url,
    }


def given(request: SignedInRequest) -> dict[str, Any]:
    """Return what the address fills in: what was typed so far, how long the call was."""
    minutes = request.GET.get("minutes", "")
    return {
        "text": request.GET.get("text", "")[:5000],
        "minutes": int(minutes) if minutes.isdecimal() and len(minutes) < 4 else None,
    }


def logged(request: SignedInRequest, lead: Lead, form: LogForm) -> Activity | None:
    """Log what the form holds; None with its errors if it cannot have been."""
    deal = deal_of(request, lead)
    try:
        return services.log_activity(
            lead, form.kind, actor=request.user, deal=deal, typed=True, **form.values()
        )
    except (NotLogged, BadValue) as error:
        form.add_error("text", str(error))
        return None


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def create(request: SignedInRequest) -> HttpResponse:
    """From anywhere: choose the lead, then log what happened."""
    form = LeadPick(request.POST if request.method == "POST" else None, user=request.user)
    template = "activities/_pick.html" if wants_partial(request) else "activities/pick.html"
    if request.method == "POST" and form.is_valid():
        url = reverse("activities:log", args=[form.cleaned_data["lead"].pk, Activity.Kind.CALL])
        if wants_partial(request):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)
    context = {"form": form, "title": "Log an activity"}
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
@allow(WRITERS)
def lead_options(request: SignedInRequest) -> HttpResponse:
    """Leads whose name or address holds what is typed, as suggestions."""
    text = request.GET.get("lead", "").strip()
    found = Lead.objects.visible_to(request.user).search(text).select_related("company")
    leads = found.order_by("-score", "-pk")[:12] if text else []
    return render(request, "activities/_lead_options.html", {"leads": leads})
