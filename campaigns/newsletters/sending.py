"""Sending marketing mail: in batches that are leased, each mail claimed alone, nobody twice.

A batch is leased for some minutes, so that senders do not stand in each other's way. Then each
mail is claimed by one conditional UPDATE that asks again for consent, suppression, the day's one
mail and whether the newsletter still runs. What came of a mail is written in the transaction that
claims the next: one commit a message. A sender that dies leaves at most one mail in doubt: when
its lease has run out it is `unknown`, and never sent again by itself.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import now

from campaigns.newsletters import audience, delivery, pacing
from campaigns.newsletters.claiming import LEASE, claim, due_now
from campaigns.newsletters.contents import message_of
from campaigns.newsletters.models import DeliveryEvent, Kind, MarketingMail, Newsletter
from crm.mailing.letterhead import may_send
from crm.mailing.post import Fate, Post, Posted
from crm.users.models import organisation_read_once
from leads.models import Lead

BATCH = 50
MAX_ATTEMPTS = 5
A_WHILE = timedelta(minutes=1)
A_DAY = timedelta(days=1)

State = MarketingMail.State


@dataclass(frozen=True)
class Done:
    """One mail that was handed over, and what became of it."""

    mail: MarketingMail
    posted: Posted


def hint() -> None:
    """Tell a worker that there is marketing mail; lost, the 5-second beat finds it."""
    from campaigns.newsletters.tasks import send_marketing_mail
    from crm.outbox import hints

    hints.quietly(send_marketing_mail)


def send_due(*, seconds: float = 4.0) -> int:
    """Send the marketing mail that is due, a batch of each source in turn; return how many left.

    seconds: after these no further batch is begun; what is left is the next call's
    """
    until, sent = time.monotonic() + seconds, 0
    give_up_half_sent()
    with Post() as post, organisation_read_once():
        waiting = sources()
        while waiting and time.monotonic() < until:
            source = waiting.pop(0)
            batch = take_batch(source)
            if not batch:
                continue
            count, goes_on = send_batch(batch, post)
            sent += count
            if not goes_on:
                break
            waiting.append(source)
    finish()
    return sent


def sources() -> list[int | None]:
    """Return whose mail may be due: the newsletters that are being sent, and None for the rest.

    None of them while the postal address is missing: what was queued before waits for it.
    """
    if not may_send():
        return []
    running = Newsletter.objects.filter(state=Newsletter.State.SENDING)
    return [None, *running.order_by("pk").values_list("pk", flat=True)]


@transaction.atomic
def take_batch(newsletter_id: int | None) -> list[MarketingMail]:
    """Lease the next mails of one source, as many as its rate allows now."""
    limit = BATCH if newsletter_id is None else take_allowance(newsletter_id)
    free = MarketingMail.objects.due().free().filter(newsletter=newsletter_id)
    taken = free.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk")
    pks = list(taken.values_list("pk", flat=True)[:limit])
    leased = MarketingMail.objects.filter(pk__in=pks)
    leased.update(lease_until=Now() + LEASE)
    return list(leased.select_related("content", "newsletter", "lead__company").order_by("pk"))


def take_allowance(newsletter_id: int) -> int:
    """Return how many mails of a newsletter may be taken now, and count them as taken."""
    running = Newsletter.objects.filter(pk=newsletter_id, state=Newsletter.State.SENDING)
    newsletter = running.select_for_update().first()
    if newsletter is None:
        return 0
    left = MarketingMail.objects.due().free().filter(newsletter=newsletter_id)
    wanted = len(left.values_list("pk")[:BATCH])
    count, paid = pacing.allowance(newsletter.paid_until, now(), newsletter.rate_per_minute, wanted)
    if count:
        running.update(paid_until=paid)
    return count


def send_batch(batch: list[MarketingMail], post: Post) -> tuple[int, bool]:
    """Send what was leased; return how many left, and whether the server takes more."""
    done: Done | None = None
    sent = 0
    for number, mail in enumerate(batch):
        if not settle_and_claim(done, mail):
            done = None
            continue
        assert mail.lead
        done = Done(mail, post.send(message_of(mail, mail.lead), f"marketing:{mail.pk}"))
        sent += done.posted.fate == Fate.SENT
        if done.posted.fate == Fate.DOWN:
            settle(done)
            release(batch[number + 1 :])
            return sent, False
    settle(done)
    return sent, True


def settle_and_claim(done: Done | None, mail: MarketingMail) -> bool:
    """Write what came of the last mail and claim the next, in one transaction."""
    try:
        with transaction.atomic():
            settle(done)
            claimed = claim(mail)
    except IntegrityError:  # another mail to this lead took the day at this very moment
        settle(done)
        claimed = False
    if not claimed:
        decide(mail)
    return claimed


@transaction.atomic
def decide(mail: MarketingMail) -> None:
    """Say why a mail could not be claimed: left out, put off, or no longer waiting."""
    waiting = due_now(mail.pk, mail.newsletter_id)
    why = refusal(mail)
    if why == "mailed_today" and mail.kind == Kind.SEQUENCE:
        waiting.update(lease_until=None, due_at=F("due_at") + A_DAY)
    elif why:
        state = State.SUPPRESSED if why == "suppressed" else State.SKIPPED
        waiting.update(state=state, reason=why, lease_until=None)
    else:
        release([mail])


def refusal(mail: MarketingMail) -> str:
    """Return the reason for which the lead gets no mail now, "" if it may get it."""
    judged = audience.with_why(
        Lead.objects.filter(pk__in=[mail.lead_id]),
        mail.kind,
        audience.today(),
        also_today=mail.also_today,
    )
    found = judged.values_list(F("why"), flat=True).first()
    return audience.ERASED if found is None else str(found)


def release(batch: list[MarketingMail]) -> None:
    """Give back mails that were leased and not begun."""
    left = MarketingMail.objects.filter(pk__in=[mail.pk for mail in batch], state=State.QUEUED)
    left.update(lease_until=None)


def settle(done: Done | None) -> None:
    """Write what became of a mail. Nothing if somebody has called it unknown meanwhile."""
    if done is None:
        return
    fate, mail = done.posted.fate, done.mail
    held = MarketingMail.objects.filter(pk=mail.pk, state__in=[State.SENDING, State.UNKNOWN])
    detail = done.posted.detail[:500]
    if fate == Fate.SENT:
        held.update(
            state=State.SENT,
            sent_at=Now(),
            lease_until=None,
            provider_id=done.posted.provider_id,
            last_error="",
        )
    elif fate == Fate.UNKNOWN:
        held.update(state=State.UNKNOWN, lease_until=None, last_error=detail)
    elif fate == Fate.DOWN:
        put_back(held, detail, A_WHILE, attempts=F("attempts") - 1)
    elif fate == Fate.LATER and mail.attempts + 1 < MAX_ATTEMPTS:
        put_back(held, detail, timedelta(minutes=2 ** (mail.attempts + 1)))
    else:
        held.update(state=State.FAILED, lease_until=None, day=None, last_error=detail)
        report_refusal(mail, fate, detail)


def put_back(held: QuerySet[MarketingMail], detail: str, pause: timedelta, **more: Any) -> None:
    """Let a mail wait again: it surely did not arrive, so its lead's day is free again."""
    held.update(
        state=State.QUEUED, lease_until=None, day=None, last_error=detail,
        due_at=Now() + pause, **more,
    )  # fmt: skip


def report_refusal(mail: MarketingMail, fate: Fate, detail: str) -> None:
    """Let a final refusal of the address count as the bounce that it is."""
    kinds = {
        Fate.NO_SUCH_ADDRESS: DeliveryEvent.Kind.HARD_BOUNCE,
        Fate.FULL: DeliveryEvent.Kind.SOFT_BOUNCE,
        Fate.LATER: DeliveryEvent.Kind.SOFT_BOUNCE,
    }
    if fate in kinds:
        delivery.report(mail.pk, kinds[fate], key=f"smtp:{mail.pk}", detail=detail, at=now())


def give_up_half_sent() -> int:
    """Call unknown what a dead sender left half-sent: it may have arrived, so nobody resends it."""
    lost = "The process ended while it was sending this."
    return MarketingMail.objects.half_sent().update(
        state=State.UNKNOWN, lease_until=None, last_error=lost
    )


def finish() -> int:
    """Close the newsletters of which no mail is left to decide."""
    open_mails = MarketingMail.objects.open().filter(newsletter=OuterRef("pk"))
    running = Newsletter.objects.filter(
        ~Exists(open_mails), state=Newsletter.State.SENDING, frozen_at__isnull=False
    )
    return running.update(state=Newsletter.State.SENT, finished_at=Now(), updated_at=Now())
