"""The forms of the wizard: the file, what its columns are, how its values are written."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from crm.common.formats import money
from crm.importing import values
from crm.importing.amount_columns import column_evidence
from crm.importing.amounts import COMMA, POINT, SIGNS, Evidence, readings
from crm.importing.fields import Field, NotMappable, checked_mapping
from crm.importing.guessing import guess
from crm.importing.models import Import
from crm.importing.reading import ENCODINGS, Raw
from crm.importing.rights import KINDS, fields_of, refused
from crm.users.models import Organisation, User

DATE_FORMATS = {
    "": "Year-month-day",
    "%d-%m-%Y": "Day-month-year",
    "%d.%m.%Y": "Day.month.year",
    "%d/%m/%Y": "Day/month/year",
    "%m/%d/%Y": "Month/day/year",
    "%m-%d-%Y": "Month-day-year",
    "%Y/%m/%d": "Year/month/day",
    "%d.%m.%y": "Day.month.year, two digits",
    "%d/%m/%y": "Day/month/year, two digits",
    "%m/%d/%y": "Month/day/year, two digits",
    "%d %b %Y": "Day, month's name, year",
    "%b %d, %Y": "Month's name, day, year",
}
ENOUGH = 0.8
DELIMITERS = {
    "": "Found out by itself", ",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar",
}  # fmt: skip


def kinds_for(user: User) -> list[tuple[str, str]]:
    """Return what this user may import."""
    return [(kind.value, str(kind.label)) for kind in Import.Kind if user.role in KINDS[kind]]


class UploadForm(forms.Form):
    """A file and what is in it."""

    kind = forms.ChoiceField(label="What is in the file?", widget=forms.RadioSelect)
    file = forms.FileField(
        label="File",
        help_text="CSV or Excel (.xlsx). The first row names the columns.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        max_length=None,
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["kind"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = kinds_for(user)
        choice.initial = choice.initial or Import.Kind.LEADS

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if not file.size:
            raise forms.ValidationError("The file is empty.")
        if file.size > settings.IMPORT_MAX_BYTES:
            most = filesizeformat(settings.IMPORT_MAX_BYTES)
            raise forms.ValidationError(f"The file is larger than {most}. Split it.")
        return file


class LayoutForm(forms.Form):
    """How the file is written, where Tandem did not find that out rightly."""

    encoding = forms.ChoiceField(required=False, choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(
        label="Columns are parted by", required=False, choices=list(DELIMITERS.items())
    )
    sheet = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, source: Import, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": source.options, **kwargs})
        sheets = source.options.get("sheets", [])
        if sheets:
            del self.fields["encoding"], self.fields["delimiter"]
            choice = self.fields["sheet"]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = [(name, name) for name in sheets]
        else:
            del self.fields["sheet"]


class MappingForm(forms.Form):
    """A column for each field, how dates are written, and what is done with known records."""

    date_format = forms.ChoiceField(label="How dates are written", required=False)
    time_zone = forms.ChoiceField(label="Time zone of the file")
    decimal_sign = forms.ChoiceField(label="How amounts are written", required=False)
    duplicates = forms.ChoiceField(
        label="When a record is there already", choices=Import.Duplicates.choices
    )

    def __init__(self, *args: Any, source: Import, user: User, rows: list[Raw], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.source, self.rows, self.user = source, rows, user
        self.known = fields_of(source.kind, user, source.created_by)
        guessed = source.mapping or guess(source.kind, source.columns, user, source.created_by)
        columns = [("", "–"), *((column, column) for column in source.columns)]
        for field in self.known:
            self.fields[f"map_{field.name}"] = forms.ChoiceField(
                label=field.label, choices=columns, required=False,
                initial=guessed.get(field.name, ""),
                widget=forms.Select(attrs=self.asking_for_samples(field)),
            )  # fmt: skip
        self.offer_options(guessed)

    def asking_for_samples(self, field: Field) -> dict[str, str]:
        """Return a select's attributes: a change shows what the chosen column holds."""
        return {
            "class": "form-select",
            "hx-get": reverse("importing:sample", args=[self.source.pk]),
            "hx-target": f"#sample-{field.name}",
            "hx-trigger": "change",
        }

    def offer_options(self, guessed: dict[str, str]) -> None:
        """Offer the date formats that the samples allow, with what they make of one."""
        dates = self.sample_dates(guessed)
        fitting = fitting_formats(dates)
        example = dates[0] if dates else ""
        choices = [(fmt, described(fmt, example)) for fmt in fitting or DATE_FORMATS]
        if len(fitting) > 1:
            choices.insert(0, ("?", "Choose one: the file's dates can be read in several ways"))
        elif dates and not fitting:
            choices.insert(0, ("?", f"Choose one: “{example}” is none of these"))
        options = self.source.options
        chosen = options.get("date_format", choices[0][0])
        self.set_choices("date_format", choices, chosen)
        self.offer_decimal_signs(guessed)
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
        zone = options.get("time_zone") or Organisation.get().time_zone
        self.set_choices("time_zone", zones, zone)
        self.fields["duplicates"].initial = self.source.duplicates

    def offer_decimal_signs(self, guessed: dict[str, str]) -> None:
        """Offer what may mark the decimals of amounts; ask where the column does not show it."""
        if not any(field.is_amount for field in self.known):
            del self.fields["decimal_sign"]
            return
        found = column_evidence(self.source, self.chosen(guessed))
        choices = [(sign, sign_described(sign, found)) for sign in SIGNS]
        if found.is_question:
            choices.insert(0, ("?", "Choose one: the file's amounts can be read in two ways"))
        elif not found.sign:
            choices.insert(0, ("", "As each amount shows"))
        chosen = self.source.options.get("decimal_sign") or found.sign or choices[0][0]
        self.set_choices("decimal_sign", choices, chosen)

    def chosen(self, guessed: dict[str, str]) -> dict[str, str]:
        """Return the mapping so far: what was sent, else what is guessed."""
        if not self.is_bound:
            return guessed
        return {field.name: self.data.get(f"map_{field.name}", "") for field in self.known}

    def set_choices(self, name: str, choices: list[tuple[str, str]], initial: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices, field.initial = choices, initial

    def sample_dates(self, guessed: dict[str, str]) -> list[str]:
        """Return the values of the columns that hold dates, in the first rows."""
        mapped = self.chosen(guessed)
        named = {mapped.get(field.name) for field in self.known if field.is_date}
        places = [i for i, column in enumerate(self.source.columns) if column in named]
        cells = (row.cells[i].strip() for row in self.rows for i in places if i < len(row.cells))
        return list(dict.fromkeys(cell for cell in cells if cell))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = {field.name: str(data.get(f"map_{field.name}") or "") for field in self.known}
        mapping = {name: column for name, column in chosen.items() if column}
        if told := refused(self.user, self.source.kind, self.sent()):
            self.add_error(None, f"Not yours to import: {told}.")
        try:
            data["mapping"] = checked_mapping(self.source.kind, mapping, self.source.columns)
        except NotMappable as fault:
            self.add_error(None, str(fault))
        dated = any(field.is_date and field.name in mapping for field in self.known)
        if data.get("date_format") == "?":
            if dated:
                self.add_error("date_format", "Choose how dates are written.")
            data["date_format"] = ""
        if data.get("decimal_sign") == "?":
            self.add_error("decimal_sign", "Choose which sign marks the decimals of amounts.")
        return data

    def sent(self) -> dict[str, str]:
        """Return all that was sent as a column of a field, also of fields that are not offered."""
        prefix = "map_"
        return {
            name.removeprefix(prefix): column
            for name, column in self.data.items()
            if name.startswith(prefix) and column
        }

    @property
    def left_out(self) -> str:
        """Columns of the file that their names make fields which this user may not write."""
        return refused(self.user, self.source.kind, guess(self.source.kind, self.source.columns))

    def lines(self) -> list[tuple[Field, forms.BoundField, list[str]]]:
        """Return for each field its select and sample values of the column chosen."""
        lines = []
        for field in self.known:
            bound = self[f"map_{field.name}"]
            lines.append((field, bound, sample_values(self.source, self.rows, bound.value())))
        return lines


def sample_values(source: Import, rows: Iterable[Raw], column: str, most: int = 3) -> list[str]:
    """Return the first different values of a column, shortened."""
    if column not in source.columns:
        return []
    place = source.columns.index(column)
    cells = (row.cells[place].strip() for row in rows if place < len(row.cells))
    found = list(dict.fromkeys(cell for cell in cells if cell))[:most]
    return [cell if len(cell) <= 24 else cell[:23] + "…" for cell in map(values.shown, found)]


def sign_described(sign: str, found: Evidence) -> str:
    """Return a decimal sign in words, with what it makes of an amount that can be read twice."""
    name = f"A {SIGNS[sign]} marks the decimals"
    if found.doubtful is None:
        return f"{name}: " + {POINT: "1,234.50", COMMA: "1.234,50"}[sign]
    text, currency = found.doubtful
    return f"{name}: {text} is {money(readings(text, currency)[sign], currency)}"


def fitting_formats(dates: list[str]) -> list[str]:
    """Return the formats by which the most samples are dates, those that see the same days once.

    A few samples may be no dates at all; if that is more than one in five, no format fits.
    """
    fitting: dict[tuple[datetime | None, ...], str] = {}
    for fmt in DATE_FORMATS:
        read = tuple(plausible(values.read_date(date, fmt)) for date in dates)
        fitting.setdefault(read, fmt)
    good = {read: sum(at is not None for at in read) for read in fitting}
    most = max(good.values(), default=0)
    enough = most >= ENOUGH * len(dates) > 0
    return [fmt for read, fmt in fitting.items() if good[read] == most and enough]


def plausible(at: datetime | None) -> datetime | None:
    return at if at and values.FIRST_DAY <= at.date() <= values.LAST_DAY else None


def described(fmt: str, example: str) -> str:
    """Return a date format in words, with the file's own date read by it."""
    at = values.read_date(example, fmt) if example else None
    return f"{DATE_FORMATS[fmt]}: {example} is {at:%-d %B %Y}" if at else DATE_FORMATS[fmt]
