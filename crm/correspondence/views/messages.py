"""Reading mail, and what is done with a message that waits for a decision."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.activities.forms import LeadPick
from crm.common import keyset
from crm.common.htmx import done, toast, wants_partial
from crm.common.parts import Tab
from crm.correspondence import composing, incoming, sending
from crm.correspondence.models import Message, MessageQuerySet, ReceivedMail
from crm.users.permissions import EVERYBODY, WRITERS, SignedInRequest, allow
from leads.models import Lead
from leads.services import EmailTaken, LeadNotAccepted

LATEST = keyset.Order("at", datetime, descending=True)
IN_A_THREAD = 50
TOO_LATE = "It is too late for that: the mail is {} now."
VIEWS = {"": "All", "decide": "To decide", "unmatched": "Unmatched"}
SANDBOX = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
"""What a mail may do in its frame: show itself, without pictures that tell who reads it."""


@require_GET
@allow(EVERYBODY)
def message_list(request: SignedInRequest) -> HttpResponse:
    """The mail that the user sees; what he has to decide; what no lead was found for."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else ""
    page = keyset.page(listed(request, view).select_related("lead", "by"), LATEST, request.GET)
    path = request.path
    context = {
        "page": page,
        "view": view,
        "tabs": [
            Tab(label, f"{path}?view={key}" if key else path, key == view, count_of(request, key))
            for key, label in VIEWS.items()
        ],
        "older": page.older(request.GET, path),
        "newer": page.newer(request.GET, path),
        "may_write": request.user.role in WRITERS,
        "not_read": request.user.is_manager and ReceivedMail.objects.set_aside().count(),
    }
    return render(request, "correspondence/list.html", context)


def listed(request: SignedInRequest, view: str) -> MessageQuerySet:
    messages = Message.objects.defer("text", "html")
    if view == "decide":
        return messages.filter(by=request.user).troubled()
    if view == "unmatched":
        return messages.unmatched_of(request.user).filter(state=Message.State.LOGGED)
    return messages.visible_to(request.user).exclude(
        state__in=[Message.State.TAKEN_BACK, Message.State.SET_ASIDE]
    )


def count_of(request: SignedInRequest, view: str) -> int | None:
    return (keyset.capped_count(listed(request, view)) or None) if view else None


def found(request: SignedInRequest, pk: int) -> Message:
    seen = Message.objects.visible_to(request.user).select_related("lead", "deal", "by")
    return get_object_or_404(seen, pk=pk)


@require_GET
@allow(EVERYBODY)
def message(request: SignedInRequest, pk: int) -> HttpResponse:
    """One message, and the rest of its thread beside it."""
    shown = found(request, pk)
    thread = Message.objects.visible_to(request.user).filter(thread=shown.thread)
    context = {
        "message": shown,
        "thread": thread.defer("text", "html").order_by("at", "pk")[:IN_A_THREAD],
        "files": shown.files.all(),
        "also": Lead.objects.visible_to(request.user)
        .filter(mail_places__message=shown)
        .exclude(pk=shown.lead_id or 0),
        "original": ReceivedMail.objects.filter(message=shown).exists(),
        "may_write": request.user.role in WRITERS,
        "mine": shown.by_id == request.user.pk,
        "State": Message.State,
    }
    return render(request, "correspondence/message.html", context)


@require_GET
@allow(EVERYBODY)
@xframe_options_sameorigin
def html(request: SignedInRequest, pk: int) -> HttpResponse:
    """The HTML part alone, for a sandboxed frame."""
    body = found(request, pk).html or "<p>This mail has no HTML part.</p>"
    page = '<meta charset="utf-8"><style>body{font:14px/1.5 sans-serif;margin:16px}</style>'
    return HttpResponse(page + body, headers={"Content-Security-Policy": SANDBOX})


def own(request: SignedInRequest, pk: int) -> Message:
    mine = Message.objects.visible_to(request.user).filter(by=request.user)
    return get_object_or_404(mine.select_related("lead", "by"), pk=pk)


def decided(
    request: SignedInRequest, message: Message, happened: bool, said: str, url: str = ""
) -> HttpResponse:
    """Say what was done, or that it was too late for it."""
    if happened:
        toast(request, said)
        return done(request, url or message.get_absolute_url())
    message.refresh_from_db()
    toast(request, TOO_LATE.format(message.get_state_display().lower()), level="warning")
    return done(request, message.get_absolute_url())


@require_POST
@allow(WRITERS)
def take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo of sending: the mail is on the page again, to be changed or dropped."""
    waiting = own(request, pk)
    page = reverse("correspondence:compose", args=[waiting.lead_id or 0])
    answered = Message.objects.filter(lead=waiting.lead_id, message_id=waiting.in_reply_to).first()
    about = {"again": pk, "deal": waiting.deal_id, "reply": answered.pk if answered else None}
    query = urlencode({name: value for name, value in about.items() if value})
    happened = composing.take_back(waiting)
    return decided(request, waiting, happened, "Taken back: nothing was sent", f"{page}?{query}")


@require_POST
@allow(WRITERS)
def again(request: SignedInRequest, pk: int) -> HttpResponse:
    doubtful = own(request, pk)
    return decided(request, doubtful, composing.send_again(doubtful), "It is being sent once more")


@require_POST
@allow(WRITERS)
def arrived(request: SignedInRequest, pk: int) -> HttpResponse:
    doubtful = own(request, pk)
    return decided(request, doubtful, sending.believe_sent(doubtful), "Logged as sent")


# Messages of nobody we know ---------------------------------------------------------------------


def unmatched(request: SignedInRequest, pk: int) -> Message:
    return get_object_or_404(Message.objects.unmatched_of(request.user), pk=pk)


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def belongs_to(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose the lead that an unmatched message belongs to."""
    lost = unmatched(request, pk)
    form = LeadPick(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        lead = form.cleaned_data["lead"]
        incoming.belongs_to(lost, lead)
        toast(request, f"Logged with {lead}")
        return done(request, lost.get_absolute_url())
    partial = wants_partial(request)
    template = "correspondence/_belongs_to.html" if partial else "correspondence/belongs_to.html"
    context: dict[str, Any] = {"form": form, "message": lost}
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@allow(WRITERS)
def make_lead(request: SignedInRequest, pk: int) -> HttpResponse:
    lost = unmatched(request, pk)
    try:
        lead = incoming.make_lead(lost, actor=request.user)
    except EmailTaken:
        toast(request, "A lead of this address exists: choose “Belongs to”.", level="warning")
        return redirect(lost)
    except LeadNotAccepted as error:
        toast(request, str(error), level="error")
        return redirect(lost)
    toast(request, f"{lead} is a lead now")
    return done(request, lead.get_absolute_url())


@require_POST
@allow(WRITERS)
def set_aside(request: SignedInRequest, pk: int) -> HttpResponse:
    lost = unmatched(request, pk)
    back = reverse("correspondence:list") + "?view=unmatched"
    return decided(request, lost, incoming.set_aside(lost), "Set aside", back)
