"""The rows of the handoff queue: `{% load handoff_rows %}`.

Drawn here, not by a template: half of the page's time would go into entering one for each cell.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.template.defaultfilters import truncatechars
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from crm.common.links import link
from crm.common.templatetags.tandem import ago, status_tag, tag
from crm.common.templatetags.tandem_icons import icon
from crm.common.templatetags.tandem_rows import countdown, person, row_check
from crm.funnel.models import Handoff, Verdict

register = template.Library()

EARLIER, NOTE_LENGTH = 2, 140
ROW = """<tr id="handoff-{pk}" data-row{focus}>
{check}
<td class="main"><div>
<a href="{lead_url}">{lead}</a>
{attempt}
<div class="meta">{about}</div>
</div></td>
<td data-label="Why now"><div>
{why}
</div></td>
<td class="num" data-label="Score">{score}</td>
<td data-label="Waits for"><div>
<div>{waits}</div>
<a class="text-reset" href="{url}">{deadline}</a>
</div></td>
{answers}
</tr>"""
ANSWERED = """<tr id="handoff-{pk}" data-row>
<td class="main"><div>
<a href="{url}">{lead}</a>
{attempt}
<div class="meta">{about}</div>
</div></td>
<td data-label="What sales said"><div>
{said}
</div></td>
<td class="num" data-label="Score">{score}</td>
<td data-label="Answered by"><div>{who}<div class="meta">{when}</div></div></td>
<td data-label="Answer time">{took}</td>
</tr>"""
FOCUS = mark_safe(' data-autofocus tabindex="-1"')  # noqa: S308 - a constant
META = '<div class="meta">{}</div>'
ACCEPT = (
    '<button type="submit" form="answer" formaction="{url}" hx-post="{url}"'
    ' hx-target="#handoff-{pk}" hx-swap="outerHTML" hx-disabled-elt="this"'
    ' class="btn btn-primary btn-sm" id="accept-{pk}" data-key="a"'
    ' aria-label="Accept {lead}">Accept</button>'
)
RETURN = (
    '<a class="btn btn-light{size}" href="{url}{query}" data-dialog data-key="{key}"'
    ' aria-label="{act} {lead}">{act}</a>'
)
REASSIGN = (
    '<a class="btn btn-quiet btn-icon{size}" href="{url}" data-dialog title="Give to a rep"'
    ' aria-label="Give {lead} to a rep">{sign}</a>'
)


@dataclass(frozen=True)
class Rights:
    """What the reader may do with a waiting handoff."""

    answer: bool
    reassign: bool

    @classmethod
    def of(cls, context: template.Context) -> "Rights":
        return cls(bool(context.get("may_answer")), bool(context.get("may_reassign")))


@register.simple_tag(takes_context=True)
def handoff_rows(context: template.Context, handoffs: Iterable[Handoff]) -> SafeString:
    """Draw waiting handoffs that came with `with_history`, each with what the reader may do.

    With `?focus=` in the address the first takes the focus.
    """
    may = Rights.of(context)
    focus = bool(context["request"].GET.get("focus"))
    drawn = (row(handoff, may, focus=focus and not at) for at, handoff in enumerate(handoffs))
    return SafeString("\n".join(drawn))


def row(handoff: Handoff, may: Rights, *, focus: bool) -> SafeString:
    lead = handoff.lead
    return format_html(
        ROW,
        pk=handoff.pk,
        focus=FOCUS if focus else "",
        check=row_check(handoff.pk, lead) if may.reassign else "",
        lead_url=lead.get_absolute_url(),
        lead=lead,
        attempt=attempt(handoff) if handoff.attempt > 1 else "",
        about=" · ".join(filter(None, [str(lead.company or ""), lead.job_title])),
        why=why(handoff),
        score=score_of(handoff),
        waits=person(handoff.rep) if handoff.rep else status_tag("waiting", handoff.waits_in),
        url=handoff.get_absolute_url(),
        deadline=countdown(handoff.due_at, start=handoff.clock_start),
        answers=answers(handoff, may),
    )


def score_of(handoff: Handoff) -> int:
    """Return the score that was frozen when the lead was offered, else the present one."""
    score = handoff.evidence.get("score")
    return handoff.lead.score if score is None else score


def attempt(handoff: Handoff) -> SafeString:
    drawn = tag(handoff.attempt_label, "warning")
    return format_html('<a href="{}">{}</a>', handoff.get_absolute_url(), drawn)


def why(handoff: Handoff) -> SafeString:
    """Draw why the lead is offered now, where it came from, and how it fared before."""
    lead = handoff.lead
    parts = [signal(found.label, found.when) for found in handoff.signals]
    parts = parts or [format_html("<div>Offered by {}</div>", handoff.opened_by or "score")]
    if source := " · ".join(str(part) for part in (lead.campaign, lead.channel) if part):
        parts.append(format_html(META, source))
    if handoff.note:
        sign = icon("note", label="Note from marketing", size=12)
        words = truncatechars(handoff.note, NOTE_LENGTH)
        parts.append(format_html(META, format_html("{} {}", sign, words)))
    parts += [earlier(verdict) for verdict in getattr(handoff, "earlier", [])[:EARLIER]]
    return format_html_join("\n", "{}", ((part,) for part in parts))


def signal(label: str, when: datetime | None) -> SafeString:
    at = format_html(' <span class="meta">{}</span>', ago(when)) if when else ""
    return format_html("<div>{}{}</div>", label, at)


def earlier(verdict: Verdict) -> SafeString:
    sign = icon("arrow-back-up", label="Earlier attempt", size=12)
    said = f"{verdict.get_kind_display()} by {verdict.by}"
    reason = f": {verdict.reason}" if verdict.reason else ""
    return format_html(META, format_html("{} {}{}, {}", sign, said, reason, ago(verdict.at)))


def answers(handoff: Handoff, may: Rights) -> SafeString:
    """Draw what one may do: accept, reject, recycle, give to another rep."""
    if not (may.answer or may.reassign):
        return SafeString()
    pk, lead = handoff.pk, handoff.lead
    accept = format_html(ACCEPT, url=link("funnel:accept", pk), pk=pk, lead=lead)
    return format_html(
        '<td><div class="d-flex gap-1 align-items-center">{}{}</div></td>',
        accept if may.answer else "",
        links(handoff, may, size=" btn-sm", query="?row=1"),
    )


@register.simple_tag(takes_context=True)
def handoff_links(context: template.Context, handoff: Handoff) -> SafeString:
    """Draw, on a page of the lead or the handoff, what may be done besides accepting."""
    return links(handoff, Rights.of(context))


def links(handoff: Handoff, may: Rights, *, size: str = "", query: str = "") -> SafeString:
    """Draw the ways to reject, recycle and reassign; `query` says that a row of the queue asks."""
    pk, known = handoff.pk, {"lead": handoff.lead, "size": size}
    drawn = []
    if may.answer:
        for act, key, view in (("Reject", "r", "reject"), ("Recycle", "y", "recycle")):
            url = link(f"funnel:{view}", pk)
            drawn.append(format_html(RETURN, url=url, query=query, key=key, act=act, **known))
    if may.reassign:
        url = link("funnel:reassign", pk)
        drawn.append(format_html(REASSIGN, url=url, sign=icon("user-plus"), **known))
    return SafeString("\n".join(drawn))


@register.simple_tag
def answered_rows(handoffs: Iterable[Handoff]) -> SafeString:
    """Draw answered handoffs that came with `with_history`: what sales said, when, how soon."""
    return SafeString("\n".join(answered_row(handoff) for handoff in handoffs))


def answered_row(handoff: Handoff) -> SafeString:
    lead = handoff.lead
    source = lead.campaign or lead.channel
    return format_html(
        ANSWERED,
        pk=handoff.pk,
        url=handoff.get_absolute_url(),
        lead=lead,
        attempt=tag(handoff.attempt_label) if handoff.attempt > 1 else "",
        about=" · ".join(str(part) for part in (lead.company, source) if part),
        said=said(handoff),
        score=score_of(handoff),
        who=person(handoff.answered_by),
        when=ago(handoff.answered_at),
        took=countdown(handoff.due_at, start=handoff.clock_start, done=handoff.answered_at),
    )


def said(handoff: Handoff) -> SafeString:
    """Draw the verdict: its reason, whether it is disputed, its note, and where the lead is now."""
    verdict: Verdict | None = getattr(handoff, "verdict", None)
    parts: list[object] = [(verdict and verdict.reason) or handoff.get_outcome_display()]
    if verdict and verdict.disputed_at:
        ruled = tag(verdict.get_ruling_display()) if verdict.ruling else tag("Disputed", "warning")
        parts.append(ruled)
    if verdict and verdict.note:
        parts.append(format_html(META, truncatechars(verdict.note, NOTE_LENGTH)))
    parts.append(format_html(META, f"Now {handoff.lead.get_stage_display()}"))
    return format_html_join("\n", "{}", ((part,) for part in parts))
