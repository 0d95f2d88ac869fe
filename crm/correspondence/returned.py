"""Personal mail that came back: its writer is told, and a dead address is remembered."""

from django.db import transaction

from crm.correspondence.models import Message
from crm.mailing.bounces import Bounce
from crm.mailing.models import Suppression
from crm.mailing.reports import Report
from crm.mailing.returning import PERSONAL, Returned
from crm.mailing.suppressing import suppress
from crm.notifications.models import Notification
from crm.notifications.services import notify


def named_by(message_id: str) -> Returned | None:
    """Return the personal mail of ours that a Message-ID names; these are random."""
    sent = Message.objects.filter(message_id=message_id, direction=Message.Direction.OUT)
    pk = sent.exclude(state=Message.State.LOGGED).values_list("pk", flat=True).first()
    return Returned(PERSONAL, pk) if pk else None


@transaction.atomic
def take_report(pk: int, report: Report) -> None:
    """Note that a mail came back, once, and tell its writer. A complaint ends marketing mail."""
    message = Message.objects.select_related("lead", "by").filter(pk=pk).first()
    if message is None:
        return
    readers = [*message.to, *message.cc]
    alone = readers[0] if len(readers) == 1 and report.speaks_of(readers[0]) else ""
    if report.complaint and alone:
        suppress(alone, Suppression.Reason.COMPLAINT, source="Personal mail")
    if report.bounce is None:
        return
    if report.bounce is Bounce.DEAD and alone:
        suppress(alone, Suppression.Reason.HARD_BOUNCE, source="Personal mail")
    noted = Message.objects.filter(pk=pk, last_error="", state=Message.State.SENT)
    if noted.update(last_error=report.detail[:500] or "It came back.") and message.by:
        notify(
            message.by,
            key=f"returned:{message.pk}",
            title=f"Your mail to {alone or message.other_side} came back",
            body=f"{report.bounce.value.capitalize()}. {report.detail}"[:500],
            url=message.get_absolute_url(),
            kind=Notification.Kind.ACTION,
        )
