"""What is known of a lead or deal, and the one dialog that qualifies a lead and opens its deal."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from crm.common.htmx import conflict, done, refused, toast, wants_partial
from crm.funnel.ledger import LeadMoved
from crm.stages import WITH_SALES, MoveNotAllowed, Stage
from crm.users.models import User
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals.models import Deal
from deals.qualification import services
from deals.qualification.forms import MOST_COLLEAGUES, WORDS, ConvertForm, QualificationForm
from deals.qualification.models import Qualification
from deals.qualification.services import StaleQualification
from deals.services import LEADS_TO_DEAL, NotAllowedNow
from deals.views.records import visible_deal
from deals.views.tabs import show_tab
from leads import companies
from leads.models import Lead, LeadQuerySet

TAB = "qualification"
SHOWN_FROM = WITH_SALES | {Stage.CUSTOMER, Stage.LOST}
LEAD_CHANGED = "lead-changed"


def seen_lead(request: SignedInRequest, pk: int) -> Lead:
    leads = Lead.objects.visible_to(request.user).select_related("company", "owner")
    return get_object_or_404(leads, pk=pk)


def shown(known: Qualification, checklist: list[str]) -> dict[str, Any]:
    """Return what a panel or tab shows: each part in words, the checklist with its ticks."""
    lines = [(label, getattr(known, name)) for name, label in WORDS.items()]
    ticks = [(text, text in known.checked) for text in checklist]
    done_ticks = sum(done for _, done in ticks)
    return {"known": known, "lines": lines, "ticks": ticks, "done_ticks": done_ticks}


@allow(EVERYBODY)
@require_GET
def lead_panel(request: SignedInRequest, pk: int) -> HttpResponse:
    """The panel of a lead's record, while it has no deal."""
    lead = seen_lead(request, pk)
    known = services.of_lead(lead)
    context = {
        "lead": lead,
        "hidden": known.is_empty and lead.stage not in SHOWN_FROM,
        "edit_url": reverse("qualification:lead-edit", args=[pk]) if is_seller(request) else "",
        **shown(known, services.checklist_of(None)),
    }
    return render(request, "qualification/_panel.html", context)


def is_seller(request: SignedInRequest) -> bool:
    return request.user.role in SALES


@allow(EVERYBODY)
@require_GET
def deal_tab(request: SignedInRequest, pk: int) -> HttpResponse:
    deal = visible_deal(request, pk)
    edit = reverse("qualification:deal-edit", args=[pk]) if is_seller(request) else ""
    context = {"edit_url": edit, **shown(services.of_deal(deal), services.checklist_of(deal))}
    return show_tab(request, deal, TAB, "qualification/_tab.html", context)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def lead_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    lead = seen_lead(request, pk)
    known, checklist = services.of_lead(lead), services.checklist_of(None)
    return edit(request, known, checklist, lead.get_absolute_url(), LEAD_CHANGED)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def deal_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    deal = visible_deal(request, pk)
    known, checklist = services.of_deal(deal), services.checklist_of(deal)
    return edit(request, known, checklist, reverse("qualification:deal", args=[pk]), "")


def edit(
    request: SignedInRequest, known: Qualification, checklist: list[str], back: str, event: str
) -> HttpResponse:
    """Show or take the form of what is known."""
    form = QualificationForm(request.POST or None, known=known, checklist=checklist)
    context = {"known": known, "form": form, "back": back, "part": "qualification/_form.html"}
    name = "qualification/_form.html" if wants_partial(request) else "qualification/form.html"
    if request.method == "GET":
        return render(request, name, context)
    if not form.is_valid():
        return refused(request, name, context)
    version = known.version if "overwrite" in request.POST else form.seen_version
    try:
        services.write(known, form.said(), version=version, actor=request.user)
    except StaleQualification as fault:
        return conflict(request, name, context | {"who": fault.who, "view_url": back})
    toast(request, "Qualification saved")
    return done(request, back, event=event)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def convert(request: SignedInRequest, pk: int) -> HttpResponse:
    """A lead that sales works is qualified and becomes a deal, by one dialog."""
    lead = seen_lead(request, pk)
    form = ConvertForm(
        request.POST or None,
        lead=lead,
        known=services.of_lead(lead),
        checklist=services.checklist_of(None),
        colleagues=colleagues(lead, request.user),
    )
    context = {
        "lead": lead,
        "form": form,
        "possible": lead.stage in LEADS_TO_DEAL,
        "may_only_qualify": lead.stage == Stage.SAL,
    }
    if request.method == "POST" and form.is_valid():
        try:
            return carry_out(request, lead, form)
        except FAULTS as fault:
            form.add_error(None, str(fault) or "Somebody else moved the lead meanwhile.")
    name = "qualification/_convert.html" if wants_partial(request) else "qualification/convert.html"
    return refused(request, name, context) if form.is_bound else render(request, name, context)


FAULTS = (
    NotAllowedNow,
    MoveNotAllowed,
    LeadMoved,
    StaleQualification,
    companies.CompanyNotAccepted,
)


def carry_out(request: SignedInRequest, lead: Lead, form: ConvertForm) -> HttpResponse:
    """Do what the dialog's button asks for: qualify alone, or qualify and open the deal."""
    said, version = form.said(), form.seen_version
    if "only" in request.POST:
        services.qualify(lead, said, version=version, actor=request.user)
        toast(request, f"{lead} is sales-qualified")
        return done(request, lead.get_absolute_url(), event=LEAD_CHANGED)
    deal = make_deal(lead, form, request.user)
    toast(request, f"Deal “{deal}” opened")
    return done(request, deal.get_absolute_url())


def make_deal(lead: Lead, form: ConvertForm, actor: User) -> Deal:
    """Open the deal that the dialog describes, its company matched."""
    given, company = form.cleaned_data, lead.company
    if company is None and given["company"]:
        company = companies.match_or_create(given["company"], actor=actor)
    return services.convert(
        lead,
        form.said(),
        version=form.seen_version,
        actor=actor,
        people=given.get("people", ()),
        name=given["name"],
        amount_minor=given["amount"],
        currency=given["currency"],
        stage=given["stage"],
        company=company,
        close_on=given["close_on"],
        next_step=form.step(),
    )


def colleagues(lead: Lead, user: User) -> LeadQuerySet:
    """Return others of the lead's company whom the user sees: they may take part in the deal."""
    others = Lead.objects.visible_to(user).exclude(pk=lead.pk)
    company = companies.of_lead(lead)
    if company is None:
        return others.none()
    chosen = others.filter(company=company).order_by("-score", "pk")[:MOST_COLLEAGUES]
    return Lead.objects.filter(pk__in=list(chosen.values_list("pk", flat=True)))
