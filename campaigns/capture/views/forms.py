"""The marketer's pages of capture forms: the list, the builder, what was sent."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.capture import places, services
from campaigns.capture.fields import FIELDS, missing
from campaigns.capture.forms import BuilderForm, NewForm
from campaigns.capture.models import CaptureForm, Submission
from campaigns.capture.public_form import PublicForm
from campaigns.views.common import show_form
from crm.common import keyset
from crm.common.htmx import done, toast, wants_partial
from crm.common.parts import Tab
from crm.users.models import User
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow

FOR_ALL = ("share", "sent")
PARTS = {"": "Build", "share": "Share", "sent": "Submissions", "review": "Review", "spam": "Spam"}


@allow(EVERYBODY)
@require_GET
def form_list(request: SignedInRequest) -> HttpResponse:
    context = {
        "forms": CaptureForm.objects.for_list(),
        "places": places.tabs(request.user, "capture:list"),
        "may_write": request.user.role in MARKETING,
    }
    return render(request, "capture/list.html", context)


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    initial = {"campaign": request.GET.get("campaign", "")}
    form = NewForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = services.save_form(form.filled(), actor=request.user)
        toast(request, f"Form {made} added")
        return done(request, made.get_absolute_url())
    return show_form(
        request,
        "capture/_new.html",
        {"form": form},
        title="New form",
        back=reverse("capture:list"),
        back_label="Forms",
    )


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The builder. Each button in it saves what is typed, then does its one act."""
    capture = get_object_or_404(CaptureForm.objects.for_list(), pk=pk)
    form = BuilderForm(request.POST or None, instance=capture)
    if request.method == "POST" and form.is_valid():
        services.save_form(form.filled(request.POST.get("act", "")), actor=request.user)
        if not wants_partial(request):
            toast(request, "Form saved")
            return done(request, capture.get_absolute_url())
        form = BuilderForm(instance=capture)
    status = 422 if form.is_bound and form.errors else 200
    context = {**builder(form, capture), "tabs": part_tabs(capture, "", request.user), "tab": ""}
    template = "capture/_builder.html" if wants_partial(request) else "capture/detail.html"
    return render(request, template, context, status=status)


def builder(form: BuilderForm, capture: CaptureForm) -> dict[str, Any]:
    """Return what the builder and its preview show."""
    return {
        "capture": capture,
        "form": form,
        "rows": form.rows(),
        "to_add": [(name, FIELDS[name].label) for name in missing(form.asked)],
        "typed": PublicForm(capture),
        "may_write": True,
    }


def part_tabs(capture: CaptureForm, tab: str, user: User) -> list[Tab]:
    """Return the parts of a form's page that `user` may open."""
    addresses = {
        "": capture.get_absolute_url(),
        "share": reverse("capture:share", args=[capture.pk]),
        "sent": reverse("capture:submissions", args=[capture.pk]),
        "review": reverse("capture:review", args=[capture.pk]),
        "spam": reverse("capture:spam", args=[capture.pk]),
    }
    return [
        Tab(label, addresses[key], active=key == tab, count=getattr(capture, key, None))
        for key, label in PARTS.items()
        if key in FOR_ALL or user.role in MARKETING
    ]


@allow(MARKETING)
@require_POST
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """How the form would look as typed; nothing is saved."""
    capture = get_object_or_404(CaptureForm, pk=pk)
    form = BuilderForm(request.POST, instance=capture)
    if form.is_valid():
        capture = form.filled()
    context = {"capture": capture, "typed": PublicForm(capture)}
    return render(request, "capture/_preview.html", context)


@allow(EVERYBODY)
@require_GET
def share(request: SignedInRequest, pk: int) -> HttpResponse:
    """The hosted page's address and the snippet for other pages."""
    capture = get_object_or_404(CaptureForm.objects.for_list(), pk=pk)
    context = {
        "capture": capture,
        "tab": "share",
        "tabs": part_tabs(capture, "share", request.user),
        "may_write": request.user.role in MARKETING,
        "snippet": capture.snippet,
    }
    return render(request, "capture/detail.html", context)


@allow(EVERYBODY)
@require_GET
def submissions(request: SignedInRequest, pk: int) -> HttpResponse:
    return sent_page(request, pk, "sent")


@allow(MARKETING)
@require_GET
def review(request: SignedInRequest, pk: int) -> HttpResponse:
    return sent_page(request, pk, "review")


@allow(MARKETING)
@require_GET
def spam(request: SignedInRequest, pk: int) -> HttpResponse:
    return sent_page(request, pk, "spam")


def sent_page(request: SignedInRequest, pk: int, tab: str) -> HttpResponse:
    """What people sent, of the leads that the user sees; what waits; what machines sent."""
    capture = get_object_or_404(CaptureForm.objects.for_list(), pk=pk)
    rows = Submission.objects.visible_to(request.user).filter(form=capture)
    rows = {"spam": rows.spam, "review": rows.for_review}.get(tab, rows.people)()
    order = keyset.Order("pk", int, descending=True)
    page = keyset.page(rows.select_related("lead__company"), order, request.GET)
    context = {
        "capture": capture,
        "tab": tab,
        "tabs": part_tabs(capture, tab, request.user),
        "page": page,
        "older": page.older(request.GET, request.path),
        "newer": page.newer(request.GET, request.path),
        "reasons": reasons(capture) if tab == "spam" else [],
        "held": rows.too_many().count() if tab == "spam" else 0,
        "may_write": request.user.role in MARKETING,
    }
    return render(request, "capture/detail.html", context)


def reasons(capture: CaptureForm) -> list[tuple[str, int]]:
    """Return why submissions of this form were taken for spam, the most usual first."""
    return [
        (Submission.Spam(row["spam"]).label, row["count"])
        for row in Submission.objects.filter(form=capture).spam().by_reason()
    ]


@allow(MARKETING)
@require_POST
def activate(request: SignedInRequest, pk: int) -> HttpResponse:
    return set_active(request, pk, True)


@allow(MARKETING)
@require_POST
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    return set_active(request, pk, False)


def set_active(request: SignedInRequest, pk: int, active: bool) -> HttpResponse:
    capture = services.set_active(get_object_or_404(CaptureForm, pk=pk), active)
    undo = reverse(f"capture:{'deactivate' if active else 'activate'}", args=[pk])
    toast(request, f"{capture} is {'open' if active else 'closed'}", undo_url=undo)
    return done(request, capture.get_absolute_url())
