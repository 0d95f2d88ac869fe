"""What the text of one cell means. Pure; every function raises ValueError with the reason.

An ambiguous date such as 03/04/05 is refused until the user has said how dates are written.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from django_countries import countries

from crm.common.money import NotMoney
from crm.importing import refusals
from crm.importing.amounts import read_amount
from leads.models import CompanySize
from leads.normalising import BadValue, email_address, one_line, phone_number, several

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001
SERIAL = re.compile(r"\d{5}(\.\d+)?")
MIDNIGHT = time()
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
EXPONENT = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d\d+")
PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[a-z0-9_]+(?:[.+-][a-z0-9_]+)*")
COUNT = re.compile(r"[0-9]+|[0-9]{1,3}(?:[.,'’\s][0-9]{3})+")
LONGEST_COUNT = 18
YES = {
    "yes", "y", "true", "t", "1", "x", "on", "ja", "oui", "si", "sí", "sim",
    "opted-in", "opt-in", "subscribed",
}  # fmt: skip
NO = {"no", "n", "false", "f", "0", "off", "nein", "non", "não"}


@dataclass(frozen=True)
class Context:
    """How the file's values are meant: its dates, its money, and what time it is.

    decimal_sign: "." or ",", for all amounts of the file; "" reads each as it stands
    """

    zone: ZoneInfo
    date_format: str
    currency: str
    now: datetime
    decimal_sign: str = ""


def text(value: str, most: int) -> str:
    """Return the text on one line, composed (NFC), without invisible marks.

    most: the longest that is kept; more is refused, never cut
    """
    if not (value.isascii() and value.isprintable()):
        return one_line(value, most)
    value = " ".join(value.split())
    if len(value) > most:
        raise ValueError(f"Is longer than {most} characters.")
    return value


def external_id(value: str) -> str:
    """Return the identifier as written. 1.2E+16 is refused: a spreadsheet has lost its digits."""
    bare = text(value, 200)
    if SHORTENED.fullmatch(bare):
        raise ValueError(f"“{bare}” was shortened by a spreadsheet; its digits are lost.")
    return bare


def email(value: str) -> str:
    """Return the address in lower case. Raises ValueError if mail could not reach it."""
    bare = value.strip().removeprefix("mailto:")
    local, _, domain = bare.lower().rpartition("@")
    if PLAIN_LOCAL.fullmatch(local) and good_domain(domain):
        return f"{local}@{domain}"
    try:
        return email_address(bare)
    except BadValue as fault:
        raise ValueError(f"“{shown(bare)}” is not an e-mail address.") from fault


def emails(value: str) -> str:
    """Return several addresses as one text, whatever stands between them."""
    return several(value, email)


def phones(value: str) -> str:
    """Return several numbers as one text, whatever stands between them."""
    return several(value, phone)


@lru_cache(4096)
def good_domain(domain: str) -> bool:
    """Return whether an ASCII domain can have addresses, by the full check; most are met often."""
    try:
        return domain.isascii() and bool(email_address(f"a@{domain}"))
    except BadValue:
        return False


def mixes_alphabets(address: str) -> bool:
    """Return whether the domain mixes Latin letters with those of another alphabet."""
    domain = address.partition("@")[2]
    if domain.isascii():
        return False
    scripts = {unicodedata.name(c, "?").split()[0] for c in domain if c.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN"})


def phone(value: str) -> str:
    """Return the number as written. 4.9E+11 is refused: a spreadsheet has lost its digits."""
    bare = text(value, 40)
    if EXPONENT.fullmatch(bare):
        raise ValueError(f"“{bare}” was shortened by a spreadsheet; its digits are lost.")
    return phone_number(bare)


@lru_cache(16384)
def moment(value: str, context: Context) -> datetime:
    """Return the moment in UTC; a day without a time begins at midnight of the file's zone.

    Midnight of another zone is a day too: many programs write 2024-03-05 as 2024-03-05T00:00Z.

    Raises ValueError for no date, an ambiguous one, or one before 1900 or after 2100.
    """
    bare = " ".join(value.split())
    local = read_date(bare, context.date_format)
    if local is None:
        raise ValueError(why_no_date(bare, context.date_format))
    if not FIRST_DAY <= local.date() <= LAST_DAY:
        raise ValueError(f"“{shown(bare)}” is not a likely date.")
    if local.tzinfo is None or local.time() == MIDNIGHT:
        local = local.replace(tzinfo=context.zone)
    return local.astimezone(UTC)


def past_moment(value: str, context: Context) -> datetime:
    """Return a moment of history, as `moment` does. Raises ValueError if it lies ahead."""
    found = moment(value, context)
    if found > context.now:
        raise ValueError(f"“{shown(value)}” lies in the future.")
    return found


def day(value: str, context: Context) -> date:
    """Return the day as it is written: neither a time behind it nor a zone moves it."""
    moment(value, context)
    written = read_date(" ".join(value.split()), context.date_format)
    assert written is not None
    return written.date()


@lru_cache(16384)
def read_date(value: str, date_format: str) -> datetime | None:
    """Return the date by the chosen format, else by ISO 8601, else as Excel's day number."""
    if date_format:
        found = by_format(value, date_format)
        if found:
            return found
    if re.match(r"\d{4}-\d\d", value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    if SERIAL.fullmatch(value):
        return EXCEL_EPOCH + timedelta(seconds=round(float(value) * 86400))
    return None


def by_format(value: str, date_format: str) -> datetime | None:
    """Return the date as strptime reads it, with or without a time of the day behind it."""
    plain = re.sub(r"[ T]%[HI].*", "", date_format)
    for candidate in dict.fromkeys([date_format, *(plain + clock for clock in TIMES)]):
        try:
            return datetime.strptime(value, candidate)  # noqa: DTZ007
        except ValueError:
            continue
    return None


def why_no_date(value: str, date_format: str) -> str:
    if not date_format and re.match(r"\d{1,2}[/.\- ]\d{1,2}[/.\- ]\d{1,4}\b", value):
        return f"“{shown(value)}” may be more than one date: say how dates are written."
    if date_format:
        return f"“{shown(value)}” is not a date of the form {date_format}."
    return f"“{shown(value)}” is not a date."


def amount(value: str, currency: str, sign: str = "") -> int:
    """Return the minor units of an amount; (100) and -100 are negative and refused.

    sign: the decimal sign of the file, "" if it is not known
    """
    bare = value.strip()
    if bare.startswith(("(", "-", "−")):
        raise ValueError(f"“{shown(bare)}” is negative.")
    try:
        return read_amount(bare, currency, sign)
    except NotMoney as fault:
        raise ValueError(f"“{shown(bare)}”: {fault}") from fault


def signed_amount(value: str, currency: str, sign: str = "") -> int:
    """Return the minor units of an amount; (100) and -100 are a refund."""
    bare = value.strip()
    if bare.startswith("(") and bare.endswith(")"):
        return -amount(bare[1:-1], currency, sign)
    if bare[:1] in ("-", "−"):
        return -amount(bare[1:], currency, sign)
    return amount(bare, currency, sign)


def count(value: str) -> int:
    """Return a whole number such as 1234, “1,234”, “1.234” or 1234.0; none below zero."""
    bare = value.strip()
    if bare.startswith(("-", "−")):
        raise ValueError(f"“{shown(value)}” is negative.")
    if not COUNT.fullmatch(bare):
        bare = re.sub(r"\.0+$", "", bare)
    if not COUNT.fullmatch(bare) or len(bare) > LONGEST_COUNT:
        raise ValueError(f"“{shown(value)}” is not a whole number.")
    return int(re.sub(r"\D", "", bare))


def currency(value: str) -> str:
    code = value.strip().upper()
    if code not in Locale("en").currencies or len(code) != 3:
        raise ValueError(f"“{shown(value)}” is not a currency; use its three letters, such as EUR.")
    return code


@lru_cache(1)
def country_codes() -> dict[str, str]:
    """Return the code of each country by its code, its three letters, and its English name."""
    known = {"usa": "US", "uk": "GB", "great britain": "GB", "england": "GB", "south korea": "KR"}
    for code, name in countries:
        known |= {code.lower(): code, str(countries.alpha3(code)).lower(): code}
        known[name.lower()] = code
        known[name.lower().partition("(")[0].strip().removeprefix("the ")] = code
    names = Locale("en").territories
    known |= {names[code].lower(): code for code, _ in countries if code in names}
    return known


def country(value: str) -> str:
    code = country_codes().get(" ".join(value.lower().split()))
    if not code:
        raise ValueError(f"“{shown(value)}” is not a country that we know.")
    return code


@lru_cache(1024)
def company_size(value: str) -> str:
    """Return the size class of a class's name or of a number of employees."""
    bare = re.sub(r"[\s,.']|employees", "", value.lower()).replace("–", "-").replace("to", "-")
    if bare in CompanySize.values:
        return bare
    if not re.fullmatch(r"[0-9]{1,9}(?:-[0-9]{1,9}|\+)?", bare):
        raise ValueError(f"“{shown(value)}” is not a number of employees.")
    least = int(re.split(r"[-+]", bare)[0])
    bounds = zip((10, 50, 250, 1000), CompanySize.values, strict=False)
    return next((size for bound, size in bounds if least < bound), CompanySize.HUGE.value)


def boolean(value: str) -> bool:
    bare = "-".join(value.lower().split())
    if bare in YES:
        return True
    if bare in NO:
        return False
    raise ValueError(f"“{shown(value)}” is neither yes nor no.")


def consent(value: str) -> bool:
    """Return whether a cell about consent gives it; “opted out on 3 May” does not."""
    return False if refusals.is_refusal(value) else boolean(value)


def opted_out(value: str, context: Context) -> bool | str:
    """Return True where a cell of opting out says so, by a word or a date; "" where it does not.

    What it does not say is no consent. Raises ValueError for a cell that says neither.
    """
    bare = "-".join(value.lower().split())
    if bare in YES or refusals.is_refusal(value):
        return True
    if bare in NO or bare in refusals.NEVER:
        return ""
    if read_date(" ".join(value.split()), context.date_format):
        return True
    raise ValueError(f"“{shown(value)}” does not say whether somebody opted out.")


def shown(value: str) -> str:
    """Return the value short enough, and clean enough, for a message."""
    clean = CONTROL.sub("", value)
    return clean if len(clean) <= 60 else clean[:59] + "…"
