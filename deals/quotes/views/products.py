"""Settings of sales: the price list, and what every quote says."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.common.keyset import Order, page
from crm.users.permissions import SALES, SALES_MANAGERS, SignedInRequest, allow
from deals.quotes import products
from deals.quotes.models import Product, QuoteSettings
from deals.quotes.product_forms import ProductForm, QuoteSettingsForm

BY_NAME = Order("name", str, descending=False)


@allow(SALES)
@require_GET
def product_list(request: SignedInRequest) -> HttpResponse:
    """The price list; archived products at `?archived=1`."""
    archived, text = request.GET.get("archived") == "1", request.GET.get("q", "").strip()
    found = Product.objects.filter(is_active=not archived).search(text)
    shown = page(found.prefetch_related("prices"), BY_NAME, request.GET)
    context = {
        "rows": shown.rows,
        "older": shown.older(request.GET, request.path),
        "newer": shown.newer(request.GET, request.path),
        "archived": archived,
        "q": text,
        "may_edit": request.user.role in SALES_MANAGERS,
    }
    return render(request, "quotes/products.html", context)


@allow(SALES)
@require_GET
def product_export(request: SignedInRequest) -> Any:
    answer = StreamingHttpResponse(products.csv_lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="price-list-{localdate()}.csv"'
    return answer


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def product_create(request: SignedInRequest) -> HttpResponse:
    return product_form(request, Product(), "New product")


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def product_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return product_form(request, get_object_or_404(Product, pk=pk), "Edit the product")


def product_form(request: SignedInRequest, product: Product, title: str) -> HttpResponse:
    form = ProductForm(request.POST or None, instance=product)
    if request.method == "POST" and form.is_valid():
        products.save_product(form.instance, form.cleaned_data["prices"])
        toast(request, f"“{product}” saved")
        return done(request, reverse("quotes:products"))
    return asked(request, form, "quotes/_product_form.html", title)


def asked(request: SignedInRequest, form: BaseForm, part: str, title: str) -> HttpResponse:
    """Answer with the dialog of a form, on a page of its own without script; 422 with errors."""
    context: dict[str, Any] = {"form": form, "part": part, "title": title}
    name = part if wants_partial(request) else "quotes/setting.html"
    return refused(request, name, context) if form.is_bound else render(request, name, context)


@allow(SALES_MANAGERS)
@require_POST
def product_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product, pk=pk)
    gone = products.remove_product(product)
    toast(request, f"“{product}” {'deleted' if gone else 'archived: quotes name it'}")
    return redirect("quotes:products")


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def quote_settings(request: SignedInRequest) -> HttpResponse:
    form = QuoteSettingsForm(request.POST or None, instance=QuoteSettings.get())
    if request.method == "POST" and form.is_valid():
        form.save()
        toast(request, "Quote settings saved")
        return redirect("quotes:settings")
    context = {"form": form, "title": "Quotes"}
    if form.is_bound:
        return refused(request, "quotes/settings.html", context)
    return render(request, "quotes/settings.html", context)
