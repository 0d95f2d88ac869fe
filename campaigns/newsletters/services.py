"""What others do with marketing mail: ask who may get it, and queue one for one lead."""

from datetime import datetime

from django.db import transaction

from campaigns.models import Campaign
from campaigns.newsletters import sending
from campaigns.newsletters.audience import may_receive
from campaigns.newsletters.contents import FIELDS, keep_content, rendered, values_of
from campaigns.newsletters.models import Content, Kind, MarketingMail
from leads.models import Lead

__all__ = ["FIELDS", "keep_content", "may_receive", "queue_one", "rendered", "values_of"]


@transaction.atomic
def queue_one(
    lead: Lead,
    content: Content,
    key: str,
    *,
    campaign: Campaign | None = None,
    due_at: datetime | None = None,
    also_today: bool = False,
) -> MarketingMail:
    """Ask that one mail goes to `lead`, of a sequence; the same key and lead give the same mail.

    content: from `keep_content`
    key: what the mail is of, such as `sequence:3:step:7`; with the lead it is unique
    due_at: not before this time; None is at once
    also_today: also on a day on which the lead got a marketing mail; else it waits a day

    Whether the lead may get it is asked when it leaves: the mail is then `suppressed` or `skipped`
    with its `reason` (a key of audience.WHY).
    """
    when = {} if due_at is None else {"due_at": due_at}
    mail, created = MarketingMail.objects.get_or_create(
        lead=lead,
        key=key,
        defaults={
            "kind": Kind.SEQUENCE,
            "content": content,
            "campaign": campaign,
            "also_today": also_today,
            **when,
        },
    )
    if created and due_at is None:
        transaction.on_commit(sending.hint)
    return mail
