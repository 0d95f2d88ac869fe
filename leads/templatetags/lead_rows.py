"""The rows of the lead list: `{% load lead_rows %}`.

Drawn here, not by a template: half of the page's time would go into entering one for each cell.
"""

from collections.abc import Iterable
from urllib.parse import quote

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.common.links import link
from crm.common.templatetags.tandem import ago, day, stage_tag
from crm.common.templatetags.tandem_rows import person, row_check
from leads.models import Lead

register = template.Library()

ROW = """<tr id="lead-{pk}" data-row data-peek="{peek}">
{check}
<td class="main"><a href="{record}?list={state}">{name}</a></td>
<td data-label="Company" class="cut">{company}</td>
<td data-label="Stage">{stage}</td>
<td data-label="Score" class="num">{score}</td>
<td data-label="Campaign" class="cut">{campaign}</td>
<td class="cut wide">{channel}</td>
<td data-label="Owner"><span id="owner-{pk}">{owner}</span></td>
<td data-label="Last touch">{touched}</td>
<td class="wide">{created}</td>
</tr>"""
OWNER = (
    '<button type="button" class="btn btn-quiet btn-sm px-1" id="owner-{pk}-edit"'
    ' hx-get="{form}?row=1" hx-target="#owner-{pk}"'
    ' aria-label="Change the owner of {name}: {known}">{drawn}</button>'
)


@register.simple_tag
def lead_rows(leads: Iterable[Lead], state: str, may_assign: bool) -> SafeString:
    """Draw leads that came with company, campaign, channel and owner.

    state: the list's filters and order as a query string, for the way back from a record
    """
    back = quote(state, safe="")
    return SafeString("\n".join(row(lead, back, may_assign=may_assign) for lead in leads))


def row(lead: Lead, back: str, *, may_assign: bool) -> SafeString:
    return format_html(
        ROW,
        pk=lead.pk,
        peek=link("leads:peek", lead.pk),
        check=row_check(lead.pk, lead),
        record=lead.get_absolute_url(),
        state=back,
        name=lead,
        company=lead.company or "–",
        stage=stage_tag(lead.stage),
        score=lead.score,
        campaign=lead.campaign or "–",
        channel=lead.channel or "–",
        owner=owner_cell(lead, may_assign=may_assign),
        touched=ago(lead.last_touch_at),
        created=day(lead.created_at),
    )


def owner_cell(lead: Lead, *, may_assign: bool) -> SafeString:
    """Draw who owns a lead; a manager changes it there."""
    who = person(lead.owner, none="No owner")
    if not may_assign:
        return who
    return format_html(
        OWNER,
        pk=lead.pk,
        form=link("leads:field", lead.pk, "owner"),
        name=lead,
        known=lead.owner or "nobody",
        drawn=who,
    )
