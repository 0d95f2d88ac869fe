"""Forms of the organisation: its name, money, clock, working week and holidays."""

from datetime import time
from functools import cache
from typing import Any

import holidays
from babel.numbers import get_currency_name, get_territory_currencies
from django import forms
from django.utils.dates import WEEKDAYS
from django_countries import countries

from crm.common.freshness import FreshForm
from crm.people.forms import DAY, zones
from crm.users.amounts import records_with_amounts
from crm.users.models import Holiday, Organisation, usual_week

FIRST = ("EUR", "USD", "GBP", "CHF")
CONFIRMED = "currency_confirmed"
CLOCK = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
CURRENCY = "In which reports count; fixed once amounts are stored. Deals may have others."
CHANGE = (
    "Reports, forecast, quotas, budgets and the planner will count in the new currency only; new"
    " deals and quotes start with it. Nothing is converted."
)
"""What changes with the organisation's currency."""


@cache
def currencies() -> list[tuple[str, str]]:
    """Return the currencies that are in use anywhere: the usual four, then by code."""
    used = {code for country in countries.countries for code in get_territory_currencies(country)}
    codes = [*FIRST, *sorted(used - set(FIRST))]
    return [(code, f"{code} – {get_currency_name(code, locale='en')}") for code in codes]


@cache
def holiday_countries() -> list[tuple[str, str]]:
    """Return the countries whose public holidays are known."""
    known = set(holidays.list_supported_countries())
    return [("", "None"), *((code, name) for code, name in countries if code in known)]


class WeekForm(forms.ModelForm):
    """The working week: for each weekday whether, from when and until when people work."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = self.instance.workdays or usual_week()
        for day, name in WEEKDAYS.items():
            hours = week[day] or ["09:00", "17:00"]
            self.fields[f"works_{day}"] = forms.BooleanField(
                required=False, label=str(name), initial=week[day] is not None
            )
            for part, at in zip(("from", "to"), hours, strict=True):
                self.fields[f"{part}_{day}"] = forms.TimeField(
                    required=False, label=f"{name}, {part}", initial=at, widget=CLOCK
                )

    @property
    def week(self) -> list[dict[str, Any]]:
        """Return the fields of each weekday, for the template."""
        return [
            {part: self[f"{part}_{day}"] for part in ("works", "from", "to")} for day in WEEKDAYS
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        week = [self.hours_of(day, values) for day in WEEKDAYS]
        if not any(week) and not self.errors:
            self.add_error(None, "At least one day needs working hours: deadlines run in them.")
        self.instance.workdays = week
        return values

    def hours_of(self, day: int, values: dict[str, Any]) -> list[str] | None:
        """Return the hours of one weekday as they are stored; note the error if they are none."""
        if not values.get(f"works_{day}"):
            return None
        opens: time | None = values.get(f"from_{day}")
        closes: time | None = values.get(f"to_{day}")
        if opens is None or closes is None or closes <= opens:
            self.add_error(f"to_{day}", f"{WEEKDAYS[day]}: the end has to be after the beginning.")
            return None
        return [f"{opens:%H:%M}", f"{closes:%H:%M}"]


class FirstOrganisationForm(WeekForm):
    """What the set-up asks: the rest has sensible defaults."""

    class Meta:
        model = Organisation
        fields = ("name", "currency", "time_zone")
        labels = {"name": "Name of your company"}
        help_texts = {"currency": CURRENCY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"] = forms.ChoiceField(
            choices=currencies(), help_text=self.fields["currency"].help_text
        )
        self.fields["time_zone"] = forms.ChoiceField(choices=zones("Choose…"))
        self.stored_currency = self.instance.currency if self.instance.pk else ""

    def changes_currency(self) -> bool:
        """True if another currency was chosen than reports count in."""
        chosen = self.cleaned_data.get("currency")
        is_stored = Organisation.objects.filter(pk=self.instance.pk).exists()
        return bool(chosen and is_stored and chosen != self.stored_currency)

    def clean_currency(self) -> str:
        """Refuse another currency once there are amounts: they would be read as other money."""
        if self.changes_currency() and (held := records_with_amounts()):
            raise forms.ValidationError(
                f"Reports count in {self.stored_currency}, and amounts are stored already. The"
                f" currency cannot change any more. Amounts are in: {', '.join(held)}."
            )
        return str(self.cleaned_data["currency"])


class OrganisationForm(FreshForm, FirstOrganisationForm):
    """The settings. Another currency is asked for once more: it says what changes."""

    GROUPS = {
        "Company": ("name", "currency", "time_zone", "country"),
        "Handoffs": ("answer_minutes", "remind_percent", "contact_minutes"),
        "Weekly digest": ("digest_weekday", "digest_hour"),
        "Working time": ("holiday_country",),
    }

    class Meta:
        model = Organisation
        fields = (
            "name", "currency", "time_zone", "country", "holiday_country", "answer_minutes",
            "contact_minutes", "remind_percent", "digest_weekday", "digest_hour",
        )  # fmt: skip
        labels = {
            "answer_minutes": "Answer time",
            "contact_minutes": "First contact",
            "remind_percent": "Remind at",
            "holiday_country": "Public holidays of",
        }
        help_texts = {
            "currency": CURRENCY,
            "answer_minutes": "Working minutes a rep has to answer: 240 are four hours.",
            "contact_minutes": "Minutes from accepting to the first contact: 1440 are a day.",
            "remind_percent": "Percent of the answer time after which the rep is reminded.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(
            required=False, choices=[("", "Not said"), *countries]
        )
        self.fields["holiday_country"] = forms.ChoiceField(
            required=False, label="Public holidays of", choices=holiday_countries(),
            help_text="They do not count as working time.",
        )  # fmt: skip
        self.fields["digest_weekday"] = forms.TypedChoiceField(
            label="Day", coerce=int, choices=list(WEEKDAYS.items())
        )
        self.fields["digest_hour"] = forms.TypedChoiceField(
            label="Hour", coerce=int, choices=[(hour, f"{hour}:00") for hour in range(24)]
        )
        for name, low, high in (
            ("answer_minutes", 1, 60 * 24 * 30),
            ("contact_minutes", 1, 60 * 24 * 90),
            ("remind_percent", 1, 99),
        ):
            old = self.fields[name]
            self.fields[name] = forms.IntegerField(
                label=old.label, help_text=old.help_text, min_value=low, max_value=high
            )

        self.fields[CONFIRMED] = forms.BooleanField(
            required=False, label="Yes, change the currency"
        )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean()
        if self.changes_currency() and not values.get(CONFIRMED):
            old, new = self.stored_currency, values["currency"]
            self.add_error(CONFIRMED, f"Tick this to change {old} to {new}.")
        return values

    @property
    def question(self) -> tuple[str, forms.BoundField] | None:
        """Return what another currency changes, and where to say that it is meant."""
        asked = self.is_bound and self.changes_currency()
        return (CHANGE, self[CONFIRMED]) if asked else None

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields beside the week under their headings, for the template."""
        return [(label, [self[name] for name in names]) for label, names in self.GROUPS.items()]


class HolidayForm(forms.ModelForm):
    class Meta:
        model = Holiday
        fields = ("day", "name")
        widgets = {"day": DAY}
