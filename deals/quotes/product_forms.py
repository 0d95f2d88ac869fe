"""Forms of the price list, and of what every quote says."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models.functions import Lower

from crm.common.money import NotMoney, write_money
from crm.common.money_field import AmountField, clean_money, currency_choices
from crm.users.models import Organisation
from deals.quotes.models import Product, QuoteSettings
from deals.quotes.prices import parse_price, write_price


class ProductForm(forms.ModelForm):
    """A product and its prices, with room for one currency more than it has."""

    class Meta:
        model = Product
        fields = ["name", "sku", "description", "unit", "tax_rate", "is_active"]
        labels = {"tax_rate": "Tax, %", "is_active": "Offered"}
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "is_active": "Off: archived. Quotes keep it, new lines cannot name it.",
            "unit": "piece, hour, user, month",
            "tax_rate": "",
        }

    field_order = ["name", "sku", "unit", "tax_rate", "description"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = Organisation.get().currency
        rows = list(self.instance.prices.all()) if self.instance.pk else []
        self.places = range(max(2, len(rows) + 1))
        for place in self.places:
            row = rows[place] if place < len(rows) else None
            currency = row.currency if row else first if place == 0 else ""
            self.fields[f"price_{place}"] = AmountField(
                label="Price" if not place else f"Price {place + 1}",
                required=False,
                initial=write_price(row.amount_minor, row.currency) if row else "",
            )
            self.fields[f"currency_{place}"] = forms.ChoiceField(
                label="Currency" if not place else f"Currency {place + 1}",
                required=False,
                choices=[("", "–"), *currency_choices(first)],
                initial=currency,
            )

    def price_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return amount and currency of each price, for the template."""
        return [(self[f"price_{place}"], self[f"currency_{place}"]) for place in self.places]

    def clean_sku(self) -> str:
        sku: str = self.cleaned_data["sku"].strip()
        others = Product.objects.exclude(pk=self.instance.pk).annotate(low=Lower("sku"))
        if sku and others.filter(low=sku.lower()).exists():
            raise forms.ValidationError("Another product has this SKU.")
        return sku

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        prices: dict[str, Decimal] = {}
        for place in self.places:
            text, code = given.get(f"price_{place}", "").strip(), given.get(f"currency_{place}")
            if not text:
                continue
            if not code:
                self.add_error(f"currency_{place}", "In which currency?")
            elif code in prices:
                self.add_error(f"currency_{place}", f"There is a price in {code} already.")
            else:
                self.read_price(place, text, code, prices)
        given["prices"] = prices
        return given

    def read_price(self, place: int, text: str, code: str, prices: dict[str, Decimal]) -> None:
        try:
            prices[code] = parse_price(text, code)
        except NotMoney as fault:
            self.add_error(f"price_{place}", str(fault))


class QuoteSettingsForm(forms.ModelForm):
    """Our address and terms, and from where on a manager is asked."""

    LIMITS = {"amount": "approve_minor", "unlisted": "approve_unlisted_minor"}

    amount = AmountField(
        label="Approval above an amount of",
        required=False,
        help_text="In the organisation's currency. Blank: no such limit.",
    )
    unlisted = AmountField(
        label="Approval of lines without a list price above",
        required=False,
        help_text="All together, if a discount has a limit. 0: every such line. Blank: no limit.",
    )

    class Meta:
        model = QuoteSettings
        fields = ["address", "terms", "valid_days", "approve_percent"]
        labels = {"approve_percent": "Approval above a discount of, %", "terms": "Usual terms"}
        help_texts = {
            "address": "Stands on top of every quote, with tax and register numbers.",
            "approve_percent": "Of the price list, all discounts together. Blank: no such limit.",
        }
        widgets = {
            "address": forms.Textarea(attrs={"rows": 4}),
            "terms": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = Organisation.get().currency
        for name, column in self.LIMITS.items():
            minor = getattr(self.instance, column)
            if minor is not None:
                self.fields[name].initial = write_money(minor, self.currency)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        given["currency"] = self.currency
        for name, column in self.LIMITS.items():
            blank = not (given.get(name) or "").strip()
            clean_money(self, name)
            setattr(self.instance, column, None if blank else self.cleaned_data.get(name))
        return given
