"""What a new MQL definition would do, and offering leads that were held back."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from campaigns.services import previews, releasing
from campaigns.services.explaining import active_rules
from crm.common.freshness import SEEN
from crm.common.htmx import done, toast
from crm.funnel.forms import DefinitionForm
from crm.users.permissions import MANAGERS, SignedInRequest, allow


@allow(MANAGERS)
@require_POST
def definition_preview(request: SignedInRequest) -> HttpResponse:
    """What the MQL definition in the form would do, as one types. Writes nothing."""
    typed = request.POST.copy()
    typed["note"] = typed.get("note") or "not yet said"
    typed.pop(SEEN, None)  # nothing is written: what came in between does no harm
    form, found = DefinitionForm(typed), None
    if form.is_valid():
        rules = active_rules()
        found = previews.compare(rules, rules, definition=form.save(commit=False))
    return render(request, "campaigns/_rule_preview.html", {"preview": found})


@allow(MANAGERS)
@require_POST
def offer_held(request: SignedInRequest) -> HttpResponse:
    """Offer all leads that are held back after a change of rules."""
    count = releasing.offer_all_now(by=request.user)
    leads = "1 lead is" if count == 1 else f"{count:,} leads are"
    toast(request, f"{leads} being offered to sales")
    return done(request, reverse("campaigns:rules"))
