"""A newsletter under way while its workers are killed: each reader once, or listed as unknown."""

import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.newsletters import leaving, planning
from campaigns.newsletters.contents import message_id
from campaigns.newsletters.models import MarketingMail, Newsletter
from leads.models import Lead
from tests.factories import NewsletterFactory
from tests.faults.processes import wait_until
from tests.faults.world import FULL, World

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

READERS, KILLS, RATE = (10_000, 12, 30_000) if FULL else (300, 2, 3_000)
State = MarketingMail.State


def readers(count: int) -> None:
    """Write so many leads that agreed to get mail."""
    stamp = time.time_ns()
    Lead.objects.bulk_create(
        [
            Lead(name=f"Reader {n}", email=f"reader{n}.{stamp}@faults.example", consent=True)
            for n in range(count)
        ],
        batch_size=500,
    )


def left(newsletter: Newsletter) -> int:
    return newsletter.mails.exclude(state__in=MarketingMail.OPEN).count()


def kill_and_go_on(world: World, newsletter: Newsletter) -> None:
    """Kill the worker as it sends. The short form does not wait for the leases of the dead."""
    world.worker.kill()
    if not FULL:
        newsletter.mails.exclude(lease_until=None).update(lease_until=now() - timedelta(seconds=1))
    world.worker.start()


def leave(newsletter: Newsletter) -> MarketingMail:
    """Let the reader whose turn is last unsubscribe."""
    mail = newsletter.mails.filter(state=State.QUEUED).select_related("lead").order_by("-pk")[0]
    leaving.unsubscribe(mail, how="by one click")
    return mail


def test_a_newsletter_reaches_each_reader_once_though_workers_are_killed(world: World, tell):
    began = time.monotonic()
    Lead.objects.update(consent=False)
    readers(READERS)
    newsletter = NewsletterFactory(rate_per_minute=RATE)
    planning.schedule(newsletter, None)
    wait_until(lambda: left(newsletter) > READERS // 20, "the first have left")
    gone = leave(newsletter)
    for turn in range(1, KILLS + 1):
        share = READERS * turn // (KILLS + 1)
        wait_until(lambda share=share: left(newsletter) >= share, f"{share} have left", 600)
        kill_and_go_on(world, newsletter)
    ended = Newsletter.objects.filter(pk=newsletter.pk, state=Newsletter.State.SENT)
    wait_until(ended.exists, "all are decided", 600)

    states = Counter(newsletter.mails.values_list("state", flat=True))
    got = {
        pk: world.mail.got[message_id(pk).strip("<>").partition("@")[0]]
        for pk in newsletter.mails.values_list("pk", flat=True)
    }
    sent = newsletter.mails.filter(state=State.SENT).values_list("pk", flat=True)
    assert max(got.values()) == 1, "somebody got it twice"
    assert all(got[pk] == 1 for pk in sent)
    assert sum(states.values()) == READERS
    gone.refresh_from_db()
    assert gone.reason in ("no_consent", "suppressed")
    assert got[gone.pk] == 0
    assert states[State.SENT] + states[State.UNKNOWN] == READERS - 1
    assert states[State.UNKNOWN] <= KILLS * 2
    tell(
        f"10 newsletter to {READERS:,}, worker killed {KILLS} times: {states[State.SENT]:,} once, "
        f"{states[State.UNKNOWN]} unknown, 1 left meanwhile, 0 twice, "
        f"{time.monotonic() - began:.0f} s"
    )
