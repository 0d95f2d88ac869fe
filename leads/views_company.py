"""The pages of companies: the list, the record, making and editing one, suggestions of names."""

from functools import partial

from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from crm.common import keyset
from crm.common.htmx import done, refused, toast, wants_partial
from crm.common.keyset import Order
from crm.users.models import User
from crm.users.permissions import EVERYBODY, WRITERS, SignedInRequest, allow
from leads import companies
from leads.filter_company import CompanyFilter
from leads.forms import CompanyForm
from leads.models import Company, CompanyQuerySet, Lead
from leads.sample import sample_url
from leads.views import address

BY_NAME = Order("sort_key")
SUGGESTED, LEADS_SHOWN = 12, 20


@require_GET
@allow(EVERYBODY)
@vary_on_headers("HX-Request")
def company_list(request: SignedInRequest) -> HttpResponse:
    chosen = CompanyFilter(request.GET, Company.objects.visible_to(request.user))
    found = chosen.qs if chosen.form.is_valid() else Company.objects.none()
    shown = with_leads(found.select_related("owner").defer("notes"), request.user)
    page = keyset.page(shown, BY_NAME, request.GET)
    path = reverse("leads:company-list")
    context = {
        "filter": chosen,
        "page": page,
        "older": page.older(request.GET, path),
        "newer": page.newer(request.GET, path),
        "count_words": keyset.count_words(keyset.capped_count(found)),
        "may_create": request.user.role in WRITERS,
        "sample_url": partial(sample_url, request.user),
    }
    fragment = wants_partial(request)
    template = "leads/_companies.html" if fragment else "leads/company_list.html"
    return render(request, template, context)


def with_leads(rows: CompanyQuerySet, user: User) -> CompanyQuerySet:
    """Add `lead_count`: how many leads of the company `user` sees."""
    seen = Lead.objects.visible_to(user).filter(company=OuterRef("pk")).order_by()
    counted = seen.values("company").annotate(number=Count("pk")).values("number")
    count = Coalesce(Subquery(counted, output_field=IntegerField()), 0)
    return rows.annotate(lead_count=count)


@require_GET
@allow(EVERYBODY)
def company_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    company = visible(request, pk)
    leads = Lead.objects.visible_to(request.user).filter(company=company)
    shown = leads.select_related("owner").order_by(F("score").desc(), "pk").defer("notes")
    context = {
        "company": company,
        "leads": shown[:LEADS_SHOWN],
        "lead_count": keyset.capped_count(leads),
        "all_leads": f"{reverse('leads:list')}?company={company.pk}",
        "deals_url": address("deals:company-deals", company.pk),
        "may_write": request.user.role in WRITERS,
    }
    return render(request, "leads/company_detail.html", context)


def visible(request: SignedInRequest, pk: int) -> Company:
    rows = Company.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def company_create(request: SignedInRequest) -> HttpResponse:
    form = CompanyForm(request.POST if request.method == "POST" else None, user=request.user)
    return save_company(request, form, None)


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def company_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    company = visible(request, pk)
    data = request.POST if request.method == "POST" else None
    form = CompanyForm(data, user=request.user, company=company)
    return save_company(request, form, company)


def save_company(
    request: SignedInRequest, form: CompanyForm, company: Company | None
) -> HttpResponse:
    template = "leads/_company_form.html" if wants_partial(request) else "leads/company_form.html"
    context = {"form": form, "company": company}
    if request.method == "GET":
        return render(request, template, context)
    if form.is_valid() and (saved := written(form, company, request.user)):
        toast(request, f"{saved} saved")
        return done(request, saved.get_absolute_url())
    return refused(request, template, context)


def written(form: CompanyForm, company: Company | None, actor: User) -> Company | None:
    """Save what the form holds; None with its errors if a value is refused."""
    try:
        if company is None:
            return companies.create_company(actor=actor, **form.cleaned_data)
        return companies.edit_company(company, form.cleaned_data, actor=actor)
    except companies.CompanyNotAccepted as refusal:
        form.refuse(refusal.errors)
        return None


@require_GET
@allow(EVERYBODY)
def company_options(request: SignedInRequest) -> HttpResponse:
    """Names that begin like what is typed, for the field's suggestions."""
    text = request.GET.get("company", "").strip()
    found = Company.objects.visible_to(request.user).search(text).order_by("sort_key")
    names = found.values_list("name", flat=True)[:SUGGESTED] if text else []
    return render(request, "leads/_company_options.html", {"names": names})
