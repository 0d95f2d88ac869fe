"""A newsletter's life: written, scheduled, begun, paused, cancelled. Each step happens once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.timezone import now

from campaigns.newsletters import audience, sending
from campaigns.newsletters.comparing import groups
from campaigns.newsletters.contents import keep_content
from campaigns.newsletters.models import Content, Kind, MarketingMail, Newsletter
from campaigns.newsletters.results import compared
from campaigns.segments.models import Segment
from crm.mailing.letterhead import NO_ADDRESS, check_may_send, may_send
from crm.notifications.models import Notification
from crm.notifications.services import notify
from crm.outbox import services as outbox
from crm.users.models import User

START, FREEZE = "newsletters.start", "newsletters.freeze"
CHOOSE_SUBJECT = "newsletters.choose_subject"
"""Payloads {"newsletter": pk, …}: begin; write the mails of the next leads; find the better."""

CHUNK, AT_ONCE = 500, 500
NOT_YET = timedelta(minutes=5)
COPIED = (
    "subject", "subject_b", "preheader", "sender_name", "reply_to", "blocks", "segment", "campaign",
    "rate_per_minute", "also_mailed_today", "test_share", "test_hours",
)  # fmt: skip
State = Newsletter.State


class NotNow(Exception):
    """The newsletter is in another state than this needs; somebody was first."""


class Changed(Exception):
    """Somebody saved the newsletter since this form was shown."""


@transaction.atomic
def save_draft(newsletter: Newsletter, *, version: int | None = None) -> Newsletter:
    """Write a draft. version: what the writer saw. Raises Changed, NotNow if it is no draft."""
    newsletter.updated_at = now()
    if newsletter.pk is None:
        newsletter.save()
        return newsletter
    held = Newsletter.objects.select_for_update().get(pk=newsletter.pk)
    if not held.is_draft:
        raise NotNow(held)
    if version is not None and version != held.version:
        raise Changed(held)
    newsletter.version = held.version + 1
    newsletter.save()
    return newsletter


@transaction.atomic
def copy(newsletter: Newsletter, *, actor: User) -> Newsletter:
    """Return a new draft that says the same to the same segment."""
    values = {name: getattr(newsletter, name) for name in COPIED}
    return Newsletter.objects.create(name=f"{newsletter.name} (copy)"[:120], owner=actor, **values)


@transaction.atomic
def delete(newsletter: Newsletter) -> None:
    """Delete a draft. Raises NotNow if it is none."""
    held = Newsletter.objects.select_for_update().get(pk=newsletter.pk)
    if not held.is_draft:
        raise NotNow(held)
    held.delete()


def standing_on(segment: Segment) -> list[tuple[str, str]]:
    """Return the name and address of each newsletter that goes to `segment`."""
    return [(each.name, each.get_absolute_url()) for each in segment.newsletters.all()[:20]]


def step(newsletter: Newsletter, old: tuple[State, ...], **values: Any) -> None:
    """Write one step of a newsletter's life. Raises NotNow unless it is in one of `old`."""
    row = Newsletter.objects.filter(pk=newsletter.pk, state__in=old)
    if not row.update(updated_at=Now(), version=F("version") + 1, **values):
        raise NotNow(newsletter)
    newsletter.refresh_from_db()


@transaction.atomic
def schedule(newsletter: Newsletter, at: datetime | None) -> None:
    """Let a draft begin at `at`, None is now. Raises NotNow, NoPostalAddress."""
    check_may_send()
    moment = at or now()
    step(newsletter, (State.DRAFT,), state=State.SCHEDULED, scheduled_at=moment)
    payload = {"newsletter": newsletter.pk, "version": newsletter.version}
    key = f"newsletter-start:{newsletter.pk}:{newsletter.version}"
    outbox.enqueue(START, key, payload, due_at=at)


@transaction.atomic
def unschedule(newsletter: Newsletter) -> None:
    """Make a scheduled newsletter a draft again. Raises NotNow."""
    step(newsletter, (State.SCHEDULED,), state=State.DRAFT, scheduled_at=None)


@transaction.atomic
def pause(newsletter: Newsletter) -> None:
    """Stop sending after the mails that are being sent at this moment. Raises NotNow."""
    step(newsletter, (State.SENDING,), state=State.PAUSED)


@transaction.atomic
def resume(newsletter: Newsletter) -> None:
    """Go on where sending stopped. Raises NotNow, NoPostalAddress."""
    check_may_send()
    step(newsletter, (State.PAUSED,), state=State.SENDING, paid_until=None)
    transaction.on_commit(sending.hint)


@transaction.atomic
def cancel(newsletter: Newsletter) -> int:
    """Stop sending for good; return how many mails will not leave. Raises NotNow."""
    step(newsletter, (State.SENDING, State.PAUSED), state=State.CANCELLED, finished_at=Now())
    waiting = newsletter.mails.filter(state=MarketingMail.State.QUEUED)
    return waiting.update(state=MarketingMail.State.CANCELLED, lease_until=None)


@transaction.atomic
def handle_start(payload: dict[str, Any]) -> None:
    """Begin a newsletter if it is still scheduled as it was. Payload {"newsletter", "version"}."""
    waiting = Newsletter.objects.filter(state=State.SCHEDULED, version=payload["version"])
    newsletter = waiting.select_for_update().filter(pk=payload["newsletter"]).first()
    if newsletter is None:
        return
    if not may_send():
        give_back(newsletter)
        return
    step(
        newsletter,
        (State.SCHEDULED,),
        state=State.SENDING,
        started_at=Now(),
        content=content_of(newsletter, newsletter.subject),
        content_b=content_of(newsletter, newsletter.subject_b)
        if newsletter.tries_subjects
        else None,
        left_out={why: n for why, n in audience.counted(newsletter).items() if why},
    )
    ask_to_freeze(newsletter, after=0)
    if newsletter.tries_subjects:
        ask_to_choose(newsletter, now() + timedelta(hours=newsletter.test_hours))


def give_back(newsletter: Newsletter) -> None:
    """Make a newsletter that may not begin a draft again, and tell its owner why."""
    step(newsletter, (State.SCHEDULED,), state=State.DRAFT, scheduled_at=None)
    if newsletter.owner and newsletter.owner.is_active:
        notify(
            newsletter.owner,
            key=f"newsletter-not-sent:{newsletter.pk}:{newsletter.version}",
            title=f"“{newsletter}” was not sent and is a draft again",
            body=NO_ADDRESS,
            url=newsletter.get_absolute_url(),
            kind=Notification.Kind.ACTION,
            by_mail=True,
        )


def content_of(newsletter: Newsletter, subject: str) -> Content:
    """Return what a newsletter says under this subject, kept."""
    return keep_content(
        subject=subject,
        blocks=newsletter.blocks,
        preheader=newsletter.preheader,
        sender_name=newsletter.sender_name,
        reply_to=newsletter.reply_to,
    )


def ask_to_freeze(newsletter: Newsletter, *, after: int) -> None:
    payload = {"newsletter": newsletter.pk, "after": after}
    outbox.enqueue(FREEZE, f"newsletter-freeze:{newsletter.pk}:{after}", payload)


@transaction.atomic
def handle_freeze(payload: dict[str, Any]) -> None:
    """Write the mails of the next leads of the audience, and ask for those after them."""
    newsletter = Newsletter.objects.select_for_update().get(pk=payload["newsletter"])
    if newsletter.state not in (State.SENDING, State.PAUSED) or newsletter.frozen_at:
        return
    wanted = audience.recipients(newsletter).filter(pk__gt=payload["after"]).order_by("pk")
    leads = list(wanted.values_list("pk", flat=True)[:CHUNK])
    MarketingMail.objects.bulk_create(
        [mail_to(newsletter, lead) for lead in leads], ignore_conflicts=True, batch_size=500
    )
    if len(leads) == CHUNK:
        ask_to_freeze(newsletter, after=leads[-1])
    else:
        if newsletter.tries_subjects:
            choose_readers(newsletter)
        Newsletter.objects.filter(pk=newsletter.pk).update(frozen_at=Now())
    transaction.on_commit(sending.hint)


def mail_to(newsletter: Newsletter, lead_id: int) -> MarketingMail:
    """Return a newsletter's mail to one lead, held back where two subjects are tried."""
    assert newsletter.content
    return MarketingMail(
        lead_id=lead_id,
        key=newsletter.key,
        kind=Kind.NEWSLETTER,
        newsletter=newsletter,
        campaign_id=newsletter.campaign_id,
        content=newsletter.content,
        also_today=newsletter.also_mailed_today,
        due_at=None if newsletter.tries_subjects else now(),
    )


def choose_readers(newsletter: Newsletter) -> None:
    """Let exactly as many readers try each subject, the same ones whenever it is asked again."""
    waiting = newsletter.mails.filter(state=MarketingMail.State.QUEUED).exclude(lead=None)
    leads = waiting.values_list("lead_id", flat=True)
    content = {"a": newsletter.content_id, "b": newsletter.content_b_id}
    for variant, group in groups(newsletter.pk, leads, newsletter.test_share).items():
        for some in batched(group, AT_ONCE):
            chosen = waiting.filter(lead__in=some)
            chosen.update(variant=variant, content=content[variant], due_at=Now())


def batched(rows: list[int], size: int) -> Iterator[list[int]]:
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]


def ask_to_choose(newsletter: Newsletter, at: datetime) -> None:
    key = f"newsletter-subject:{newsletter.pk}:{at:%Y%m%d%H%M%S}"
    outbox.enqueue(CHOOSE_SUBJECT, key, {"newsletter": newsletter.pk}, due_at=at)


@transaction.atomic
def handle_choosing(payload: dict[str, Any]) -> None:
    """Let the rest have the better subject, A if none is; later if not all have tried theirs."""
    newsletter = Newsletter.objects.select_for_update().get(pk=payload["newsletter"])
    if newsletter.state not in (State.SENDING, State.PAUSED) or newsletter.winner_at:
        return
    trying = newsletter.mails.open().exclude(variant="")
    if newsletter.frozen_at is None or trying.exists():
        ask_to_choose(newsletter, now() + NOT_YET)
        return
    found = compared(newsletter)
    content = newsletter.content_b_id if found.winner == "b" else newsletter.content_id
    chosen = Newsletter.objects.filter(pk=newsletter.pk)
    chosen.update(winner=found.winner, winner_sure=found.sure, winner_at=Now())
    held = newsletter.mails.filter(state=MarketingMail.State.QUEUED, due_at=None)
    held.update(content=content, due_at=Now())
    transaction.on_commit(sending.hint)


@transaction.atomic
def resend(mail: MarketingMail) -> bool:
    """Send a mail whose fate is unknown once more, because a person says so. False: it is not.

    Raises NoPostalAddress.
    """
    check_may_send()
    unknown = MarketingMail.objects.filter(pk=mail.pk, state=MarketingMail.State.UNKNOWN)
    unknown = unknown.exclude(newsletter__state=State.CANCELLED)
    done = unknown.update(
        state=MarketingMail.State.QUEUED, day=None, due_at=Now(), lease_until=None, last_error=""
    )
    if done and mail.newsletter_id:
        ended = Newsletter.objects.filter(pk=mail.newsletter_id, state=State.SENT)
        ended.update(state=State.SENDING, finished_at=None, updated_at=Now())
    transaction.on_commit(sending.hint)
    return bool(done)
