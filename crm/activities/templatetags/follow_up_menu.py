"""What may be done with a follow-up: `{% load follow_up_menu %}`.

Drawn here, not by a template: every row of a day has a form for each act.
"""

from collections.abc import Mapping

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.activities.models import FollowUp
from crm.common.links import link
from crm.common.templatetags.tandem_icons import icon

register = template.Library()

MENU = """<div class="dropdown">
<button type="button" class="btn btn-light btn-sm btn-icon" data-bs-toggle="dropdown" aria-expanded="false" aria-label="More" title="More">{dots}</button>
<ul class="dropdown-menu dropdown-menu-end">
<li><a class="dropdown-item" href="{edit}" data-dialog>{pencil}<span>Edit</span></a></li>
{snoozes}
<li><hr class="dropdown-divider"></li>
<li><form method="post" action="{call_off}" id="call-off-{pk}">{token}<button type="submit" class="dropdown-item text-danger" data-confirm="{question}">{ban}<span>Call off</span></button></form></li>
</ul>
</div>"""  # noqa: E501 - lines of HTML
SNOOZE = """<li><form method="post" action="{0}" hx-post="{0}" hx-target="#follow-up-{1}" hx-swap="outerHTML" id="snooze-{1}-{2}">{3}<input type="hidden" name="days" value="{2}"><button type="submit" class="dropdown-item">{4}<span>{5}</span></button></form></li>"""  # noqa: E501 - one line of HTML
GUARD = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'


@register.simple_tag(takes_context=True)
def follow_up_menu(
    context: template.Context, follow_up: FollowUp, snoozes: Mapping[int, str]
) -> SafeString:
    """Draw the menu of a row: edit it, put it off by so many days, call it off.

    snoozes: days to the words for them
    """
    pk, clock = follow_up.pk, icon("clock")
    token = format_html(GUARD, context.get("csrf_token", ""))
    snooze = link("activities:snooze", pk)
    told = f" {follow_up.guest} will be told." if follow_up.guest else ""
    return format_html(
        MENU,
        pk=pk,
        dots=icon("dots"),
        edit=link("activities:follow-up-edit", pk),
        pencil=icon("pencil"),
        snoozes=format_html_join(
            "\n",
            SNOOZE,
            ((snooze, pk, days, token, clock, words) for days, words in snoozes.items()),
        ),
        call_off=link("activities:call-off", pk),
        token=token,
        question=f"Call off “{follow_up.title}”?{told}",
        ban=icon("ban"),
    )
