"""What a rep may not offer alone: a manager is asked, and says yes or no with a note."""

from django.db import transaction
from django.utils.timezone import now

from crm.common import formats
from crm.notifications.models import Notification
from crm.notifications.services import notify, settle
from crm.users.models import Role, User
from deals.models import Deal
from deals.quotes.models import Quote
from deals.quotes.services import QuoteRefused, State, approval_reasons, turn
from deals.quotes.totals import Totals


class NotYours(QuoteRefused):
    """Nobody approves his own quote."""


def managers_for(quote: Quote) -> list[User]:
    """Return who may be asked: sales managers who see the deal; without one, administrators."""
    ours = User.objects.active().exclude(pk__in=[pk for pk in own(quote) if pk])
    found = [
        user
        for user in ours.filter(role=Role.SALES_MANAGER)
        if Deal.objects.visible_to(user).filter(pk=quote.deal_id).exists()
    ]
    return found or list(ours.filter(role=Role.ADMIN))


def own(quote: Quote) -> set[int | None]:
    """Return the keys of those whose own quote it is: who asked, and who owns the deal."""
    return {quote.asked_by_id, quote.deal.owner_id}


def may_answer(quote: Quote, user: User) -> bool:
    """True if `user` may approve or decline: a manager, and not his own quote."""
    manages = user.role in (Role.SALES_MANAGER, Role.ADMIN)
    return manages and quote.state == State.WAITING and user.pk not in own(quote)


@transaction.atomic
def ask(quote: Quote, *, actor: User) -> Quote:
    """Ask the sales manager to approve a draft; it waits until they answer.

    Raises QuoteRefused for what is no draft, or needs no approval.
    """
    sums = quote.totals()
    reasons = approval_reasons(quote, sums)
    if not reasons:
        raise QuoteRefused("The quote is within the limits: send it.")
    turn(quote, State.DRAFT, to=State.WAITING, asked_by=actor, answered_by=None,
         answered_at=None, approval_note="")  # fmt: skip
    for manager in managers_for(quote):
        notify(
            manager,
            key=f"quote-approval:{quote.pk}:{quote.revision}",
            title=f"{actor} asks to approve {quote} of “{quote.deal}”",
            body=f"{' '.join(reasons)} {offer_in_words(quote, sums)}",
            url=quote.get_absolute_url(),
            kind=Notification.Kind.ACTION,
            by_mail=True,
        )
    return quote


def offer_in_words(quote: Quote, sums: Totals) -> str:
    """Return the sentence by which a manager judges: what is given, and what has no list price."""
    given = formats.money(sums.given, quote.currency)
    share = formats.percent(sums.given_percent / 100, 1)
    words = f"Discount {given}, {share} of the price list."
    if sums.unlisted_lines:
        worth = formats.money(sums.unlisted, quote.currency)
        words += f" Without a list price: {worth}, lines: {sums.unlisted_lines}."
    return words


@transaction.atomic
def answer(quote: Quote, *, approved: bool, note: str, actor: User) -> Quote:
    """Approve a waiting quote, or give it back as a draft with a note, and tell who asked.

    Raises NotYours for his own quote, QuoteRefused if it does not wait.
    """
    if quote.state == State.WAITING and not may_answer(quote, actor):
        raise NotYours("Somebody else must approve your own quote.")
    to = State.APPROVED if approved else State.DRAFT
    turn(quote, State.WAITING, to=to, answered_by=actor, answered_at=now(), approval_note=note,
         revision=quote.revision + 1)  # fmt: skip
    settle(quote.get_absolute_url())
    if quote.asked_by:
        did = "approved" if approved else "declined"
        notify(
            quote.asked_by,
            key=f"quote-answer:{quote.pk}:{quote.revision}:{did}",
            title=f"{actor} {did} {quote} of “{quote.deal}”",
            body=note,
            url=quote.get_absolute_url(),
        )
    return quote


@transaction.atomic
def take_back(quote: Quote) -> Quote:
    """Make a waiting or approved quote a draft again: to change it, it must be asked for anew."""
    turn(quote, State.WAITING, State.APPROVED, to=State.DRAFT, answered_by=None, answered_at=None,
         revision=quote.revision + 1)  # fmt: skip
    settle(quote.get_absolute_url())
    return quote
