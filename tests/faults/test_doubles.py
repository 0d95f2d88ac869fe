"""Fault 13: two beats, two sweepers, and none of them for an hour."""

import shelve
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now

from crm.funnel.models import Handoff
from crm.notifications.models import Notification
from crm.outbox import services as outbox
from crm.outbox.models import Effect
from crm.users.models import Role, User
from tests.factories import waiting_handoff
from tests.faults.processes import BEAT, wait_until
from tests.faults.stream import Stream, passed
from tests.faults.world import SIZE, World

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

HOUR = timedelta(hours=1)


def pretend_an_hour(schedule: Path) -> None:
    """Let beat's memory say that it last ran an hour ago."""
    with shelve.open(str(schedule), writeback=True) as kept:  # noqa: S301  beat's own file
        for entry in kept.get("entries", {}).values():
            entry.last_run_at -= HOUR


def test_two_beats_and_two_sweepers_after_an_hour_without_any_do_everything_once(
    world: World, tell
):
    began = time.monotonic()
    wait_until(lambda: world.beat.said("Sending due task"), "beat has run")
    world.beat.kill()
    pretend_an_hour(world.folder / "celerybeat-schedule")
    rep = User.objects.filter(role=Role.REP)[0]
    late = [
        waiting_handoff(rep=rep, remind_at=now() - HOUR, due_at=now() - HOUR / 2)
        for _ in range(SIZE.handoffs)
    ]
    stream = Stream(world, "doubles")
    stream.open(SIZE.handoffs)
    stream.join()
    Effect.objects.pending().update(due_at=now() - HOUR)

    world.beat.start()
    world.also("second-beat", BEAT)
    for n in range(2):
        world.sweeper(f"sweeper-{n}")
    keys = [handoff.pk for handoff in late]
    chased = Handoff.objects.filter(pk__in=keys, reminded_at=None) | Handoff.objects.filter(
        pk__in=keys, escalated_at=None
    )
    wait_until(lambda: not chased.exists(), "reminded and escalated")

    said = passed("13 two beats, two sweepers, an hour late", stream, began)
    for handoff in late:
        told = Notification.objects.filter(key__startswith=f"handoff:{handoff.pk}:")
        assert told.filter(key__contains=":remind:").count() == 1
        assert told.filter(key__contains=":overdue:").count() == 1
    tell(f"{said}; {len(late)} reminders and {len(late)} escalations, each once")
    assert outbox.sweep() == 0
