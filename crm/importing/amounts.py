"""Amounts as files write them: read by their currency's digits and by the column they stand in.

Pure. A currency says how many decimals an amount can have, so “1500.00” JPY is 1500 and “1,500” JPY
cannot have decimals. Where both readings of a text are possible (“12.750” BHD is twelve or twelve
thousand), the other amounts of the column decide; if they cannot, the user is asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crm.common.money import LARGEST, MOST_DIGITS, SPACES, NotMoney, exponent, strip_currency

POINT, COMMA = ".", ","
SIGNS = {POINT: "point", COMMA: "comma"}
SHAPE = re.compile(r"(?=[.,]*\d)[\d.,]+")
GROUPED = {
    POINT: re.compile(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}"),
    COMMA: re.compile(r"[1-9]\d{0,2}(?:\.\d{2,3})*\.\d{3}"),
}
"""Whole numbers with groups of digits, by the sign that is then the decimal one."""


@dataclass(frozen=True)
class Evidence:
    """What a column of amounts says about its decimal sign.

    sign: "." or ","; "" if the column does not show it
    doubtful: an amount that can be read in two ways, with its currency; None if there is none
    """

    sign: str = ""
    doubtful: tuple[str, str] | None = None

    @property
    def is_question(self) -> bool:
        return not self.sign and self.doubtful is not None


def read_amount(text: str, currency: str, sign: str = "") -> int:
    """Return the minor units of an amount. Raises NotMoney with the reason if there is no such.

    sign: the decimal sign of the column; "" if it is not known: then the text must have one reading
    """
    found = readings(text, currency)
    if not found:
        raise NotMoney(why_not(text, currency))
    if sign and sign not in found:
        raise NotMoney(f"It does not fit: in this file, a {SIGNS[sign]} marks the decimals.")
    minor = found[sign] if sign else only_reading(text, currency, found)
    if minor > LARGEST:
        raise NotMoney("This amount is too large.")
    return minor


def only_reading(text: str, currency: str, found: dict[str, int]) -> int:
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    if exponent(currency) < 3:
        return found[group_reading(text)]
    raise NotMoney("It can be read in two ways: say which sign marks the decimals.")


def readings(text: str, currency: str) -> dict[str, int]:
    """Return the minor units by each decimal sign with which the text is an amount."""
    digits = SPACES.sub("", strip_currency(text, currency))
    if not SHAPE.fullmatch(digits):
        return {}
    both = {sign: read_with(digits, sign, exponent(currency)) for sign in SIGNS}
    return {sign: minor for sign, minor in both.items() if minor is not None}


def read_with(digits: str, sign: str, places: int) -> int | None:
    """Return the minor units if `sign` marks the decimals; zeros beyond `places` say nothing."""
    whole, _, decimals = digits.partition(sign)
    if not (decimals.isdigit() or not decimals):
        return None
    decimals = decimals.rstrip("0")
    if len(decimals) > places or not is_whole(whole, sign):
        return None
    whole = re.sub(r"\D", "", whole)
    if len(whole) > MOST_DIGITS:
        return None
    minor: int = int(whole or "0") * 10**places + int(decimals.ljust(places, "0") or "0")
    return minor


def is_whole(text: str, sign: str) -> bool:
    """Return whether this is a whole number, or nothing, before the decimal `sign`."""
    return not text or text.isdigit() or GROUPED[sign].fullmatch(text) is not None


def group_reading(text: str) -> str:
    """Return the decimal sign of a text whose only sign is taken to part groups of digits."""
    return COMMA if POINT in text else POINT


def evidence(amounts: Iterable[tuple[str, str]]) -> Evidence:
    """Return what a column's amounts, with their currencies, say together.

    An amount with one reading is sure. Three digits behind a single sign are a group where the
    currency has fewer decimals, unless a sure amount says otherwise.
    """
    sure: set[str] = set()
    likely: set[str] = set()
    doubtful = None
    for text, currency in amounts:
        found = readings(text, currency)
        if len(found) == 1:
            sure |= found.keys()
        elif len(set(found.values())) == 2:
            if exponent(currency) < 3:
                likely.add(group_reading(text))
            if exponent(currency) >= 3 or len(likely) == 2:
                doubtful = doubtful or (text, currency)
    return Evidence(sure.pop() if len(sure) == 1 else "", doubtful)


def why_not(text: str, currency: str) -> str:
    """Return why a text is no amount of the currency under any reading."""
    places = exponent(currency)
    bare = SPACES.sub("", strip_currency(text, currency))
    if re.fullmatch(r"\d*[.,]\d+", bare):
        return f"{currency} has {places or 'no'} decimals."
    if SHAPE.fullmatch(bare):
        return "The groups of digits are not complete."
    return "Enter an amount, such as 1234 or 1234.50."
