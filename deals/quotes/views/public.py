"""What a customer sees of a quote, by its link: no log-in, nothing changed by looking."""

import uuid

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from crm.common.htmx import refused
from deals.quotes import pdf, sending, services
from deals.quotes.forms import AcceptForm
from deals.quotes.models import Quote
from deals.quotes.views.deal_quote import pdf_answer

LIMITS = {"quote_read": "120/m/ip", "quote_accept": "30/m/ip,60/h/key"}


def too_many(request: HttpRequest, action: str, key: uuid.UUID) -> HttpResponse | None:
    """Return the refusal of who asks too often, else None."""
    allowed = ratelimit.consume(
        request, app="quotes", action=action, config=LIMITS, key=str(key), limit_get=True
    )
    return None if allowed else render(request, "quotes/too_many.html", status=429)


def public_quote(key: uuid.UUID) -> Quote:
    """Return the quote of a link. 404 for another, and for one that has not left the house."""
    quotes = Quote.objects.public().select_related("deal__owner")
    return get_object_or_404(quotes, key=key)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The quote, and the customer's yes with his name."""
    action = "quote_accept" if request.method == "POST" else "quote_read"
    if refusal := too_many(request, action, key):
        return refusal
    quote = public_quote(key)
    if request.method != "POST":
        return shown(request, quote, AcceptForm())
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
    if form.is_bound:
        return refused(request, "quotes/public.html", context)
    return render(request, "quotes/public.html", context)


@never_cache
@require_safe
def public_pdf(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    if refusal := too_many(request, "quote_read", key):
        return refusal
    return pdf_answer(public_quote(key))
