"""What people write into the negotiation log."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.timezone import localdate, make_aware, now

from crm.common.money import NotMoney, parse_money, write_money
from crm.common.money_field import AmountField, currency_choices
from deals.forms import date_input
from deals.models import Deal
from deals.negotiation.models import Entry


def words(rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class EntryForm(forms.ModelForm):
    """An offer or counter-offer: who, when, how much, on which terms; what is given, what for."""

    day = forms.DateField(label="Date", widget=date_input())
    amount = AmountField(required=False, help_text="Of the whole deal, if one was named.")
    worth = AmountField(label="Worth", required=False)

    class Meta:
        model = Entry
        fields = ["side", "status", "currency", "terms", "concession", "in_return", "quote"]
        labels = {
            "side": "Who offers",
            "concession": "What is given",
            "in_return": "What for",
            "quote": "Quote",
        }
        help_texts = {"concession": "", "in_return": "", "quote": ""}
        widgets = {
            "side": forms.RadioSelect,
            "terms": words(),
            "concession": words(1),
            "in_return": words(1),
        }

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        entry: Entry | None = kwargs.get("instance")
        kwargs["initial"] = initial_of(entry, deal)
        super().__init__(*args, **kwargs)
        self.fields["currency"] = forms.ChoiceField(choices=currency_choices(deal.currency))
        self.fields["side"] = forms.ChoiceField(
            label="Who offers", choices=Entry.Side.choices, widget=forms.RadioSelect
        )
        quote = self.fields["quote"]
        if isinstance(quote, forms.ModelChoiceField) and quote.queryset is not None:
            quote.queryset = quote.queryset.filter(deal=deal)
            quote.empty_label = "None"

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > localdate():
            raise forms.ValidationError("This day is in the future.")
        return day

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for name in ("amount", "worth"):
            given[name] = self.money(name)
        if given["worth"] is not None and not given.get("concession"):
            self.add_error("concession", "Say what it is.")
        if not (given["amount"] is not None or given.get("terms") or given.get("concession")):
            self.add_error("terms", "Say what was offered: an amount, terms or a concession.")
        return given

    def money(self, name: str) -> int | None:
        """Return an amount in minor units, None for a blank one; a fault is the field's error."""
        text, code = self.cleaned_data.get(name) or "", self.cleaned_data.get("currency")
        if not text.strip() or not code:
            return None
        try:
            return parse_money(text, code)
        except NotMoney as fault:
            self.add_error(name, str(fault))
            return None

    def values(self) -> dict[str, Any]:
        """Return what the services write."""
        given = self.cleaned_data
        names = ("side", "status", "currency", "terms", "concession", "in_return", "quote")
        return {name: given[name] for name in names} | {
            "day": given["day"],
            "at": self.moment_of(given["day"]),
            "amount_minor": given["amount"],
            "concession_minor": given["worth"],
        }

    def moment_of(self, day: date) -> datetime:
        """Return when it was, if the day stays; now for today, else noon where the user is."""
        entry: Entry = self.instance
        if entry.pk and entry.day == day:
            return entry.at
        return now() if day == localdate() else make_aware(datetime.combine(day, time(12)))


def initial_of(entry: Entry | None, deal: Deal) -> dict[str, Any]:
    if entry is None:
        return {"side": Entry.Side.US, "day": localdate(), "currency": deal.currency}
    code = entry.currency
    amount, worth = entry.amount_minor, entry.concession_minor
    return {
        "day": entry.day,
        "amount": "" if amount is None else write_money(amount, code),
        "worth": "" if worth is None else write_money(worth, code),
    }
