"""What each row of a list repeats: addresses, people, deadlines, its box to tick.

Drawn here, not by a template of their own: fifty rows with four of them each would spend a third
of a page's time on nothing but entering and leaving templates.
"""

from datetime import datetime
from functools import lru_cache

from django import template
from django.template import Context, defaulttags
from django.template.base import Parser, Token
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe

from crm.common import formats
from crm.common.links import link
from crm.common.templatetags.tandem_icons import icon

register = template.Library()

NO_DEADLINE = mark_safe('<span class="text-body-secondary">–</span>')  # noqa: S308
SIGNS = {"over": "alert-triangle", "late": "alert-triangle", "warn": "alert-triangle",
         "kept": "check", "left": "clock"}  # fmt: skip


class RememberedURL(defaulttags.URLNode):
    """Django's `{% url %}`, which remembers the form of addresses that primary keys complete."""

    def render(self, context: Context) -> str:
        keys = [argument.resolve(context) for argument in self.args]
        if self.kwargs or any(type(key) is not int and not isinstance(key, str) for key in keys):
            return str(super().render(context))
        try:
            found = link(self.view_name.resolve(context), *keys)
        except NoReverseMatch:
            return str(super().render(context))
        if self.asvar:
            context[self.asvar] = found
            return ""
        return conditional_escape(found) if context.autoescape else found


@register.tag
def url(parser: Parser, token: Token) -> RememberedURL:
    node = defaulttags.url(parser, token)
    return RememberedURL(node.view_name, node.args, node.kwargs, node.asvar)


@register.simple_tag
def row_check(value: object, label: object) -> SafeString:
    """Draw the cell that chooses a row."""
    return format_html(
        '<td class="check"><label><input type="checkbox" class="form-check-input" name="ids"'
        ' value="{}" form="bulk" data-check aria-label="Choose {}"></label></td>',
        value,
        label,
    )


@register.simple_tag
def avatar(who: object, size: int = 24) -> SafeString:
    """Draw initials on a soft tint; the name is spoken by the text beside it."""
    return drawn_avatar(str(who or ""), size)


@lru_cache(1024)
def drawn_avatar(name: str, size: int) -> SafeString:
    return format_html(
        '<span class="avatar avatar-{} size-{}" aria-hidden="true" title="{}">{}</span>',
        tint(name),
        size,
        escape(name),
        escape(initials(name) or "?"),
    )


@register.simple_tag
def person(who: object, none: str = "Nobody") -> SafeString:
    """Draw a person with initials, or who is missing."""
    return drawn_person(str(who)) if who else nobody(none)


@lru_cache(1024)
def drawn_person(name: str) -> SafeString:
    return format_html(
        '<span class="person">{}<span class="truncate">{}</span></span>',
        drawn_avatar(name, 20),
        escape(name),
    )


@lru_cache(64)
def nobody(none: str) -> SafeString:
    return format_html(
        '<span class="person is-none"><span class="avatar avatar-none size-20"'
        ' aria-hidden="true"></span>{}</span>',
        none,
    )


def initials(name: str) -> str:
    """Return the first letters of the first and the last word: Ana Costa is AC."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


def tint(name: str) -> int:
    """Return which of the six soft tints a name always has."""
    return sum(name.encode()) % 6


@register.simple_tag
def countdown(
    due: datetime | None, start: datetime | None = None, done: datetime | None = None
) -> SafeString:
    """Say how long is left until the server's deadline, or how it was kept.

    start: when the clock began; from 75 % of the way on it warns
    done: when it was answered; then nothing runs any more
    """
    if due is None:
        return NO_DEADLINE
    if done:
        late = done > due
        span = formats.duration(done - due if late else done - (start or done))
        words = f"{span} late" if late else f"in {span}" if start else "in time"
        return drawn_countdown("late" if late else "kept", due, words)
    left = (due - timezone.now()).total_seconds()
    spent = 1 - left / max(1.0, (due - start).total_seconds()) if start else 0.0
    state = "over" if left < 0 else "warn" if spent >= 0.75 else "left"
    span = formats.duration(left)
    words = f"overdue {span}" if left < 0 else f"{span} left"
    runs = format_html(' data-start="{}"', start.isoformat(timespec="seconds")) if start else ""
    return drawn_countdown(state, due, words, format_html(" data-countdown{}", runs))


def drawn_countdown(state: str, due: datetime, words: str, runs: str = "") -> SafeString:
    return format_html(
        '<span class="countdown is-{}"{}>{}<time datetime="{}" title="Due {}">{}</time></span>',
        state,
        runs,
        icon(SIGNS[state], size=14),
        due.isoformat(timespec="seconds"),
        formats.moment(due),
        words,
    )
