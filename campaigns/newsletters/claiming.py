"""The one statement that claims a mail: it asks everything again in the moment it takes the mail.

Building it costs several times what running it costs, and a newsletter runs it for every reader.
So it is built once for a newsletter and a day, with marks where each mail's own values go.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from django.db.models.sql import UpdateQuery

from campaigns.newsletters import audience
from campaigns.newsletters.models import MarketingMail, Newsletter
from leads.models import Lead

LEASE = timedelta(minutes=2)
ANY_PK, ANY_ADDRESS = -1, "\ue000"
"""Marks in the statement: the mail's key, and the address that it goes to."""

State = MarketingMail.State


def claim(mail: MarketingMail) -> bool:
    """Take one mail for sending, if its lead may get it now; the answer is the database's.

    Raises IntegrityError if another mail to this lead takes the day at this very moment.
    """
    if mail.lead is None:
        return False
    day = audience.today()
    sql, params = statement(mail.newsletter_id, mail.kind, mail.also_today, day)
    own: dict[Any, Any] = {ANY_PK: mail.pk, ANY_ADDRESS: mail.lead.email}
    with connection.cursor() as cursor:
        cursor.execute(sql, [own.get(value, value) for value in params])
        return bool(cursor.rowcount)


@lru_cache(maxsize=32)
def statement(
    newsletter_id: int | None, kind: str, also_today: bool, day: date
) -> tuple[str, tuple[Any, ...]]:
    """Return the UPDATE that claims a mail of this newsletter on this day, with the marks in it."""
    lead = Lead.objects.filter(pk=OuterRef("lead"), email=ANY_ADDRESS)
    waiting = due_now(ANY_PK, newsletter_id).filter(Exists(audience.may_receive(lead, kind)))
    if not also_today:
        waiting = waiting.filter(~audience.mailed_on(day, "lead"))
    update: Any = waiting.query.chain(UpdateQuery)
    update.add_update_values(
        {
            "state": State.SENDING,
            "lease_until": Now() + LEASE,
            "attempts": F("attempts") + 1,
            "address": ANY_ADDRESS,
            "day": day,
        }
    )
    sql, params = update.get_compiler(connection=connection).as_sql()
    return sql, tuple(params)


def due_now(mail_id: int, newsletter_id: int | None) -> QuerySet[MarketingMail]:
    """Return a mail's row while it waits and its newsletter, if any, runs."""
    waiting = MarketingMail.objects.filter(pk=mail_id, state=State.QUEUED)
    if newsletter_id is None:
        return waiting
    running = Newsletter.objects.filter(pk=newsletter_id, state=Newsletter.State.SENDING)
    return waiting.filter(Exists(running))
