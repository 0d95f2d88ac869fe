"""The suppression list: who gets no marketing mail, and why."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.newsletters import rereading
from campaigns.newsletters.forms import SuppressionForm
from campaigns.views.common import show_form
from crm.common import keyset
from crm.common.htmx import done, toast
from crm.mailing import suppressing
from crm.mailing.models import Suppression
from crm.users.permissions import MARKETING, MARKETING_MANAGERS, SignedInRequest, allow

BY_KEY = keyset.Order("pk", int, descending=True)
LONGEST_SEARCH, SHOWN = 200, 200


@allow(MARKETING)
@require_GET
def suppressed_list(request: SignedInRequest) -> HttpResponse:
    rows = Suppression.objects.all()
    search = request.GET.get("q", "").strip().lower()[:LONGEST_SEARCH].replace("\x00", "")
    if search:
        rows = rows.filter(address__contains=search)
    page = keyset.page(rows, BY_KEY, request.GET)
    context = {
        "page": page,
        "q": search,
        "total": keyset.count_words(keyset.capped_count(rows)),
        "older": page.older(request.GET, request.path),
        "newer": page.newer(request.GET, request.path),
        "may_lift": request.user.role in MARKETING_MANAGERS,
    }
    return render(request, "newsletters/suppressed.html", context)


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    back = reverse("newsletters:suppressed")
    form = SuppressionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address, why = form.cleaned_data["address"], form.cleaned_data["source"]
        source = f"{request.user.name}: {why}" if why else request.user.name
        suppressing.suppress(address, form.reason, source=source)
        toast(request, f"{address} gets no marketing mail")
        return done(request, back)
    return show_form(
        request,
        "newsletters/_suppress.html",
        {"form": form},
        title="Suppress an address",
        back=back,
        back_label="Suppressed addresses",
    )


@allow(MARKETING_MANAGERS)
@require_POST
def lift(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an address off the list. Consent is another matter, and stays as it is.

    Who unsubscribed comes back by confirming in person, by the link that is mailed to them.
    """
    suppression = get_object_or_404(Suppression, pk=pk)
    if suppression.reason == Suppression.Reason.UNSUBSCRIBED:
        toast(
            request,
            "Only the owner of this address can undo that. Open the lead, then “Ask by email”.",
            level="error",
        )
        return done(request, reverse("newsletters:suppressed"))
    suppressing.lift(suppression)
    toast(request, f"{suppression.address or 'The address'} is off the list")
    return done(request, reverse("newsletters:suppressed"))


@allow(MARKETING)
@require_GET
def misread(request: SignedInRequest) -> HttpResponse:
    """Addresses that were called dead, and whose reports do not say so."""
    found = rereading.misread()
    context = {
        "rows": found[:SHOWN],
        "count": len(found),
        "more": max(0, len(found) - SHOWN),
        "may_lift": request.user.role in MARKETING_MANAGERS,
    }
    return render(request, "newsletters/misread.html", context)


@allow(MARKETING_MANAGERS)
@require_POST
def release(request: SignedInRequest) -> HttpResponse:
    """Let all addresses that were misread get marketing mail again, as far as they consent."""
    count = rereading.release()
    toast(request, f"{count:,} addresses are off the list" if count != 1 else "1 address is off")
    return done(request, reverse("newsletters:suppressed"))
