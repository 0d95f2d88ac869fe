"""What a list is found, filtered, sorted, chosen and turned over with."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms import BoundField
from django.http import HttpRequest, QueryDict
from django.template import Context
from django.utils.safestring import SafeString

from crm.common import parts

register = template.Library()


def address(context: Context, change: Callable[[QueryDict], object]) -> str:
    """Return the present address after `change` has worked on its parameters."""
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    change(query)
    path = request.path if request else ""
    encoded = query.urlencode()
    return f"{path}?{encoded}" if encoded else path


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Any], label: str = "Views", target: str = "") -> dict[str, Any]:
    return {"items": items, "label": label, "target": target}


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(context: Context, form: forms.Form, target: str = "#results") -> dict[str, Any]:
    """A GET form over the list below it; what it asks is in the address.

    Its fields have ids of their own: a dialog over the list may ask for the same.
    """
    form.auto_id = "filter_%s"
    visible = [field for field in form if not field.is_hidden]
    request = context.get("request")
    return {
        "form": form,
        "search": next((field for field in visible if field.name == "q"), None),
        "fields": [(field, dressed(field)) for field in visible if field.name != "q"],
        "active": len([chip for chip in parts.chips(form) if chip.param != form.add_prefix("q")]),
        "target": target,
        "path": request.path if request else "",
        "kept": [(k, v) for k, v in request.GET.items() if k in ("sort", "view")]
        if request
        else [],
    }


def dressed(field: BoundField) -> SafeString:
    """Return a field's widget in Bootstrap's clothes, its own classes kept."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
        clothes = "form-check-input"
    else:
        clothes = "form-select" if isinstance(widget, forms.Select) else "form-control"
    own = str(widget.attrs.get("class", ""))
    return field.as_widget(attrs={"class": f"{own} {clothes}".strip()})


@register.inclusion_tag("components/filter_chips.html", takes_context=True)
def filter_chips(
    context: Context, form: forms.Form | None = None, chips: Sequence[parts.Chip] | None = None
) -> dict[str, Any]:
    shown = list(chips or []) + (parts.chips(form) if form is not None and form.is_bound else [])
    return {"chips": shown, "request": context.get("request"), "clear": _clear(context, shown)}


def _clear(context: Context, shown: Sequence[parts.Chip]) -> str:
    """Return the address without any of the filters, the view and the order kept."""
    names = {chip.param for chip in shown} | {"page"}
    return address(context, lambda query: [query.pop(name, None) for name in names])


@register.inclusion_tag("components/no_match.html", takes_context=True)
def no_match(context: Context, form: forms.Form, what: str = "rows") -> dict[str, Any]:
    shown = parts.chips(form)
    return {"chips": shown, "what": what, "clear": _clear(context, shown)}


@register.inclusion_tag("components/sort_th.html", takes_context=True)
def sort_th(
    context: Context,
    label: str,
    field: str,
    num: bool = False,
    first: str = "asc",
    target: str = "",
) -> dict[str, Any]:
    """A header that sorts by `?sort=field`, a second time the other way round.

    first: asc or desc, the direction of the first click
    """
    request = context.get("request")
    present = request.GET.get("sort", context.get("sort", "")) if request else ""
    up, down = field, f"-{field}"
    start = down if first == "desc" else up
    then = {up: down, down: up}.get(present, start)

    def reorder(query: QueryDict) -> None:
        query["sort"] = then
        query.pop("page", None)

    return {
        "label": label,
        "num": num,
        "field": field,
        "target": target,
        "direction": {up: "ascending", down: "descending"}.get(present, ""),
        "url": address(context, reorder),
    }


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(
    context: Context,
    page: Page[Any] | None = None,
    target: str = "",
    older: str = "",
    newer: str = "",
    what: str = "",
) -> dict[str, Any]:
    """Numbered for a Page of a Paginator, else older and newer by key."""
    numbers: list[Any] = []
    if page is not None:
        elided = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        numbers = list(elided)
    return {
        "page": page,
        "numbers": numbers,
        "target": target,
        "older": older,
        "newer": newer,
        "what": what,
        "request": context.get("request"),
    }


@register.inclusion_tag("components/check_all.html")
def check_all(label: str = "Select all on this page") -> dict[str, Any]:
    return {"label": label}
