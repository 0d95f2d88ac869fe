"""Received words made inert: what cannot be kept, is not seen, or turns the direction. Pure."""

import re

CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
TRICKS = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Marks that nobody sees and that turn the direction of what follows."""
UNKNOWN = re.compile("[\x80-\x84\x86-\x9f]")
BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85]")


def clean(text: str) -> str:
    """Return `text` without control characters and marks of direction, lines ended by \\n.

    A byte that no charset knows is shown as one (U+FFFD), not left out.
    """
    text = BREAKS.sub("\n", text)
    text = TRICKS.sub("", CONTROLS.sub("", text))
    return UNKNOWN.sub("\ufffd", text)


def one_line(text: str, longest: int) -> str:
    """Return `text` clean on one line, cut to so many characters."""
    return " ".join(clean(text[: longest * 4]).split())[:longest].strip()
