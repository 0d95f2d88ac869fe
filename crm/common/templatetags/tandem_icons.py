"""Icons of the sprite."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "", size: int = 16) -> SafeString:
    """Draw an icon of the sprite. Silent for screen readers unless it has a label."""
    href = static("vendor/icons.svg") + "#" + name
    said = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')  # noqa: S308
    )
    return format_html(
        '<svg class="icon" width="{}" height="{}" {}><use href="{}"></use></svg>',
        size,
        size,
        said,
        href,
    )
