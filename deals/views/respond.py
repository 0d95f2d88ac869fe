"""What the pages of sales' settings answer with: saved, or asked once more."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from crm.common.htmx import done, refused, toast, wants_partial

PIPELINES = "deals:pipelines"


def saved(request: HttpRequest, text: str, back: str = PIPELINES) -> HttpResponse:
    toast(request, text)
    return done(request, reverse(back))


def asked(
    request: HttpRequest, form: BaseForm, title: str, label: str, *, back: str = PIPELINES,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    """Answer with a setting's form: in the dialog, or on a page of its own; 422 with errors."""
    context = {"form": form, "title": title, "label": label, "back": reverse(back), **more}
    name = "deals/_setting.html" if wants_partial(request) else "deals/setting.html"
    return refused(request, name, context) if form.is_bound else render(request, name, context)
