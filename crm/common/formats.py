"""How money, shares, numbers and times are written: for pages, exports and mails alike."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, wraps
from typing import ParamSpec

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import get_language, gettext_noop, to_locale
from django.utils.translation import gettext as _

Number = int | float | Decimal
P = ParamSpec("P")
DASH = "–"
SMALL_SHARE = 0.01
MINUTE, HOUR, DAY = 60, 3600, 86400


def remembered(write: Callable[P, str]) -> Callable[P, str]:
    """Keep what was written in a language: a table writes the same few values again and again."""

    @lru_cache(8192)
    def in_language(language: str | None, *args: P.args, **kwargs: P.kwargs) -> str:
        return write(*args, **kwargs)

    @wraps(write)
    def kept(*args: P.args, **kwargs: P.kwargs) -> str:
        return in_language(get_language(), *args, **kwargs)  # type: ignore[arg-type]

    return kept


def active_locale() -> Locale:
    """Return Babel's locale of the active language; English for one that Babel lacks."""
    return locale_of(get_language() or "en")


@lru_cache(64)
def locale_of(language: str) -> Locale:
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def major(minor: Number, currency: str) -> Decimal:
    """Return an amount in the currency's own unit: 12345 in EUR is 123.45, in JPY 12345."""
    return Decimal(str(minor)).scaleb(-get_currency_precision(currency))


@remembered
def money(minor: Number | None, currency: str) -> str:
    """Write an amount of minor units (cents) of an ISO 4217 currency. None is a dash."""
    if minor is None or minor == "":
        return DASH
    return format_currency(major(minor, currency), currency, locale=active_locale())


@remembered
def money_whole(minor: Number | None, currency: str) -> str:
    """Write an amount in whole units of its currency: €12,346. None is a dash."""
    if minor is None or minor == "":
        return DASH
    locale = active_locale()
    pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
    amount = round(major(minor, currency))
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


@remembered
def money_short(minor: Number | None, currency: str) -> str:
    """Write an amount for a tile: €950, €12.3K, €1.2M. None is a dash."""
    if minor is None or minor == "":
        return DASH
    amount, digits = major(minor, currency), 1
    if abs(amount) < 1000:
        digits = 0
    return format_compact_currency(amount, currency, locale=active_locale(), fraction_digits=digits)


@remembered
def number(value: Number | None, digits: int = 0) -> str:
    """Write a number with grouping and exactly `digits` decimals. None is a dash."""
    if value is None or value == "":
        return DASH
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=active_locale())


@remembered
def percent(share: Number | None, digits: int = 0) -> str:
    """Write a share (1 is 100 %) with `digits` decimals; below 1 % with one at least.

    None, where there is nothing to divide by, is n/a.
    """
    if share is None or share == "":
        return _("n/a")
    if 0 < abs(float(share)) < SMALL_SHARE:
        digits = max(1, digits)
    locale = active_locale()
    pattern = locale.percent_formats[None].pattern
    if digits:
        pattern = pattern.replace("0", "0." + "0" * digits)
    return format_percent(share, format=pattern, locale=locale)


def duration(span: Number | timedelta | None) -> str:
    """Write a span of seconds in its two largest units: 3 d 4 h, 2 h 10 m, 5 m. None is a dash."""
    if span is None or span == "":
        return DASH
    seconds = abs(int(span.total_seconds() if isinstance(span, timedelta) else span))
    days, hours, minutes = seconds // DAY, seconds % DAY // HOUR, seconds % HOUR // MINUTE
    if days:
        parts = [(days, _("d")), (hours, _("h"))]
    elif hours:
        parts = [(hours, _("h")), (minutes, _("m"))]
    else:
        parts = [(minutes, _("m"))]
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or _("less than 1 m")


def relative(moment: datetime, now: datetime | None = None) -> str:
    """Write how far a moment is from now, in one unit: just now, 3 min ago, in 2 d."""
    seconds = ((now or timezone.now()) - moment).total_seconds()
    size = abs(seconds)
    if size < MINUTE:
        return _("just now")
    text = largest_unit(int(size))
    return _("%s ago") % text if seconds > 0 else _("in %s") % text


UNITS = (
    (HOUR, MINUTE, gettext_noop("min")),
    (DAY, HOUR, gettext_noop("h")),
    (60 * DAY, DAY, gettext_noop("d")),
    (730 * DAY, 30 * DAY, gettext_noop("mo")),
)


def largest_unit(seconds: int) -> str:
    """Write a positive span in its largest unit: 3 min, 5 h, 2 d, 4 mo, 1 y."""
    for limit, size, unit in UNITS:
        if seconds < limit:
            return f"{seconds // size} {_(unit)}"
    return f"{seconds // (365 * DAY)} {_('y')}"


def day(value: date | datetime) -> str:
    """Write a day: 12 Mar 2026. A moment is taken in the active time zone."""
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return day_words(value.toordinal())


@remembered
def day_words(ordinal: int) -> str:
    """Write the day of a proleptic Gregorian ordinal."""
    return date_format(date.fromordinal(ordinal), _("j M Y"))


def moment(value: datetime, *, zone: bool = False) -> str:
    """Write a moment in the active time zone: 12 Mar 2026, 14:05; `zone` adds its name."""
    local = timezone.localtime(value)
    text = f"{day_words(local.toordinal())}, {local:%H:%M}"
    return f"{text} {local.tzname()}" if zone else text
