"""Fault 14: an effect that always fails, one that kills its process, messages nobody knows."""

import time
from datetime import timedelta

import pytest
from celery import current_app
from django.utils.timezone import now

from crm.outbox import services as outbox
from crm.outbox.models import Effect
from tests.faults.apps import BURST, KILL
from tests.faults.processes import wait_until
from tests.faults.stream import Stream, passed
from tests.faults.world import SIZE, World

pytestmark = [pytest.mark.faults, pytest.mark.django_db]


def carry_until_dead(effect: Effect) -> None:
    """Wait until `effect` is dead; the minutes between two tries pass at once.

    The message that is published for each try is the hint, as after a request.
    """

    def dead() -> bool:
        effect.refresh_from_db()
        tried = Effect.objects.pending().filter(pk=effect.pk, due_at__gt=now())
        rested = now() + timedelta(seconds=2**effect.attempts - 0.4)
        if tried.filter(due_at__lt=rested).update(due_at=now() - timedelta(seconds=1)):
            outbox.hints.publish([effect.key])
        return effect.state == Effect.State.DEAD

    wait_until(dead, "the poison is dead")


def test_poison_dies_after_eight_tries_and_harms_nothing_else(world: World, tell):
    began = time.monotonic()
    line, poison = poisoned(world, "14 an effect that fails", BURST, began)

    tell(line)
    assert poison.attempts == 8
    assert "poison" in poison.last_error


@pytest.mark.services
def test_an_effect_that_kills_its_process_dies_too(world: World, tell):
    began = time.monotonic()
    line, deadly = poisoned(world, "14 an effect that kills its process", KILL, began)

    tell(line)
    assert (deadly.attempts, deadly.last_error) == (8, outbox.KILLED)
    assert world.worker.runs


def poisoned(world: World, fault: str, kind: str, began: float) -> tuple[str, Effect]:
    """Let one effect of `kind` die among others; return the line to print, and how it died."""
    outbox.enqueue(kind, kind, {})
    stream = Stream(world, kind)
    stream.first = Effect.objects.order_by("pk").last().pk  # type: ignore[union-attr]
    stream.open(SIZE.handoffs)

    carry_until_dead(Effect.objects.get(kind=kind))

    line = passed(fault, stream, began)
    dead = Effect.objects.get(kind=kind)
    dead.delete()
    return line, dead


def test_messages_that_nobody_knows_do_not_stop_the_worker(world: World, tell):
    began = time.monotonic()
    current_app.send_task("a.task.of.another.release", args=[1])
    world.broker.put_garbage()
    current_app.send_task("a.task.of.another.release", args=[2])
    stream = Stream(world, "garbage")
    stream.open(SIZE.handoffs)

    tell(passed("14 unknown and broken messages", stream, began))
    wait_until(lambda: world.worker.said("a.task.of.another.release") >= 2, "both were refused")
    assert world.worker.runs
