"""The words that every template speaks: values, links, states. Usage: docs/components.md.

A template builtin, so no page loads it. The parts that enclose other content (page header,
card, table, dialog) are in `tandem_blocks`, what moves about a list in `tandem_lists`, what its
rows repeat in `tandem_rows`, numbers, states and forms in `tandem_parts`.
"""

from datetime import date, datetime
from functools import lru_cache

from django import template
from django.contrib.messages.storage.base import Message
from django.http import QueryDict
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crm.common import formats
from crm.common.htmx import UNDO
from crm.common.templatetags import (
    tandem_blocks,
    tandem_icons,
    tandem_lists,
    tandem_parts,
    tandem_rows,
)
from crm.common.templatetags.tandem_icons import icon as _icon
from crm.common.templatetags.tandem_lists import address
from crm.stages import EXPLANATIONS, Stage

register = template.Library()
for library in (tandem_blocks, tandem_icons, tandem_lists, tandem_parts, tandem_rows):
    register.tags.update(library.register.tags)
    register.filters.update(library.register.filters)

register.filter("money", formats.money)
register.filter("money_short", formats.money_short)
register.filter("duration", formats.duration)

HUES = {
    **{stage.value: stage.value for stage in Stage},
    "recycled": "closed",
    "disqualified": "closed",
    "lost": "closed",
}
STATUSES = {
    "overdue": ("danger", "alert-triangle", "Overdue"),
    "today": ("won", "bolt", "Today"),
    "none": ("warning", "help", "No next activity"),
    "planned": ("quiet", "calendar", "Planned"),
    "rotting": ("danger", "clock", "Rotting"),
    "done": ("won", "check", "Done"),
    "waiting": ("handoff", "clock", "Waiting"),
    "paused": ("closed", "player-pause", "Paused"),
    "failed": ("danger", "circle-x", "Failed"),
    "draft": ("quiet", "pencil", "Draft"),
    "live": ("won", "activity", "Live"),
}

ARROWS = {
    "up": ("arrow-up", "up"),
    "down": ("arrow-down", "down"),
    "flat": ("arrow-right", "unchanged"),
}
UNKNOWN_CHANGE = mark_safe('<span class="delta is-flat">n/a</span>')  # noqa: S308


@register.filter
def percent(share: formats.Number | None, digits: int = 0) -> str:
    return formats.percent(share, digits)


@register.filter
def number(value: formats.Number | None, digits: int = 0) -> str:
    return formats.number(value, digits)


@register.filter
def undo_url(message: Message) -> str:
    """Return where a toast can be taken back, or nothing."""
    return message.extra_tags[len(UNDO) :] if (message.extra_tags or "").startswith(UNDO) else ""


@register.simple_tag
def tag(text: str, tone: str = "quiet", icon: str = "", title: str = "") -> SafeString:
    drawn = _icon(icon, size=12) if icon else ""
    hint = format_html(' title="{}"', title) if title else ""
    return format_html('<span class="tag tag-{}"{}>{}{}</span>', tone, hint, drawn, text)


@register.simple_tag
def stage_tag(stage: str, label: str = "") -> SafeString:
    """Name a stage in the hue of the team that owns it."""
    return drawn_stage(str(getattr(stage, "value", stage) or ""), str(label))


@lru_cache(256)
def drawn_stage(value: str, label: str) -> SafeString:
    if value in Stage.values:
        known = Stage(value)
        hint = format_html(' title="{}"', EXPLANATIONS[known])
        return format_html(
            '<span class="tag tag-{}"{}>{}</span>', HUES[value], hint, label or known.label
        )
    return tag(
        label or {"handoff": "Waiting for sales"}.get(value, value.capitalize()), value or "quiet"
    )


@register.simple_tag
def status_tag(status: str, text: str = "") -> SafeString:
    tone, drawn, word = STATUSES[status]
    return tag(text or word, tone, drawn)


@register.simple_tag
def ago(moment: datetime | None, none: str = "never") -> SafeString:
    """Say how long ago (or how soon), the full moment in the user's zone as title."""
    if moment is None:
        return format_html('<span class="text-body-secondary">{}</span>', none)
    return _time(moment, formats.relative(moment), "ago")


@register.simple_tag
def at(moment: datetime | None, none: str = formats.DASH, zone: bool = False) -> SafeString:
    if moment is None:
        return format_html('<span class="text-body-secondary">{}</span>', none)
    return _time(moment, formats.moment(moment, zone=zone), "at")


@register.simple_tag
def day(value: date | None, none: str = formats.DASH) -> SafeString:
    if value is None:
        return format_html('<span class="text-body-secondary">{}</span>', none)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.day(value))


def _time(moment: datetime, text: str, kind: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}" data-time="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        formats.moment(moment, zone=True),
        kind,
        text,
    )


@register.simple_tag
def delta(change: float | None, good: str = "up", points: bool = False) -> SafeString:
    """Say how a number changed: arrow, word and amount. Good news is green, bad news red.

    change: 0.12 is 12 % (with `points`: 12 percentage points) more; None is n/a
    good: up or down, the direction that we want
    """
    if change is None:
        return UNKNOWN_CHANGE
    direction = "flat" if abs(change) < 0.0005 else "up" if change > 0 else "down"
    tone = "flat" if direction == "flat" else "good" if direction == good else "bad"
    arrow, word = ARROWS[direction]
    text = f"{formats.number(abs(change) * 100, 1)} pp" if points else formats.percent(abs(change))
    drawn = _icon(arrow, label=word, size=12)
    return format_html('<span class="delta is-{}">{}{}</span>', tone, drawn, text)


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: object) -> str:
    """Return the present address with some parameters replaced; None takes one away."""

    def put(query: QueryDict) -> None:
        for name, value in changes.items():
            _put(query, name, value)

    return address(context, put)


@register.simple_tag(takes_context=True)
def url_without(context: Context, name: str, value: object = None) -> str:
    """Return the present address without a parameter, or without one of its values."""

    def drop(query: QueryDict) -> None:
        kept = [] if value is None else [v for v in query.getlist(name) if v != str(value)]
        query.setlist(name, kept)
        _put(query, "page", None)

    return address(context, drop)


def _put(query: QueryDict, name: str, value: object) -> None:
    if value is None:
        query.pop(name, None)
    else:
        query[name] = str(value)
