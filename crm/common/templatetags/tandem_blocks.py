"""Parts of a page that enclose other content: header, card, table, menu, dialog, drawer."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crm.common.templatetags.tandem_icons import icon as drawn_icon

register = template.Library()


def part(context: Context, name: str, **values: Any) -> SafeString:
    """Render `templates/components/<name>.html` with these values and the request's own."""
    engine = context.template.engine  # type: ignore[union-attr]
    inner = context.new(values)
    for kept in ("csrf_token", "request"):
        if kept in context:
            inner[kept] = context[kept]
    return engine.get_template(f"components/{name}.html").render(inner)


def trimmed(content: str) -> SafeString:
    """Return rendered content without the blanks around it, "" if there is nothing."""
    return mark_safe(content.strip())  # noqa: S308 - rendered template


@register.simple_block_tag(takes_context=True)
def page_header(
    context: Context,
    content: str,
    title: object,
    subtitle: object = "",
    back: str = "",
    back_label: str = "",
    tag_stage: str = "",
) -> SafeString:
    """The page's one h1, what it is about, and its actions."""
    return part(
        context,
        "page_header",
        title=title,
        subtitle=subtitle,
        back=back,
        back_label=back_label,
        tag_stage=tag_stage,
        actions=trimmed(content),
    )


@register.simple_block_tag(takes_context=True)
def card(
    context: Context,
    content: str,
    title: object = "",
    flush: bool = False,
    action_url: str = "",
    action_label: str = "",
    icon: str = "",
    id: str = "",
    count: int | None = None,
    level: int = 2,
    tone: str = "",
) -> SafeString:
    """A panel. `flush` leaves the padding out, for tables and lists."""
    return part(
        context,
        "card",
        content=content,
        title=title,
        flush=flush,
        action_url=action_url,
        action_label=action_label,
        icon=icon,
        id=id,
        count=count,
        level=level,
        tone=tone,
    )


@register.simple_block_tag
def toolbar(content: str) -> SafeString:
    return mark_safe(f'<div class="toolbar">{content}</div>')  # noqa: S308 - rendered template


@register.simple_block_tag
def facts(content: str) -> SafeString:
    return mark_safe(f'<dl class="facts">{content}</dl>')  # noqa: S308 - rendered template


@register.inclusion_tag("components/fact.html")
def fact(
    label: str,
    value: object,
    url: str = "",
    edit: str = "",
    id: str = "",
    none: str = "–",
    others: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """One line of a record. `edit` is where a GET answers with the inline form for it.

    others: further values below it, each with where it leads
    """
    return {
        "label": label, "value": value, "url": url, "edit": edit, "id": id, "none": none,
        "others": others,
    }  # fmt: skip


@register.simple_block_tag(takes_context=True)
def factblock(
    context: Context, content: str, label: str, edit: str = "", id: str = ""
) -> SafeString:
    return part(context, "fact", label=label, value=content, edit=edit, id=id)


MENU = """<div class="dropdown">
<button type="button" class="btn btn-{style}{size}"{key} data-bs-toggle="dropdown" aria-expanded="false"{spoken}>{shown}</button>
<ul class="dropdown-menu dropdown-menu-end">{content}</ul>
</div>"""  # noqa: E501 - a line of HTML
POSTED = (
    '<li><form method="post" action="{url}"{id}>{guard}'
    '<button type="submit" {looks}</button></form></li>'
)
LINKED = '<li><a href="{url}"{opens} {looks}</a></li>'
LOOKS = 'class="dropdown-item{tone}"{key}{asked}>{sign}<span>{label}</span>{hint}'
GUARD = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'


@register.simple_block_tag
def menu(
    content: str, label: str, icon: str = "", style: str = "", small: bool = False, key: str = ""
) -> SafeString:
    """A button that opens a list of acts. With an icon the label is spoken, not shown.

    Drawn here, not by a template, as its items are: a day has a menu in every row.
    """
    spoken = format_html(' aria-label="{0}" title="{0}"', label) if icon else ""
    opener = format_html("{}{}", label, drawn_icon("chevron-down", size=14))
    return format_html(
        MENU,
        style=style or "light",
        size=f"{' btn-sm' if small else ''}{' btn-icon' if icon else ''}",
        key=attribute("data-key", key),
        spoken=spoken,
        shown=drawn_icon(icon) if icon else opener,
        content=mark_safe(content),  # noqa: S308 - rendered template
    )


@register.simple_tag(takes_context=True)
def menu_item(
    context: Context,
    label: str,
    url: str,
    icon: str = "",
    key: str = "",
    post: bool = False,
    danger: bool = False,
    dialog: bool = False,
    confirm: str = "",
    id: str = "",
) -> SafeString:
    """One act of a menu: a link, or with `post` a form with the CSRF token; `id` is the form's."""
    looks = format_html(
        LOOKS,
        tone=" text-danger" if danger else "",
        key=attribute("data-key", key),
        asked=attribute("data-confirm", confirm) if post else "",
        sign=drawn_icon(icon) if icon else "",
        label=label,
        hint=format_html("<kbd>{}</kbd>", key) if key else "",
    )
    if post:
        named = attribute("id", id)
        return format_html(POSTED, url=url, id=named, guard=guard(context), looks=looks)
    opens = " data-dialog" if dialog else ""
    return format_html(LINKED, url=url, opens=opens, looks=looks)


def guard(context: Context) -> SafeString:
    """Return what `{% csrf_token %}` draws, for forms that are no template's."""
    return format_html(GUARD, context.get("csrf_token", ""))


def attribute(name: str, value: str) -> SafeString:
    return format_html(' {}="{}"', name, value) if value else SafeString()


@register.simple_tag
def menu_divider() -> SafeString:
    return mark_safe('<li><hr class="dropdown-divider"></li>')


@register.simple_tag(takes_context=True)
def post_button(
    context: Context,
    label: str,
    url: str,
    id: str = "",
    icon: str = "",
    key: str = "",
    style: str = "light",
    small: bool = False,
    target: str = "",
    swap: str = "outerHTML",
    confirm: str = "",
    hide_label: bool = False,
) -> SafeString:
    """A form of one button. With `target` htmx posts it and swaps the answer in."""
    return part(
        context,
        "post_button",
        label=label,
        url=url,
        id=id,
        icon=icon,
        key=key,
        style=style,
        small=small,
        target=target,
        swap=swap,
        confirm=confirm,
        hide_label=hide_label,
    )


@register.simple_block_tag(takes_context=True)
def table(
    context: Context,
    content: str,
    label: str,
    stack: bool = False,
    compact: bool = False,
    card: bool = True,
    id: str = "",
) -> SafeString:
    """A table in a region that scrolls by itself when the screen is narrow."""
    return part(
        context,
        "table",
        content=content,
        label=label,
        stack=stack,
        compact=compact,
        card=card,
        id=id,
    )


@register.simple_block_tag(takes_context=True)
def bulk_bar(
    context: Context, content: str, what: str = "rows", total: int = 0, id: str = "bulk"
) -> SafeString:
    """What can be done with the chosen rows. Appears when one is chosen."""
    return part(context, "bulk_bar", content=content, what=what, total=total, id=id)


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    return mark_safe(f'<ol class="timeline">{content}</ol>')  # noqa: S308 - rendered template


@register.simple_block_tag(takes_context=True)
def timeline_item(
    context: Context,
    content: str,
    title: object,
    icon: str = "point",
    who: object = None,
    at: object = None,
    tone: str = "quiet",
    id: str = "",
) -> SafeString:
    return part(
        context,
        "timeline_item",
        content=trimmed(content),
        title=title,
        icon=icon,
        who=who,
        at=at,
        tone=tone,
        id=id,
    )


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context,
    content: str,
    title: object,
    action: str = "",
    subtitle: object = "",
    wide: bool = False,
    multipart: bool = False,
) -> SafeString:
    """The content of the one dialog; with `action` a form that htmx posts into it."""
    return part(
        context,
        "dialog",
        content=content,
        title=title,
        action=action,
        subtitle=subtitle,
        wide=wide,
        multipart=multipart,
    )


@register.inclusion_tag("components/dialog_actions.html")
def dialog_actions(label: str, style: str = "primary", cancel: str = "Cancel") -> dict[str, Any]:
    return {"label": label, "style": style, "cancel": cancel}


@register.simple_block_tag(takes_context=True)
def drawer(
    context: Context, content: str, title: object, url: str = "", subtitle: object = ""
) -> SafeString:
    """The content of the drawer at the right; `url` opens the record in full."""
    return part(context, "drawer", content=content, title=title, url=url, subtitle=subtitle)
