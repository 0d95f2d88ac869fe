"""Consent of a lead: its records, recording and withdrawing, and the page of the mailed link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.throttling.in_process import LocalLimit
from crm.throttling.reading import limit_reading
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow
from leads import consent_mail, consents
from leads.forms import ConsentForm
from leads.models import Lead
from leads.normalising import BadValue
from leads.views import visible

ASKED_BY_US = "Yes, you may send me marketing email."
MOST_RECORDS = 20
READ = LocalLimit(600)
"""Pages of mailed links that one network opens in a minute; confirming is not counted."""


@require_http_methods(["GET", "POST"])
@allow(MARKETING)
def consent(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the lead told us about marketing email, and where."""
    lead = visible(request, pk)
    initial = {"given": not lead.consent}
    form = ConsentForm(request.POST if request.method == "POST" else None, initial=initial)
    template = "leads/_consent.html" if wants_partial(request) else "leads/consent.html"
    context = {"lead": lead, "form": form}
    if request.method == "GET":
        return render(request, template, context)
    if form.is_valid() and save_consent(request, lead, form):
        return done(request, lead.get_absolute_url())
    return refused(request, template, context)


def save_consent(request: SignedInRequest, lead: Lead, form: ConsentForm) -> bool:
    given, source = form.cleaned_data["given"], form.cleaned_data["source"]
    save = consents.record_consent if given else consents.withdraw_consent
    try:
        save(lead, source=source, actor=request.user)
    except BadValue as error:
        form.add_error("source", str(error))
        return False
    if given and consent_mail.reason_of(lead.email):
        toast(
            request,
            "Consent recorded, but the address is suppressed. "
            "If its owner unsubscribed, ask for confirmation by email.",
            level="warning",
        )
    else:
        toast(request, "Consent recorded" if given else "Consent withdrawn")
    return True


@require_POST
@allow(MARKETING)
def ask(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mail the lead the link that confirms."""
    lead = visible(request, pk)
    if not consent_mail.may_be_asked(lead.email):
        toast(request, "No email may be sent to this address.", level="error")
        return done(request, lead.get_absolute_url())
    asked = consents.ask_consent(
        lead, source=f"Asked by {request.user.name}", wording=ASKED_BY_US, actor=request.user
    )
    if asked.state == "confirmed":
        toast(request, "Consent stands already.")
    elif asked.mailed_at:
        toast(request, f"Confirmation email sent to {lead.email}")
    else:
        toast(request, "One such email went to this address today. Ask again tomorrow.",
              level="warning")  # fmt: skip
    return done(request, lead.get_absolute_url())


@require_GET
@allow(EVERYBODY)
def records(request: SignedInRequest, pk: int) -> HttpResponse:
    """The records of consent on a lead's page, newest first."""
    lead = visible(request, pk)
    found = lead.consents.select_related("recorded_by")[:MOST_RECORDS]
    return render(request, "leads/_consent_records.html", {"lead": lead, "records": found})


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@limit_reading(READ)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The page of the mailed link: GET asks, POST confirms, once.

    The signed token stands for the CSRF cookie. Mail filters open links, so GET changes nothing.
    """
    asked = consent_mail.consent_of(token)
    if asked is None or asked.state == "withdrawn":
        return render(request, "leads/consent_link_void.html", status=410)
    if request.method != "POST" and asked.state == "pending":
        return render(request, "leads/confirm_consent.html", {"consent": asked})
    if request.method == "POST" and not consents.confirm_consent(asked):
        return render(request, "leads/consent_link_void.html", status=410)
    return render(request, "leads/consent_confirmed.html", {"consent": asked})
