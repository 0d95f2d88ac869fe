"""Received mail as it came: the raw message, its files, and what could not be read."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from crm.common.htmx import done, toast
from crm.correspondence import files, receiving
from crm.correspondence.addresses import without_tokens
from crm.correspondence.incoming import Outcome
from crm.correspondence.models import Message, ReceivedFile, ReceivedMail
from crm.correspondence.reading import file_content
from crm.users.permissions import EVERYBODY, MANAGERS, SignedInRequest, allow

SHOWN, MOST_SHOWN = 50, 1024 * 1024
NO_PAGE = "default-src 'none'; sandbox"


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """Answer with a file to be saved, never shown: a browser neither opens nor guesses it."""
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": str(content_disposition_header(True, name)),
            "Content-Security-Policy": NO_PAGE,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


def as_text(received: ReceivedMail) -> HttpResponse:
    """Answer with the beginning of a raw message as plain text, without secret addresses."""
    text = received.raw[:MOST_SHOWN].decode("utf-8", "backslashreplace")
    return HttpResponse(
        without_tokens(text),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Security-Policy": NO_PAGE, "X-Content-Type-Options": "nosniff"},
    )


def original_of(request: SignedInRequest, pk: int) -> ReceivedMail:
    seen = Message.objects.visible_to(request.user)
    return get_object_or_404(ReceivedMail, message__in=seen.filter(pk=pk))


@require_GET
@allow(EVERYBODY)
def original(request: SignedInRequest, pk: int) -> HttpResponse:
    """The raw message, for who may see it."""
    return as_text(original_of(request, pk))


@require_GET
@allow(EVERYBODY)
def file(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """One file of a message, to be saved. Programs are not offered."""
    received = original_of(request, pk)
    kept = get_object_or_404(ReceivedFile, message=received.message_id, number=number)
    content = None if kept.is_program else file_content(received.raw, number)
    if content is None:
        raise Http404("This file is only in the raw message.")
    return download(content, kept.name, files.kind_of(kept.name))


# What could not be read --------------------------------------------------------------------------


def context_of(request: SignedInRequest) -> dict[str, Any]:
    waiting = ReceivedMail.objects.set_aside().defer("packed")
    return {"rows": waiting[:SHOWN], "count": waiting.count(), "shown": SHOWN}


@require_GET
@allow(MANAGERS)
def not_read(request: SignedInRequest) -> HttpResponse:
    """What came in and could not be read, with the reason."""
    return render(request, "correspondence/not_read.html", context_of(request))


def set_aside_mail(pk: int) -> ReceivedMail:
    return get_object_or_404(ReceivedMail.objects.set_aside(), pk=pk)


@require_GET
@allow(MANAGERS)
def received(request: SignedInRequest, pk: int) -> HttpResponse:
    """The raw bytes of what could not be read."""
    return as_text(set_aside_mail(pk))


@require_POST
@allow(MANAGERS)
def read_again(request: SignedInRequest, pk: int) -> HttpResponse:
    outcome = receiving.read_again(set_aside_mail(pk))
    if outcome == Outcome.SET_ASIDE:
        toast(request, "It still cannot be read.", level="warning")
    else:
        toast(request, f"Read: {outcome.value}")
    return done(request, reverse("correspondence:not-read"))


@require_POST
@allow(MANAGERS)
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    receiving.discard(set_aside_mail(pk))
    toast(request, "Discarded")
    return done(request, reverse("correspondence:not-read"))
