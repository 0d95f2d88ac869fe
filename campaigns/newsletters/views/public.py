"""What a reader reaches by the links in a mail. No log-in, no cookie; a GET changes no wish.

A token that we did not make gets the same answers as a good one.
"""

import base64
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.newsletters import audience, clicks, leaving
from campaigns.newsletters.models import MailPreference, MarketingMail
from crm.throttling.in_process import LocalLimit
from crm.throttling.reading import limit_reading
from crm.throttling.services import network_of

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
ONE_CLICK = "One-Click"
FOLLOWED, OPENED, READ = LocalLimit(3000), LocalLimit(3000), LocalLimit(600)
"""Clicks, openings and pages a minute of one network: far above a large office that gets one mail.
Unsubscribing by POST is never refused: providers send it for many readers from one place."""


@never_cache
@require_safe
@limit_reading(FOLLOWED)
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Go where a link of a mail leads. A link that is not ours leads to the page that says so."""
    agent = request.headers.get("User-Agent", "")
    url = clicks.follow(token, method=request.method or "GET", agent=agent)
    return redirect(url) if url else render(request, "newsletters/no_link.html", status=404)


@never_cache
@require_safe
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """The picture that says a mail was opened, always the same."""
    if request.method == "GET" and not OPENED.refuses(network_of(request)):
        clicks.note_open(token)
    return HttpResponse(PIXEL, content_type="image/gif")


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@limit_reading(READ)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST unsubscribes: from the page, or as RFC 8058 without any page."""
    if request.method != "POST":
        return render(request, "newsletters/unsubscribe.html", {"token": token})
    mail = leaving.mail_of(token)
    if mail is not None:
        one_click = request.POST.get("List-Unsubscribe") == ONE_CLICK
        leaving.unsubscribe(mail, how="by one click" if one_click else "on the page")
    return render(request, "newsletters/unsubscribed.html", {"token": token})


class PreferenceForm(forms.Form):
    """What a reader wants to get of what he agreed to."""

    PAUSES = (("", "No pause"), ("30", "Pause for a month"), ("90", "Pause for three months"))

    newsletters = forms.BooleanField(label="Newsletters", required=False)
    sequences = forms.BooleanField(label="Mail on what I asked for", required=False)
    pause = forms.ChoiceField(label="A pause", choices=PAUSES, required=False)

    def values(self) -> dict[str, Any]:
        days = self.cleaned_data["pause"]
        until = audience.today() + timedelta(days=int(days)) if days else None
        return {
            "newsletters": self.cleaned_data["newsletters"],
            "sequences": self.cleaned_data["sequences"],
            "paused_until": until,
        }


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@limit_reading(READ)
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    mail = leaving.mail_of(token)
    form = PreferenceForm(request.POST or None, initial=wishes(mail))
    if request.method == "POST" and form.is_valid():
        if mail is not None:
            leaving.choose(mail, **form.values())
        return render(request, "newsletters/preferences_saved.html", {"token": token})
    return render(request, "newsletters/preferences.html", {"token": token, "form": form})


def wishes(mail: MarketingMail | None) -> dict[str, bool]:
    """Return what the form shows: the reader's wishes, everything where none are known."""
    lead = mail.lead_id if mail else None
    kept = MailPreference.objects.filter(lead=lead).first() if lead else None
    return {
        "newsletters": kept.newsletters if kept else True,
        "sequences": kept.sequences if kept else True,
    }


@never_cache
@csrf_exempt
@require_POST
def come_back(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for marketing mail again: a mailed link confirms. The answer is the same for all."""
    mail = leaving.mail_of(token)
    if mail is not None:
        leaving.come_back(mail)
    return render(request, "newsletters/check_inbox.html", {"token": token})
