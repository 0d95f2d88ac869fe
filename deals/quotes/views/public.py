"""What a customer sees of a quote, by its link: no log-in, nothing changed by looking."""

import uuid
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from crm.common.htmx import refused
from crm.common.views import too_many_requests
from crm.throttling.services import Limit, count_attempt, count_attempts, network_of
from crm.users.models import Organisation
from deals.quotes import pdf, sending, services
from deals.quotes.forms import AcceptForm
from deals.quotes.models import Quote
from deals.quotes.views.deal_quote import pdf_answer

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
READ = Limit("quote read, network", 120, MINUTE)
ACCEPTED = Limit("quote accepted, network", 30, MINUTE)
ACCEPTED_OF_QUOTE = Limit("quote accepted, quote", 60, HOUR)


def refuse_reading(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of who reads quotes too often, else None."""
    refusal = count_attempt(READ, network_of(request))
    return too_many_requests(request, refusal.seconds) if refusal else None


def refuse_accepting(request: HttpRequest, key: uuid.UUID) -> HttpResponse | None:
    """Return the refusal of who accepts too often, else None."""
    refusal = count_attempts((ACCEPTED, network_of(request)), (ACCEPTED_OF_QUOTE, str(key)))
    return too_many_requests(request, refusal.seconds) if refusal else None


def public_quote(key: uuid.UUID) -> Quote:
    """Return the quote of a link. 404 for another, and for one that has not left the house."""
    quotes = Quote.objects.public().select_related("deal__owner")
    return get_object_or_404(quotes, key=key)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The quote, and the customer's yes with his name."""
    if request.method != "POST":
        return refuse_reading(request) or shown(request, public_quote(key), AcceptForm())
    if refusal := refuse_accepting(request, key):
        return refusal
    quote = public_quote(key)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return shown(request, quote, form)
    try:
        sending.accept(quote, name=form.cleaned_data["name"])
    except sending.CannotAccept as fault:
        form.add_error(None, str(fault))
        quote.refresh_from_db()
        return shown(request, quote, form)
    return redirect(quote.public_path)


def shown(request: HttpRequest, quote: Quote, form: AcceptForm) -> HttpResponse:
    expired = quote.is_expired(services.today())
    context = {
        "quote": quote,
        "paper": pdf.content(quote),
        "form": form,
        "expired": expired,
        "may_accept": quote.state == Quote.State.SENT and not expired,
    }
    with timezone.override(Organisation.get().zone):
        if form.is_bound:
            return refused(request, "quotes/public.html", context)
        return render(request, "quotes/public.html", context)


@never_cache
@require_safe
def public_pdf(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    return refuse_reading(request) or pdf_answer(public_quote(key))
