"""The inbox of what sales said of marketing's leads."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from campaigns.filters import FeedbackFilter
from campaigns.forms import DisputeForm, RulingForm
from campaigns.models import Feedback
from campaigns.querysets import FeedbackQuerySet
from campaigns.reasons import reasons_by_campaign
from campaigns.services import feedback as services
from campaigns.views.common import show_form
from crm.common import parameters
from crm.common.htmx import done, toast, wants_partial
from crm.common.parts import Tab
from crm.funnel import verdicts
from crm.funnel.models import Verdict
from crm.users.models import Role, User
from crm.users.permissions import (
    EVERYBODY,
    MANAGERS,
    MARKETING,
    MARKETING_MANAGERS,
    SignedInRequest,
    allow,
)

READERS = EVERYBODY - {Role.REP}
PAGE = 50
EVENT = "feedback-changed"


def in_view(user: User, view: str) -> FeedbackQuerySet:
    """Return the feedback of one tab: to read, disputed, or all that the user sees."""
    if view == "unread":
        return Feedback.objects.addressed_to(user).unread()
    seen = Feedback.objects.visible_to(user)
    return seen.disputed() if view == "disputed" else seen


def view_of(request: SignedInRequest) -> str:
    """Return the tab that is asked for; a manager of sales has nothing to read himself."""
    view = request.GET.get("view", "")
    if view in ("unread", "disputed", "all"):
        return view
    return "unread" if request.user.role in MARKETING else "all"


@allow(READERS)
@require_GET
@vary_on_headers("HX-Request")
def inbox(request: SignedInRequest) -> HttpResponse:
    view = view_of(request)
    form = FeedbackFilter(request.GET)
    found = form.narrow(in_view(request.user, view))
    page = Paginator(found.with_verdict(), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "items": with_acts(page, request.user),
        "partial": wants_partial(request),
        "view": view,
        "views": tabs(request, view),
        "may_act": True,
        "reasons": reasons_by_campaign(form.narrow(Feedback.objects.visible_to(request.user))),
    }
    name = "campaigns/_feedback_list.html" if wants_partial(request) else "campaigns/feedback.html"
    return render(request, name, context)


def with_acts(items: Iterable[Feedback], user: User) -> list[Feedback]:
    """Return the rows, each with what `user` may do: read and dispute his own, rule on disputes."""
    rows = list(items)
    marketing = user.role in MARKETING
    for item in rows:
        unowned = item.owner_id is None and user.role in MARKETING_MANAGERS
        item.mine = marketing and (item.owner_id == user.pk or unowned)  # type: ignore[attr-defined]
        item.may_rule = (  # type: ignore[attr-defined]
            user.role in MANAGERS
            and item.verdict.is_disputed
            and not verdicts.is_party(item.verdict, user)
        )
        item.button = f"read-{item.pk}"  # type: ignore[attr-defined]
    return rows


def tabs(request: SignedInRequest, view: str) -> list[Tab]:
    """Return the tabs; filters stay when one goes from one to the other."""
    asked = {name: request.GET.get(name, "") for name in FeedbackFilter.base_fields}
    kept = {name: value for name, value in asked.items() if value}
    words = {"unread": "To read", "all": "All", "disputed": "Disputed"}
    if request.user.role not in MARKETING:
        del words["unread"]
    counts = {"unread": unread_count(request.user)}
    path = reverse("campaigns:feedback")
    return [
        Tab(label, f"{path}?{urlencode({'view': key, **kept})}", key == view, counts.get(key))
        for key, label in words.items()
    ]


def unread_count(user: User) -> int:
    return Feedback.objects.addressed_to(user).unread().count()


@allow(READERS)
@require_GET
def feedback_count(request: SignedInRequest) -> HttpResponse:
    """The number beside “Feedback” in the navigation; nothing for 0."""
    return render(request, "campaigns/_count.html", {"count": unread_count(request.user)})


def mine(request: SignedInRequest, pk: int) -> Feedback:
    found = Feedback.objects.addressed_to(request.user).with_verdict()
    return get_object_or_404(found, pk=pk)


@allow(MARKETING)
@require_POST
def read(request: SignedInRequest, pk: int) -> HttpResponse:
    item = mine(request, pk)
    services.mark_read(item)
    undo = reverse("campaigns:feedback-unread", args=[pk])
    toast(request, f"{item.verdict.lead}: read", undo_url=undo)
    return done(request, reverse("campaigns:feedback"), event=EVENT)


@allow(MARKETING)
@require_POST
def unread(request: SignedInRequest, pk: int) -> HttpResponse:
    services.mark_unread(mine(request, pk))
    return done(request, reverse("campaigns:feedback"), event=EVENT)


@allow(MARKETING)
@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    at = services.mark_all_read(request.user)
    if at:
        undo = f"{reverse('campaigns:feedback-unread-all')}?{urlencode({'at': at.isoformat()})}"
        toast(request, "All marked as read", undo_url=undo)
    return done(request, reverse("campaigns:feedback"), event=EVENT)


@allow(MARKETING)
@require_POST
def unread_all(request: SignedInRequest) -> HttpResponse:
    """Undo `read_all`: `at` in the address says which act."""
    if at := moment(request.GET.get("at", "")):
        services.unmark_all(request.user, at)
    return done(request, reverse("campaigns:feedback"), event=EVENT)


def moment(text: str) -> datetime | None:
    return parameters.moment(text)


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def dispute(request: SignedInRequest, pk: int) -> HttpResponse:
    """Object to a verdict; the managers of sales are asked to rule."""
    item = mine(request, pk)
    form = DisputeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verdicts.dispute(item.verdict, by=request.user, note=form.cleaned_data["note"])
        except verdicts.NotPossible as fault:
            form.add_error(None, str(fault))
        else:
            toast(request, "Disputed. A manager of sales is asked to rule.")
            return done(request, reverse("campaigns:feedback"), event=EVENT)
    context = {"form": form, "item": item}
    return show(request, "campaigns/_dispute.html", context, f"Dispute: {item.verdict}")


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def rule(request: SignedInRequest, pk: int) -> HttpResponse:
    """Decide a dispute."""
    found = Feedback.objects.visible_to(request.user).with_verdict()
    item = get_object_or_404(found, pk=pk)
    form = RulingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ruling = Verdict.Ruling(form.cleaned_data["ruling"])
        try:
            verdicts.rule(
                item.verdict, ruling=ruling, by=request.user, note=form.cleaned_data["note"]
            )
        except verdicts.NotPossible as fault:
            form.add_error(None, str(fault))
        else:
            toast(request, f"Ruled: {ruling.label.lower()}")
            return done(request, reverse("campaigns:feedback"), event=EVENT)
    context = {"form": form, "item": item}
    return show(request, "campaigns/_ruling.html", context, f"Rule on: {item.verdict}")


def show(
    request: SignedInRequest, fragment: str, context: dict[str, Any], title: str
) -> HttpResponse:
    back = reverse("campaigns:feedback")
    return show_form(request, fragment, context, title=title, back=back, back_label="Feedback")
