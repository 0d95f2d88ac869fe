"""Text in the one form in which it is searched and ordered: no case, no accents, no apostrophes.

Pure. Both databases keep and compare plain text, so none of it hangs on their collations: every
search key is written by `fold`, and every word that is looked for is folded alike.
"""

import re
import unicodedata

LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
        "ħ": "h", "ŧ": "t", "ŋ": "n", "ĸ": "k", "ſ": "s",
        **dict.fromkeys("'’‘ʼʻ`´′＇‛", ""),
    }
)  # fmt: skip
"""Letters that no decomposition takes apart, and every apostrophe."""

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
MARKS = re.compile("[\u0300-\u036f]")
"""Accents of Latin, Greek and Cyrillic letters; the marks of other scripts are their vowels."""

BETWEEN = re.compile(r"[\s,;|()\[\]{}<>\"“”„«»]+")
DIALLED = re.compile(r"\+?[\d\s()./\-\u2010-\u2014]{5,40}")
LONGEST_SEARCH, MOST_WORDS, FEWEST_DIGITS = 200, 8, 4


def fold(text: str) -> str:
    """Return `text` as it is compared: “Müller, Jürgen” is “muller jurgen”, O’Neal is oneal."""
    if text.isascii():
        plain = text.lower().replace("'", "").replace("`", "")
    else:
        folded = unicodedata.normalize("NFKD", text).casefold()
        parted = unicodedata.normalize("NFKD", folded).translate(LETTERS)
        plain = unicodedata.normalize("NFC", MARKS.sub("", parted))
    return " ".join(word for word in BETWEEN.split(visible(plain)) if word)


def visible(text: str) -> str:
    """Return `text` with blanks for what is no character to see."""
    if text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cs", "Cf") else " " for c in text)


def search_key(*texts: str) -> str:
    """Return what a search looks into: the texts folded, German umlauts also as ae, oe, ue."""
    whole = " ".join(text for text in texts if text)
    key = fold(whole)
    if whole.isascii():
        return key
    umlauts = unicodedata.normalize("NFC", whole).casefold().translate(UMLAUTS)
    other = [word for word in fold(umlauts).split() if word not in key]
    return " ".join([key, *dict.fromkeys(other)])


def sort_key(text: str) -> str:
    """Return what a list is ordered by, whatever the database's collation."""
    return fold(text)[:200]


def phone_key(*numbers: str) -> str:
    """Return the digits of phone numbers as they are searched: without 0, 00 or (0) before them."""
    return " ".join(filter(None, map(digits_of, numbers)))


def digits_of(number: str) -> str:
    bare = re.sub(r"\(0\)|ext\s{0,9}\d{1,9}$", "", number)
    return "".join(str(unicodedata.digit(c)) for c in bare if c.isdigit()).lstrip("0")


def search_words(text: str) -> list[str]:
    """Return what a search for `text` must find: few words, whatever was pasted."""
    return fold(text[:LONGEST_SEARCH]).split()[:MOST_WORDS]


def is_dialled(text: str) -> bool:
    """Return whether `text` may be a phone number, or the end of one."""
    return bool(DIALLED.fullmatch(text.strip())) and len(digits_of(text)) >= FEWEST_DIGITS
