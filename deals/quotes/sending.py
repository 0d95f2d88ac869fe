"""A quote leaves the house, and the customer accepts it."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.activities.services import NextStep, log_activity, plan_follow_up
from crm.common import formats
from crm.correspondence import threads
from crm.mailing import services as mailing
from crm.mailing.models import Mail
from crm.notifications.services import notify
from crm.users.models import Organisation, User
from deals import services as deals
from deals.models import Deal
from deals.quotes import pdf
from deals.quotes.models import Quote, QuoteSettings, SentPdf
from deals.quotes.services import (
    QuoteRefused,
    StaleQuote,
    State,
    approval_reasons,
    today,
    turn,
)

FOLLOW_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class Letter:
    """The mail that brings a quote. to: an address; message: the rep's own words."""

    to: str
    subject: str
    message: str


class CannotAccept(QuoteRefused):
    """The quote can no longer be accepted; the message says why to the customer."""


def check_ready(quote: Quote) -> None:
    """Raise QuoteRefused unless the quote may leave the house as it is."""
    if quote.state not in (State.DRAFT, State.APPROVED):
        raise QuoteRefused(f"{quote} is {quote.get_state_display().lower()}.")
    if not quote.lines.exists():
        raise QuoteRefused("The quote has no lines yet.")
    if quote.valid_until < today():
        raise QuoteRefused("Its last day of validity is over: choose a later one.")
    reasons = approval_reasons(quote, quote.totals())
    if reasons:
        raise QuoteRefused(f"{' '.join(reasons)} Ask for approval first.")


@transaction.atomic
def send(quote: Quote, letter: Letter, *, revision: int, actor: User) -> Quote:
    """Send a quote by mail with its PDF and public link; what was sent before is superseded.

    revision: as the caller saw it
    Raises QuoteRefused for what is not ready, StaleQuote if somebody changed it meanwhile.
    """
    quote = Quote.objects.select_for_update(of=("self",)).select_related(
        "deal__lead", "deal__owner"
    ).get(pk=quote.pk)  # fmt: skip
    check_ready(quote)
    if quote.revision != revision:
        raise StaleQuote(f"Somebody else changed {quote} meanwhile.")
    Quote.objects.filter(deal=quote.deal, state=State.SENT).update(state=State.SUPERSEDED)
    turn(quote, State.DRAFT, State.APPROVED, to=State.SENT, sent_at=now(), sent_to=letter.to,
         seller=QuoteSettings.get().address)  # fmt: skip
    content = pdf.render(quote)
    SentPdf.objects.create(quote=quote, content=content)
    mail = post(quote, letter, content, sender=actor)
    total = formats.money(quote.total_minor, quote.currency)
    activity = log_activity(
        quote.deal.lead,
        Activity.Kind.EMAIL,
        actor=actor,
        text=f"Quote {quote}, {total}, sent to {letter.to}\n{letter.message}".strip(),
        deal=quote.deal,
    )
    threads.begin(mail, quote.deal.lead, by=actor, deal=quote.deal, activity=activity)
    plan_once(quote, "quote-sent", f"Ask about quote {quote}")
    return quote


def post(quote: Quote, letter: Letter, content: bytes, *, sender: User) -> Mail:
    """Queue the mail, with the PDF, in the name of who sends it."""
    mail = mailing.written(
        key=f"quote:{quote.key}",
        to=letter.to,
        subject=letter.subject,
        template="quote",
        context={
            "quote": quote,
            "message": letter.message,
            "organisation": Organisation.get().name,
            "url": settings.SITE_URL + quote.public_path,
        },
        sender=sender,
    )
    mailing.send_with_files(mail, [mailing.File(file_name(quote), "application/pdf", content)])
    return mail


def file_name(quote: Quote) -> str:
    return f"{quote.number}.pdf"


def plan_once(quote: Quote, what: str, title: str) -> None:
    """Give the deal's owner a follow-up, once for each quote."""
    deal = quote.deal
    days = FOLLOW_UP_AFTER if what == "quote-sent" else timedelta(days=1)
    step = NextStep(Activity.Kind.CALL, now() + days, title)
    plan_follow_up(deal.lead, step, owner=deal.owner, deal=deal, key=f"{what}:{quote.pk}")


@transaction.atomic
def accept(quote: Quote, *, name: str) -> Quote:
    """Record that the customer accepts a sent quote: it sets the deal's amount to its net sum.

    name: as the customer typed it; nothing else of him is kept
    Raises CannotAccept for what is expired, superseded or accepted already.
    """
    if quote.state == State.SENT and quote.valid_until < today():
        raise CannotAccept(f"This quote was valid until {formats.day(quote.valid_until)}.")
    try:
        turn(quote, State.SENT, to=State.ACCEPTED, accepted_at=now(), accepted_name=name)
    except QuoteRefused as fault:
        raise CannotAccept("This quote can no longer be accepted.") from fault
    Deal.objects.select_for_update().only("pk").get(pk=quote.deal_id)
    quote.deal = Deal.objects.select_related("lead", "owner", "stage").get(pk=quote.deal_id)
    set_amount(quote)
    tell_owner(quote)
    return quote


def set_amount(quote: Quote) -> None:
    """Write what was agreed into an open deal: the sum without tax, as every amount of a deal."""
    deal = quote.deal
    if deal.is_open:
        values = {"amount_minor": quote.net_minor, "currency": quote.currency}
        deals.edit(deal, values, version=deal.version, actor=None)


def tell_owner(quote: Quote) -> None:
    """Tell the deal's owner by notification and mail, and plan what he does next."""
    total = formats.money(quote.total_minor, quote.currency)
    if quote.deal.owner:
        notify(
            quote.deal.owner,
            key=f"quote-accepted:{quote.pk}",
            title=f"{quote.accepted_name} accepted {quote} of “{quote.deal}”",
            body=f"{total} with tax. The deal has the net amount now; close it when it is signed.",
            url=quote.get_absolute_url(),
            by_mail=True,
        )
    plan_once(quote, "quote-accepted", f"Close the deal: quote {quote} is accepted")
