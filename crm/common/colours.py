"""How well a text reads on a colour, as WCAG 2.2 counts it. Pure; colours are “#rrggbb”."""

import re

COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
WHITE, BLACK = "#ffffff", "#000000"
READABLE = 4.5
"""The least contrast of a text of usual size and its ground (WCAG AA)."""


def is_colour(text: str) -> bool:
    return bool(COLOUR.fullmatch(text))


def luminance(colour: str) -> float:
    """Return how bright a colour is, from 0 (black) to 1 (white)."""
    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 (none) to 21 (black and white)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def text_on(colour: str) -> str:
    """Return white where it is readable on `colour`, else black, which then is."""
    return WHITE if contrast(colour, WHITE) >= READABLE else BLACK
