"""The Quote tab of a deal: its versions, the draft being written, and what it comes to."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from crm.common.htmx import toast
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals.models import Deal
from deals.quotes import approving, pdf, services
from deals.quotes.forms import FactsForm, Lines, line_forms, lines_of
from deals.quotes.models import Quote
from deals.quotes.sending import file_name
from deals.quotes.services import QuoteRefused, StaleQuote
from deals.quotes.totals import totals
from deals.views.records import visible_deal
from deals.views.tabs import show_tab

TAB = "quote"


def visible_quote(request: SignedInRequest, pk: int) -> Quote:
    """Return the quote, 404 if its deal is not the user's to see."""
    quotes = Quote.objects.visible_to(request.user).select_related("deal__owner", "deal__lead")
    return get_object_or_404(quotes, pk=pk)


@allow(EVERYBODY)
@require_GET
def deal_quote(request: SignedInRequest, pk: int) -> HttpResponse:
    """The version that `?version=` names, else the last one."""
    deal = visible_deal(request, pk)
    versions = list(
        Quote.objects.filter(deal=deal).select_related("deal__owner", "asked_by", "answered_by")
    )
    asked = request.GET.get("version", "")
    quote = next(
        (v for v in versions if str(v.version) == asked), versions[0] if versions else None
    )
    context = {"versions": versions, "quote": quote, "may_sell": request.user.role in SALES}
    if quote is not None:
        context |= shown(request, quote)
    return show_tab(request, deal, TAB, "quotes/_tab.html", context)


def shown(request: SignedInRequest, quote: Quote) -> dict[str, Any]:
    """Return what the tab shows of one version: its paper, or the forms of a draft."""
    context: dict[str, Any] = {
        "may_answer": approving.may_answer(quote, request.user),
        "expired": quote.is_expired(services.today()),
        "public_url": request.build_absolute_uri(quote.public_path),
    }
    if quote.is_draft and request.user.role in SALES:
        return context | {"facts": FactsForm(quote=quote), "lines": line_forms(quote)} | sums(quote)
    if quote.state == Quote.State.WAITING:
        context["approval_reasons"] = services.approval_reasons(quote, quote.totals())
    return context | {"paper": pdf.content(quote)}


def sums(quote: Quote) -> dict[str, Any]:
    """Return what a saved draft comes to, and whether a manager must be asked."""
    found = quote.totals()
    return {
        "sums": found,
        "sum_rows": pdf.sum_rows(quote, found),
        "approval_reasons": services.approval_reasons(quote, found),
    }


@allow(SALES)
@require_POST
def create(request: SignedInRequest, pk: int) -> HttpResponse:
    deal: Deal = visible_deal(request, pk)
    return redirect(services.create_quote(deal, actor=request.user))


@allow(SALES)
@require_POST
def save(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save a draft; `then=send` goes on to the letter."""
    quote = visible_quote(request, pk)
    facts, lines = FactsForm(request.POST, quote=quote), line_forms(quote, request.POST)
    if not (facts.is_valid() & lines.is_valid()):
        return again(request, quote, facts, lines, status=422)
    try:
        services.write_draft(
            quote, facts.facts(), lines_of(lines), revision=facts.cleaned_data["revision"]
        )
    except StaleQuote as fault:
        facts.add_error(None, f"{fault} Open it again to see what he wrote.")
        return again(request, quote, facts, lines, status=409)
    except QuoteRefused as fault:
        toast(request, str(fault), level="warning")
        return redirect(quote)
    if request.POST.get("then") == "send":
        return redirect("quotes:send", quote.pk)
    toast(request, f"{quote} saved")
    return redirect(quote)


def again(
    request: SignedInRequest, quote: Quote, facts: FactsForm, lines: Lines, *, status: int
) -> HttpResponse:
    """Show the draft again as it was written, nothing saved."""
    deal = visible_deal(request, quote.deal_id)
    context = {
        "versions": list(Quote.objects.filter(deal=deal)),
        "quote": quote,
        "may_sell": True,
        "facts": facts,
        "lines": lines,
    }
    context |= typed_sums(quote, facts, lines)
    return show_tab(request, deal, TAB, "quotes/_tab.html", context, status=status)


def typed_sums(quote: Quote, facts: FactsForm, lines: Lines) -> dict[str, Any]:
    """Return what the draft comes to as it is typed, without the lines that have an error.

    `quote` takes what was typed, unsaved: its currency is that of the sums.
    """
    given = facts.cleaned_data
    quote.currency = given.get("currency") or quote.currency
    quote.discount_percent, quote.discount_minor = given.get("taken_off", (None, None))
    rows = [services.line_of(quote, n, line) for n, line in enumerate(lines_of(lines), start=1)]
    found = totals([row.as_sum() for row in rows], quote.discount)
    return {
        "sums": found,
        "sum_rows": pdf.sum_rows(quote, found),
        "approval_reasons": services.approval_reasons(quote, found),
        "left_out": sum(bool(form.errors) for form in lines.forms),
    }


@allow(SALES)
@require_POST
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the draft would come to as it is written. Saves nothing."""
    quote = visible_quote(request, pk)
    facts, lines = FactsForm(request.POST, quote=quote), line_forms(quote, request.POST)
    if not (facts.is_valid() & lines.is_valid()):
        return HttpResponse(status=204)
    context = {"quote": quote} | typed_sums(quote, facts, lines)
    return render(request, "quotes/_sums.html", context)


@allow(SALES)
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    quote = visible_quote(request, pk)
    try:
        services.discard(quote)
    except QuoteRefused as fault:
        toast(request, str(fault), level="warning")
    else:
        toast(request, f"{quote} discarded")
    return redirect("quotes:deal-quote", quote.deal_id)


@allow(EVERYBODY)
@require_GET
def quote_pdf(request: SignedInRequest, pk: int) -> HttpResponse:
    """The PDF: of a sent version the very file that was sent."""
    return pdf_answer(visible_quote(request, pk))


def pdf_answer(quote: Quote) -> HttpResponse:
    kept = getattr(quote, "pdf", None)
    content = bytes(kept.content) if kept else pdf.render(quote)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{file_name(quote)}"'
    return answer
