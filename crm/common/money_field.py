"""The form field for an amount: typed in the user's manner, cleaned into minor units."""

from typing import Any

from django import forms

from crm.common.money import CURRENCIES, NotMoney, parse_money, write_money


class AmountField(forms.CharField):
    """Text such as “1,234.50” or “1.234,50”. The form's `currency` says what it becomes.

    Cleaned by the form that holds both: `clean_money(form)` after the fields.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")
        self.widget.attrs.setdefault("autocomplete", "off")


def clean_money(form: forms.BaseForm, amount: str = "amount", currency: str = "currency") -> None:
    """Turn the text in `amount` into minor units of `currency`; a fault is the field's error."""
    text, code = form.cleaned_data.get(amount), form.cleaned_data.get(currency)
    if not code or text is None:
        return
    try:
        form.cleaned_data[amount] = parse_money(text, code) if text.strip() else 0
    except NotMoney as fault:
        form.add_error(amount, str(fault))


def initial_money(minor: int, currency: str) -> dict[str, str]:
    """Return the initial values of both fields."""
    return {"amount": write_money(minor, currency), "currency": currency}


def currency_choices(first: str) -> list[tuple[str, str]]:
    """Return the currencies to choose from, the organisation's first."""
    return [(code, code) for code in dict.fromkeys([first, *CURRENCIES])]
