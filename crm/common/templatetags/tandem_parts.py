"""Numbers, charts without a library, states and forms: parts that are given data, not content."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.common import parts
from crm.common.htmx import answer_of

register = template.Library()


@register.inclusion_tag("components/kpi.html")
def kpi(
    label: str,
    value: object,
    url: str = "",
    delta: float | None = None,
    hint: str = "",
    help: str = "",
    good: str = "up",
    series: Sequence[float] | None = None,
    points: bool = False,
) -> dict[str, Any]:
    """One number that matters. `help` says how it is computed, for the eye and for the ear."""
    return {
        "label": label,
        "value": value,
        "url": url,
        "delta": delta,
        "hint": hint,
        "help": help,
        "good": good,
        "series": series,
        "points": points,
        "help_id": "help-" + "".join(c if c.isalnum() else "-" for c in label.lower()),
    }


@register.inclusion_tag("components/empty_state.html")
def empty_state(
    text: str,
    why: str = "",
    icon: str = "inbox",
    action_url: str = "",
    action_label: str = "",
    key: str = "",
    dialog: bool = False,
    second_url: str = "",
    second_label: str = "",
) -> dict[str, Any]:
    """Why there is nothing here, and the one thing to do about it."""
    return dict(locals())


@register.simple_tag
def bar(
    value: float | None, maximum: float | None, label: object = "", tone: str = "", url: str = ""
) -> SafeString:
    """Draw a bar in a cell; the number stands in its label."""
    return format_html(
        '<span class="cell-bar{}"><span class="cell-track" aria-hidden="true"><svg'
        ' class="cell-fill" width="{}%" aria-hidden="true"></svg></span>{}</span>',
        f" tone-{tone}" if tone else "",
        f"{_share(value, maximum):.1f}",
        format_html('<a href="{}">{}</a>', url, label) if url else said(label),
    )


def said(label: object) -> SafeString:
    return format_html("<span>{}</span>", label) if label else SafeString()


@register.inclusion_tag("components/progress.html")
def progress(
    value: float, maximum: float, label: str, text: str = "", tone: str = "", id: str = ""
) -> dict[str, Any]:
    width = _share(value, maximum)
    return {
        "width": width,
        "now": round(width),
        "label": label,
        "text": text,
        "tone": tone,
        "id": id,
    }


def _share(value: float | None, maximum: float | None) -> float:
    """Return 0 to 100, also for values beyond the maximum."""
    if not value or not maximum:
        return 0.0
    return round(min(100.0, max(0.0, 100 * float(value) / float(maximum))), 1)


@register.inclusion_tag("components/sparkline.html")
def sparkline(
    values: Sequence[float], label: str, width: int = 96, height: int = 24
) -> dict[str, Any]:
    """A small line without axes; the label says what it shows and where it ends."""
    shown = [float(v) for v in values]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    step = (width - 4) / max(1, len(shown) - 1)
    span = (high - low) or 1.0
    points = [
        (round(2 + i * step, 1), round(height - 2 - (v - low) / span * (height - 4), 1))
        for i, v in enumerate(shown)
    ]
    return {
        "points": " ".join(f"{x},{y}" for x, y in points),
        "last": points[-1] if points else None,
        "label": label,
        "ends": shown[-1] if shown else 0,
        "width": width,
        "height": height,
    }


@register.inclusion_tag("components/funnel.html")
def funnel(
    steps: Sequence[parts.FunnelStep], unit: str = "leads", id: str = "funnel"
) -> dict[str, Any]:
    return {"bars": parts.funnel_bars(steps), "unit": unit, "id": id}


@register.inclusion_tag("components/stepper.html")
def stepper(steps: Sequence[parts.Step], label: str = "Progress") -> dict[str, Any]:
    current = next((i for i, s in enumerate(steps, 1) if s.state == "current"), 0)
    return {"steps": steps, "label": label, "position": current}


@register.inclusion_tag("components/stepper.html")
def stage_stepper(
    stage: str, entered: Mapping[str, datetime], label: str = "Funnel"
) -> dict[str, Any]:
    return stepper(parts.stage_steps(stage, entered), label)


@register.inclusion_tag("components/conflict.html")
def conflict(
    who: object, at: datetime | None = None, view_url: str = "", overwrite: str = "overwrite"
) -> dict[str, Any]:
    return {"who": who, "at": at, "view_url": view_url, "overwrite": overwrite}


@register.inclusion_tag("components/skeleton.html")
def skeleton(lines: int = 3, height: int = 0) -> dict[str, Any]:
    return {"lines": range(lines), "height": tall(height)}


@register.inclusion_tag("components/lazy.html", takes_context=True)
def lazy(
    context: Context,
    url: str,
    id: str,
    height: int = 120,
    on: str = "",
    at_once: bool = False,
    narrow: int = 0,
) -> dict[str, Any]:
    """A part of the page that loads itself, behind a placeholder of the same height.

    narrow: the height on a phone, one of NARROW, where it is another
    at_once: drawn with the page and renewed on `on` alone; for what has no height of its own and
    stands above the rest, which it would push down
    """
    content = answer_of(context["request"], url) if at_once else None
    return {
        "url": url, "id": id, "height": tall(height), "narrow": narrow, "on": on,
        "content": content,
    }  # fmt: skip


HEIGHTS = (0, 20, 32, 72, 88, 96, 110, 120, 140, 160, 180, 200, 220, 240, 280, 480)
"""Heights that a placeholder may have, each with its class in app.css: the policy that guards the
pages refuses style attributes."""
NARROW = (246,)
"""Heights on a phone, each with its class too."""


def tall(height: int) -> int:
    """Return the first of HEIGHTS that holds `height` pixels, else the greatest."""
    return next((known for known in HEIGHTS if known >= height), HEIGHTS[-1])


@register.inclusion_tag("components/notice.html")
def notice(text: str, tone: str = "info", url: str = "", label: str = "") -> dict[str, Any]:
    drawn = {"success": "circle-check", "info": "info-circle"}.get(tone, "alert-triangle")
    return {"text": text, "tone": tone, "url": url, "label": label, "icon": drawn}


@register.inclusion_tag("components/form_fields.html")
def form_fields(form: forms.BaseForm) -> dict[str, Any]:
    return {"form": form}


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    return {"form": form}


@register.inclusion_tag("components/form_field.html")
def form_field(field: BoundField) -> dict[str, Any]:
    return {"field": field}


@register.inclusion_tag("components/form_actions.html")
def form_actions(label: str, cancel: str = "", style: str = "primary") -> dict[str, Any]:
    return {"label": label, "cancel": cancel, "style": style}
