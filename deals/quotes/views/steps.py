"""The steps of a quote: asking, approving, sending."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.users.models import Organisation
from crm.users.permissions import SALES, SALES_MANAGERS, SignedInRequest, allow
from deals.quotes import approving, sending, services
from deals.quotes.forms import AnswerForm, LetterForm
from deals.quotes.models import Quote
from deals.quotes.sending import Letter
from deals.quotes.services import QuoteRefused
from deals.quotes.views.deal_quote import visible_quote

MESSAGE = """Hello {name},

here is our quote. You can read it, download it and accept it by the link below.

If anything is open, just answer this mail.

Best regards
{sender}"""


def answered(
    request: SignedInRequest, act: str, quote: Quote, form: Form, **more: Any
) -> HttpResponse:
    """Answer with the dialog of a step, on a page of its own without script; 422 with errors."""
    part = f"quotes/_{act}.html"
    context = {"quote": quote, "deal": quote.deal, "form": form, "part": part, **more}
    name = part if wants_partial(request) else "quotes/act.html"
    return refused(request, name, context) if form.is_bound else render(request, name, context)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def send(request: SignedInRequest, pk: int) -> HttpResponse:
    """The letter that brings the quote; over a limit, the way to ask for approval."""
    quote = visible_quote(request, pk)
    form = LetterForm(request.POST or None, initial=first_words(quote, request))
    reasons = services.approval_reasons(quote, quote.totals()) if quote.is_draft else []
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        letter = Letter(given["to"], given["subject"], given["message"])
        try:
            sending.send(quote, letter, revision=given["revision"], actor=request.user)
        except QuoteRefused as fault:
            form.add_error(None, str(fault))
        else:
            toast(request, f"{quote} sent to {letter.to}")
            return done(request, quote.get_absolute_url())
    return answered(request, "send", quote, form, approval_reasons=reasons)


def first_words(quote: Quote, request: SignedInRequest) -> dict[str, Any]:
    """Return what the letter says unless the rep writes otherwise."""
    lead = quote.deal.lead
    return {
        "revision": quote.revision,
        "to": lead.email or "",
        "subject": f"Quote {quote} from {Organisation.get().name}",
        "message": MESSAGE.format(name=lead, sender=request.user),
    }


@allow(SALES)
@require_POST
def ask(request: SignedInRequest, pk: int) -> HttpResponse:
    quote = visible_quote(request, pk)
    try:
        approving.ask(quote, actor=request.user)
    except QuoteRefused as fault:
        toast(request, str(fault), level="warning")
    else:
        names = ", ".join(str(user) for user in approving.managers_for(quote)) or "nobody"
        toast(request, f"Asked for approval: {names}")
    return redirect(quote)


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """A manager approves what is over a limit, or declines it with a note."""
    quote = visible_quote(request, pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        approved = form.cleaned_data["answer"] == "approve"
        try:
            approving.answer(
                quote, approved=approved, note=form.cleaned_data["note"], actor=request.user
            )
        except approving.NotYours as fault:
            raise PermissionDenied(str(fault)) from fault
        except QuoteRefused as fault:
            toast(request, str(fault), level="warning")
        else:
            toast(request, f"{quote} {'approved' if approved else 'declined'}")
        return done(request, quote.get_absolute_url())
    unlisted = quote.lines.filter(list_minor=None)
    return answered(request, "answer", quote, form, sums=quote.totals(), unlisted=unlisted)


@allow(SALES)
@require_POST
def take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    quote = visible_quote(request, pk)
    try:
        approving.take_back(quote)
    except QuoteRefused as fault:
        toast(request, str(fault), level="warning")
    return redirect(quote)
