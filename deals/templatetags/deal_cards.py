"""The cards of the board: `{% load deal_cards %}`."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.common.links import link
from crm.common.templatetags.tandem_icons import icon
from deals.cards import Card

register = template.Library()

CARD = """<li class="deal-card" id="deal-{pk}" data-row data-deal data-stage="{stage}" data-peek="{peek}" hx-swap="outerHTML"{swap}>
<input type="hidden" name="known" value="{stamp}">
<div class="deal-top"><span class="meta truncate">{whom}</span>{owner}{move}</div>
<a class="deal-name" id="name-{pk}" href="{record}">{name}</a>
<div class="deal-facts"><span>{amount}</span>{close}</div>
{tag}
</li>"""  # noqa: E501 - one line of HTML
MOVE = (
    '<a class="btn btn-quiet btn-icon btn-sm" id="move-{}" href="{}" data-dialog data-key="s"'
    ' aria-label="Move {} to…" title="Move to… (S)">{}</a>'
)


@register.simple_tag(takes_context=True)
def deal_cards(context: template.Context, cards: Iterable[Card], oob: str = "") -> SafeString:
    """Draw deals on the board; `oob` is where each goes in an answer to htmx, by itself."""
    swap = format_html(' hx-swap-oob="{}"', oob) if oob else ""
    may_move = bool(context.get("may_move"))
    return SafeString("".join(drawn(card, swap, may_move=may_move) for card in cards))


def drawn(card: Card, swap: str, *, may_move: bool) -> SafeString:
    deal = card.deal
    move = link("deals:move", deal.pk) if may_move else ""
    return format_html(
        CARD,
        pk=deal.pk,
        stage=deal.stage_id,
        peek=link("deals:peek", deal.pk),
        swap=swap,
        stamp=card.stamp,
        whom=card.with_whom,
        owner=card.owner,
        move=format_html(MOVE, deal.pk, move, deal.name, icon("dots")) if move else "",
        record=deal.get_absolute_url(),
        name=deal.name,
        amount=card.amount,
        close=card.close,
        tag=card.tag,
    )
