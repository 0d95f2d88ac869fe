"""Marketing mail that came back as mail, or was complained of: into `delivery.report`."""

from campaigns.newsletters import delivery
from campaigns.newsletters.models import DeliveryEvent, MarketingMail
from crm.mailing.bounces import Bounce
from crm.mailing.reports import Report, signed_number
from crm.mailing.returning import MARKETING, Returned

Kind = DeliveryEvent.Kind

KINDS = {
    Bounce.DEAD: Kind.HARD_BOUNCE,
    Bounce.FULL: Kind.SOFT_BOUNCE,
    Bounce.FOR_NOW: Kind.SOFT_BOUNCE,
    Bounce.UNCLEAR: Kind.SOFT_BOUNCE,
    Bounce.BLOCKED: Kind.BLOCKED,
}
"""What a bounce counts as, whoever reports it."""


def named_by(message_id: str) -> Returned | None:
    number = signed_number(message_id)
    return None if number is None else Returned(MARKETING, number)


def take_report(pk: int, report: Report) -> None:
    """Take the report of one marketing mail. One that speaks only of others kills no address."""
    mail = MarketingMail.objects.filter(pk=pk).first()
    kind = kind_of(report)
    if mail is None or kind is None:
        return
    if kind == Kind.HARD_BOUNCE and not report.speaks_of(mail.address):
        kind = Kind.SOFT_BOUNCE
    delivery.report(pk, kind, key=f"mail:{pk}:{kind}", detail=report.detail)


def kind_of(report: Report) -> Kind | None:
    if report.complaint:
        return Kind.COMPLAINT
    return KINDS[report.bounce] if report.bounce else None
