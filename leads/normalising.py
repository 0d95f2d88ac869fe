"""How the words that people type are kept: composed, trimmed, comparable, free of hidden tricks.

Pure: nothing here asks the database.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

import phonenumbers
from email_validator import EmailNotValidError, validate_email

HIDDEN = dict.fromkeys([0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x00AD])
"""Characters that nobody sees and nobody means: zero-width spaces, marks, soft hyphens."""

BIDI = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Characters that turn the direction of what follows, so that a text reads as another."""

DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\u00b7\u2022"), "-")
"""What people and word processors write between the digits of a phone number."""

FORMULA = ("=", "+", "-", "@")
PHONE = re.compile(r"\+?[\d\s()./-]{3,40}((x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
SEPARATOR, MOST_VALUES = ", ", 20
"""Between the addresses or numbers of one person in a text, and how many there may be."""


class BadValue(ValueError):
    """The value cannot be kept; the text says why, in words for the person who typed it."""


def composed(text: str) -> str:
    """Return `text` in NFC without invisible characters.

    Raises BadValue for control characters, lone surrogates and those that turn the direction.
    """
    text = unicodedata.normalize("NFC", text).translate(HIDDEN)
    for char in text:
        if char in BIDI or (unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n\r"):
            raise BadValue(f"Contains a character that cannot be shown (U+{ord(char):04X}).")
    return text


JOINERS = {"\u200c", "\u200d"}
"""Invisible, but part of how Persian, Hindi and emoji are written."""


def inert(text: str) -> str:
    """Return what a stranger typed without what could hide, turn or break it; never refuse it.

    Lone surrogates become a question mark in a box, other control characters a blank.
    """
    return "".join(map(harmless, unicodedata.normalize("NFC", text)))


def harmless(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Cs":
        return "\ufffd"
    if kind == "Cf":
        return char if char in JOINERS else ""
    return " " if kind == "Cc" and char not in "\t\n\r" else char


def one_line(text: str, longest: int = 200) -> str:
    """Return `text` composed, each run of white space as one blank."""
    text = " ".join(composed(text).split())
    if len(text) > longest:
        raise BadValue(f"Is longer than {longest} characters.")
    return text


def many_lines(text: str, longest: int = 20_000) -> str:
    """Return `text` composed, its lines kept, blanks at their ends not."""
    lines = [line.rstrip() for line in composed(text).replace("\r\n", "\n").split("\n")]
    text = "\n".join(lines).strip()
    if len(text) > longest:
        raise BadValue(f"Is longer than {longest} characters.")
    return text


def email_address(text: str) -> str:
    """Return the address in lower case, "" for none. Raises BadValue if mail could not reach it."""
    text = text.strip()
    if not text:
        return ""
    if text.startswith(FORMULA):
        raise BadValue(f"An e-mail address does not start with “{text[0]}”.")
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise BadValue(str(error)) from error
    address = found.normalized.lower()
    if len(address) > 254:
        raise BadValue("Is longer than 254 characters.")
    return address


def phone_number(text: str, country: str = "") -> str:
    """Return the number as +49301234567 where the country tells how, else as it was typed.

    country: ISO 3166 code of who owns the number; without one only + numbers are understood
    """
    text = one_line(text.translate(DASHES).removeprefix("tel:"), 40)
    if not text:
        return ""
    if not PHONE.fullmatch(text):
        raise BadValue("Does not look like a phone number.")
    readings = [text, f"+{text[2:]}"] if text.startswith("00") else [text]
    found = (parsed_phone(reading, country) for reading in readings)
    return next((number for number in found if number), text)


def parsed_phone(text: str, country: str) -> str:
    """Return a valid number as +49301234567, with “ ext 12” where it has one; "" for another."""
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain} ext {number.extension}" if number.extension else plain


def several(values: str | Iterable[str], keep: Callable[[str], str]) -> str:
    """Return several addresses or numbers as one text, each kept by `keep`, none twice.

    values: a list, or a text with a comma, semicolon, bar or line break between them
    """
    given = re.split(r"[,;|\n]", values) if isinstance(values, str) else values
    kept = [value for value in dict.fromkeys(keep(text) for text in given) if value]
    if len(kept) > MOST_VALUES:
        raise BadValue(f"Are more than {MOST_VALUES}.")
    return SEPARATOR.join(kept)


def domain_name(text: str) -> str:
    """Return the bare host of a web address or domain: www.Example.com/about is example.com."""
    text = one_line(text).lower()
    host = re.sub(r"^[a-z]+://", "", text).split("/")[0].split(":")[0].removeprefix("www.")
    if host and ("." not in host or not re.fullmatch(r"[\w.-]+", host)):
        raise BadValue("Does not look like a domain. Write example.com.")
    return host
