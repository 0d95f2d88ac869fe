"""A form that is sent twice is answered twice and done once.

A double click, a reload, a second try after a lost connection: the browser sends the same form
again. What tells it from another form with the same words is the page: the masked CSRF token in it
is random, made anew with every page, and verified by Django before we look at it.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.messages import get_messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import now

from crm.common.senders import hashed
from crm.repeats.models import AnsweredForm

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - a field's name
KEPT = timedelta(days=2)
"""How long after the first time the same form is known."""
LARGEST = 256 * 1024
"""Characters of an answer that is kept. What is longer is no answer to a form that was saved."""
HEADERS = ("Location", "Content-Type", "Vary")
"""Headers of an answer that are kept, beside those for htmx."""

View = Callable[..., HttpResponseBase]


def key_of(request: HttpRequest) -> str:
    """Return the key of the form that a user sent; "" if it comes from no page of ours."""
    token = request.POST.get(TOKEN, "")
    if not token or not request.user.is_authenticated:
        return ""
    who, where = str(request.user.pk), request.get_full_path()
    return hashed("form", who, where, token, digest(request))


def digest(request: HttpRequest) -> str:
    """Sum up what was typed and which files came along. Files are left at their beginning."""
    typed = [[name, values] for name, values in request.POST.lists() if name != TOKEN]
    files = [
        [name, file.name, checksum(file)] for name, sent in request.FILES.lists() for file in sent
    ]
    text = json.dumps([typed, files])
    return hashlib.sha256(text.encode()).hexdigest()


def checksum(file: Any) -> str:
    total = hashlib.sha256()
    for chunk in file.chunks():
        total.update(chunk)
    file.seek(0)
    return total.hexdigest()


def answer_once(
    request: HttpRequest, key: str, view: View, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    """Answer with the view, or as it answered the same form before.

    The row is written before the view runs: of two at the same moment the second waits for the
    first. An answer that refuses the form takes the row away, a view that fails the whole
    transaction, so that the form can be sent again.
    """

    @transaction.atomic
    @wraps(view)  # a transaction that lasts is logged by the view's name
    def once() -> HttpResponseBase:
        row, is_first = AnsweredForm.objects.get_or_create(pk=key)
        if not is_first:
            return repeated(request, row)
        told = len(queued(request))
        response = view(request, *args, **kwargs)
        if is_kept(response):
            keep(row, response, queued(request)[told:])
        else:
            row.delete()
        return response

    return once()


def is_kept(response: HttpResponseBase) -> bool:
    """True for the answer to a form that was taken."""
    return (
        response.status_code < 400
        and isinstance(response, HttpResponse)
        and len(response.content) <= LARGEST
    )


def keep(row: AnsweredForm, response: Any, told: list[Any]) -> None:
    row.status = response.status_code
    row.headers = {
        name: value for name, value in response.items() if name in HEADERS or name.startswith("HX-")
    }
    row.content = response.content.decode()
    row.toasts = [[message.level, str(message.message), message.extra_tags] for message in told]
    row.save()


def queued(request: HttpRequest) -> list[Any]:
    """Return the messages of this request that no page has shown yet."""
    return getattr(get_messages(request), "_queued_messages", [])


def repeated(request: HttpRequest, row: AnsweredForm) -> HttpResponse:
    """Answer as the first time, and tell the user the same."""
    for level, text, tags in row.toasts:
        messages.add_message(request, level, text, extra_tags=tags or "", fail_silently=True)
    return HttpResponse(row.content, status=row.status, headers=row.headers)


def drop_old() -> int:
    """Forget forms that were sent long ago; return how many."""
    return AnsweredForm.objects.filter(at__lt=now() - KEPT).delete()[0]
