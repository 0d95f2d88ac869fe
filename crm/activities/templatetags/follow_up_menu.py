"""What may be done with a follow-up: `{% load follow_up_menu %}`.

Put together here, not by a template: every row of a day has a form for each act.
"""

from collections.abc import Mapping

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.activities.models import FollowUp
from crm.common.links import link
from crm.common.templatetags.tandem_blocks import guard, menu, menu_divider, menu_item
from crm.common.templatetags.tandem_icons import icon

register = template.Library()

SNOOZE = (
    '<li><form method="post" action="{0}" hx-post="{0}" hx-target="#follow-up-{1}"'
    ' hx-swap="outerHTML" id="snooze-{1}-{2}">{3}<input type="hidden" name="days" value="{2}">'
    '<button type="submit" class="dropdown-item">{4}<span>{5}</span></button></form></li>'
)


@register.simple_tag(takes_context=True)
def follow_up_menu(
    context: template.Context, follow_up: FollowUp, snoozes: Mapping[int, str]
) -> SafeString:
    """Draw the menu of a row: edit it, put it off by so many days, call it off.

    snoozes: days to the words for them
    """
    pk, snooze = follow_up.pk, link("activities:snooze", follow_up.pk)
    shared = (guard(context), icon("clock"))
    told = f" {follow_up.guest} will be told." if follow_up.guest else ""
    acts = (
        menu_item(
            context, "Edit", link("activities:follow-up-edit", pk), icon="pencil", dialog=True
        ),
        *(format_html(SNOOZE, snooze, pk, days, *shared, words) for days, words in snoozes.items()),
        menu_divider(),
        menu_item(
            context,
            "Call off",
            link("activities:call-off", pk),
            icon="ban",
            post=True,
            danger=True,
            confirm=f"Call off “{follow_up.title}”?{told}",
            id=f"call-off-{pk}",
        ),
    )
    content = format_html_join("\n", "{}", ((act,) for act in acts))
    return menu(content, "More", icon="dots", small=True)
