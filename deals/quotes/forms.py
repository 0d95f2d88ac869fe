"""What people write into a quote. What it comes to is computed by the services."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from crm.common.money import CURRENCIES, NotMoney
from crm.common.money_field import AmountField, currency_choices
from crm.common.names import NameInput
from deals.forms import date_input
from deals.quotes.discounts import (
    AMOUNT,
    PERCENT,
    NotADiscount,
    parse_discount,
    write_discount,
)
from deals.quotes.models import Product, Quote, QuoteLine
from deals.quotes.prices import parse_price, write_price
from deals.quotes.services import NewLine, list_price, today
from leads.normalising import BadValue, many_lines, one_line

EMPTY_LINES, MOST_LINES = 1, 200


class ProductSelect(forms.Select):
    """A choice of products that tells the browser what each would fill in."""

    facts: Mapping[str, dict[str, str]] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        facts = self.facts.get(str(value), {})
        option["attrs"] |= {f"data-{key}": fact for key, fact in facts.items()}
        return option


class DiscountWidget(forms.MultiWidget):
    """The number, and beside it what it counts: per cent, unless money is chosen."""

    def __init__(self) -> None:
        number = forms.TextInput(
            {"inputmode": "decimal", "autocomplete": "off", "aria-label": "Discount"}
        )
        unit = forms.Select({"aria-label": "Unit of the discount", "data-discount-unit": ""})
        super().__init__({"": number, "unit": unit})

    def decompress(self, value: Any) -> list[Any]:
        return list(value or ("", PERCENT))

    def id_for_label(self, id_: str) -> str:
        return id_


class DiscountField(forms.MultiValueField):
    """A discount as typed: (number, unit). `offer` names the currency that the unit may be."""

    def __init__(self) -> None:
        unit = forms.ChoiceField(choices=[(PERCENT, "%"), (AMOUNT, AMOUNT)], required=False)
        parts = (forms.CharField(max_length=40, required=False), unit)
        super().__init__(parts, widget=DiscountWidget(), require_all_fields=False, required=False)

    def offer(self, currency: str) -> None:
        self.widget.widgets[1].choices = [(PERCENT, "%"), (AMOUNT, currency)]

    def compress(self, data_list: list[Any]) -> tuple[str, str]:
        text, unit = data_list or ("", PERCENT)
        return text or "", unit or PERCENT


def offer_currency(form: forms.Form, currency: str) -> None:
    """Let the form's discount be an amount of this currency."""
    field = form.fields["discount"]
    assert isinstance(field, DiscountField)
    field.offer(currency)


class LineForm(forms.Form):
    """One line: a product or words; what is left blank, the price list fills in."""

    product = forms.ChoiceField(required=False, widget=ProductSelect)
    text = forms.CharField(label="Description", required=False, max_length=500)
    quantity = forms.DecimalField(
        max_digits=12, decimal_places=3, initial=1, min_value=Decimal("0.001")
    )
    price = AmountField(label="Unit price", required=False)
    discount = DiscountField()
    tax_rate = forms.DecimalField(
        label="Tax, %", max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False
    )

    def __init__(
        self, *args: Any, currency: str, products: Mapping[int, Product], facts: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.products = currency, products
        field = self.fields["product"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Own words"), *((str(p.pk), p.name) for p in products.values())]
        if isinstance(field.widget, ProductSelect):
            field.widget.facts = facts
        offer_currency(self, currency)
        for name in ("quantity", "tax_rate"):
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def shown(self) -> list[tuple[str, forms.BoundField]]:
        """Return the fields in their order, for the template."""
        return [(name, self[name]) for name in self.fields if name != "DELETE"]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        product = self.products.get(int(given.get("product") or 0))
        given["line"] = None
        if not product and not given.get("text") and not given.get("price"):
            return given
        if not product and not given.get("text"):
            self.add_error("text", "Say what this is, or choose a product.")
        self.clean_money(product)
        if not self.errors:
            given["line"] = self.line(product)
        return given

    def clean_money(self, product: Product | None) -> None:
        """Turn price and discount into numbers; a fault is the field's error."""
        given = self.cleaned_data
        try:
            text = (given.get("price") or "").strip()
            given["price"] = parse_price(text, self.currency) if text else None
            if given["price"] is None and list_price(product, self.currency) is None:
                self.add_error("price", f"The price list has none in {self.currency}: enter one.")
        except NotMoney as fault:
            self.add_error("price", str(fault))
        try:
            text, unit = given.get("discount") or ("", PERCENT)
            given["taken_off"] = parse_discount(text, self.currency, unit)
        except NotADiscount as fault:
            self.add_error("discount", str(fault))

    def clean_text(self) -> str:
        try:
            return one_line(self.cleaned_data["text"], 500)
        except BadValue as fault:
            raise forms.ValidationError(str(fault)) from fault

    def line(self, product: Product | None) -> NewLine:
        given = self.cleaned_data
        percent, minor = given["taken_off"]
        rate = given.get("tax_rate")
        return NewLine(
            text=given["text"],
            quantity=given["quantity"],
            price=given["price"],
            product=product,
            tax_rate=rate if rate is not None else product.tax_rate if product else Decimal(0),
            discount_percent=percent,
            discount_minor=minor,
        )


class FactsForm(forms.Form):
    """Whom the quote is for, until when, in which currency, and what is taken off the whole."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    customer = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=1000)
    currency = forms.ChoiceField()
    valid_until = forms.DateField(widget=date_input())
    discount = DiscountField()
    terms = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, quote: Quote, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "revision": quote.revision,
            "customer": quote.customer,
            "currency": quote.currency,
            "valid_until": quote.valid_until,
            "discount": write_discount(quote.discount, quote.currency),
            "terms": quote.terms,
        }
        super().__init__(*args, **kwargs)
        self.fields["discount"].label = "Discount on the whole"
        offer_currency(self, quote.currency)
        currency = self.fields["currency"]
        if isinstance(currency, forms.ChoiceField):
            currency.choices = currency_choices(quote.currency)

    def clean_valid_until(self) -> Any:
        day = self.cleaned_data["valid_until"]
        if day < today():
            raise forms.ValidationError("This day is over.")
        return day

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        try:
            for name in ("customer", "terms"):
                given[name] = many_lines(given.get(name, ""))
            text, unit = given.get("discount") or ("", PERCENT)
            given["taken_off"] = parse_discount(text, given.get("currency", "EUR"), unit)
        except BadValue as fault:
            self.add_error("customer", str(fault))
        except NotADiscount as fault:
            self.add_error("discount", str(fault))
        return given

    def facts(self) -> dict[str, Any]:
        """Return what `services.write_draft` wants."""
        percent, minor = self.cleaned_data["taken_off"]
        names = ("customer", "currency", "valid_until", "terms")
        return {name: self.cleaned_data[name] for name in names} | {
            "discount_percent": percent,
            "discount_minor": minor,
        }


Lines = BaseFormSet


def line_forms(quote: Quote, data: Any = None) -> Lines:
    """Return the forms of a draft's lines, the present ones and a blank one."""
    currency = str(data.get("currency", "")) if data is not None else quote.currency
    currency = currency if currency in {*CURRENCIES, quote.currency} else quote.currency
    present = list(quote.lines.all())
    used = [line.product_id for line in present if line.product_id]
    products = {p.pk: p for p in products_for(used)}
    kwargs = {"currency": currency, "products": products, "facts": facts_of(products, currency)}
    initial = [written(line, quote.currency) for line in present]
    factory = formset_factory(
        LineForm, extra=EMPTY_LINES, max_num=MOST_LINES, can_delete=True, validate_max=True
    )
    return factory(data, initial=initial, form_kwargs=kwargs, prefix="line")


def products_for(used: list[int]) -> Any:
    """Return the products that a line may name: those offered, and those it names already."""
    found = Product.objects.offered() | Product.objects.filter(pk__in=used)
    return found.prefetch_related("prices")


def facts_of(products: Mapping[int, Product], currency: str) -> dict[str, dict[str, str]]:
    """Return what each product fills into a line in this currency, as text."""
    found = {}
    for pk, product in products.items():
        price = list_price(product, currency)
        found[str(pk)] = {
            "price": "" if price is None else write_price(price, currency),
            "tax": f"{product.tax_rate.normalize():f}",
            "unit": product.unit,
        }
    return found


def written(line: QuoteLine, currency: str) -> dict[str, Any]:
    """Return a line as its form shows it."""
    return {
        "product": str(line.product_id or ""),
        "text": line.text,
        "quantity": f"{line.quantity.normalize():f}",
        "price": write_price(line.price_minor, currency),
        "discount": write_discount(line.discount, currency),
        "tax_rate": f"{line.tax_rate.normalize():f}",
    }


def lines_of(forms_: Lines) -> list[NewLine]:
    """Return the lines that were written, blank and removed ones left out."""
    kept = [form.cleaned_data for form in forms_ if form.cleaned_data]
    return [row["line"] for row in kept if row.get("line") and not row.get("DELETE")]


class AnswerForm(forms.Form):
    """A manager's answer to what is over a limit."""

    answer = forms.ChoiceField(
        choices=[("approve", "Approve"), ("decline", "Decline")], widget=forms.RadioSelect
    )
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("answer") == "decline" and not given.get("note", "").strip():
            self.add_error("note", "Say what would have to change.")
        return given


class LetterForm(forms.Form):
    """The mail that brings the quote."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    to = forms.EmailField(label="To")
    subject = NameInput(max_length=200)
    message = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), max_length=5000)


class AcceptForm(forms.Form):
    """A customer's yes: his name, typed."""

    name = NameInput(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def clean_name(self) -> str:
        try:
            return one_line(self.cleaned_data["name"], 120)
        except BadValue as fault:
            raise forms.ValidationError(str(fault)) from fault
