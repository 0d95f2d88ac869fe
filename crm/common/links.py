"""Addresses of records, made from a remembered pattern: a list page makes hundreds of them."""

from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse

MARK = 7_000_000_000
"""Stands for a key in a pattern; no address holds a number like this by itself."""


def link(view: str, *keys: int | str) -> str:
    """Return what `reverse(view, args=keys)` does, in a tenth of the time.

    keys: primary keys, and few different words
    Raises NoReverseMatch.
    """
    words = tuple(None if isinstance(key, int) else key for key in keys)
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    return pattern(view, words, urlconf, get_script_prefix()).format(*keys)


@lru_cache(1024)
def pattern(view: str, words: tuple[str | None, ...], urlconf: str, prefix: str) -> str:
    """Return the view's address with {0}, {1} ... in the places of the keys that are no words."""
    keys = [MARK + place if word is None else word for place, word in enumerate(words)]
    path = reverse(view, urlconf, args=keys)
    for place, word in enumerate(words):
        if word is None:
            path = path.replace(str(MARK + place), f"{{{place}}}")
    return path
