"""Addresses of records, made from a remembered pattern: a list page makes hundreds of them."""

from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse

MARK = 7_000_000_000
"""Stands for a key in a pattern; no address holds a number like this by itself."""


def link(view: str, *keys: int) -> str:
    """Return what `reverse(view, args=keys)` does, in a tenth of the time.

    Raises NoReverseMatch.
    """
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    return pattern(view, len(keys), urlconf, get_script_prefix()).format(*keys)


@lru_cache(1024)
def pattern(view: str, count: int, urlconf: str, prefix: str) -> str:
    """Return the view's address with {0}, {1} ... in the places of its keys."""
    path = reverse(view, urlconf, args=range(MARK, MARK + count))
    for place in range(count):
        path = path.replace(str(MARK + place), f"{{{place}}}")
    return path
