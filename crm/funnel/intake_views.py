"""Entering a lead by hand."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from crm.common.htmx import done, refused, toast
from crm.funnel.causes import Cause, Code
from crm.funnel.intake import take_in
from crm.users.models import Role
from crm.users.permissions import WRITERS, SignedInRequest, allow
from leads.companies import CompanyNotAccepted
from leads.duplicates import Duplicate, for_user
from leads.forms import NewLeadForm
from leads.models import Lead
from leads.services import EmailTaken, LeadNotAccepted

TEMPLATE = "funnel/lead_create.html"


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def lead_create(request: SignedInRequest) -> HttpResponse:
    """A new lead; a rep's own is his, anybody else's waits for routing."""
    form = NewLeadForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "GET":
        return render(request, TEMPLATE, {"form": form})
    if form.is_valid() and (lead := taken_in(request, form)):
        toast(request, f"{lead} is in the funnel")
        return done(request, lead.get_absolute_url())
    return refused(request, TEMPLATE, {"form": form, "duplicates": known(request, form)})


def taken_in(request: SignedInRequest, form: NewLeadForm) -> Lead | None:
    """Create the lead that the form describes; None with its errors if something is refused."""
    owner = request.user if request.user.role == Role.REP else None
    try:
        with transaction.atomic():
            cause = Cause(Code.BY_HAND)
            return take_in(actor=request.user, cause=cause, owner=owner, **form.values())
    except (LeadNotAccepted, CompanyNotAccepted) as refusal:
        form.refuse(refusal.errors)
        form.refusal = refusal
        return None


def known(request: SignedInRequest, form: NewLeadForm) -> list[tuple[Duplicate, bool]]:
    """Return the lead that has the refused address already, and whether the user may open it."""
    if not isinstance(form.refusal, EmailTaken):
        return []
    same = Duplicate(form.refusal.lead, "Same e-mail address", certain=True)
    return for_user([same], request.user)
