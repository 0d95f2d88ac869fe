"""Faults 3 to 5: the broker loses everything, hangs, is full. Requests do not wait for it."""

import time
import urllib.error
import urllib.request

import pytest
from django.core.checks import run_checks
from django.urls import reverse

from crm.funnel.models import Handoff
from crm.outbox.models import Effect
from crm.users.models import Role, User
from tests.factories import waiting_handoff
from tests.faults.processes import wait_until
from tests.faults.stream import Stream, passed
from tests.faults.world import SIZE, World, cookies

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

LONGEST_WAIT = 1.0
"""Seconds that a broker may cost a request."""


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def post(port: int, path: str, user_cookies: dict[str, str]) -> tuple[int, float]:
    """Return the status of a POST, and the seconds it took."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=b"", headers=user_cookies, method="POST"
    )
    began = time.monotonic()
    try:
        with urllib.request.build_opener(StayHere).open(request, timeout=60) as answer:
            status = answer.status
    except urllib.error.HTTPError as answer:
        status = answer.code
    return status, time.monotonic() - began


def accept_all(port: int, rep: User, count: int) -> tuple[float, list[int]]:
    """Accept `count` handoffs over HTTP; return the slowest answer, and their keys."""
    signed_in = cookies(rep)
    pks = [waiting_handoff(rep=rep).pk for _ in range(count)]
    slowest = 0.0
    for pk in pks:
        status, seconds = post(port, reverse("funnel:accept", args=[pk]), signed_in)
        assert status == 302
        slowest = max(slowest, seconds)
    return slowest, pks


def test_a_broker_that_loses_every_message_loses_no_effect(world: World, tell):
    began = time.monotonic()
    stream = Stream(world, "lost", SIZE.rows)
    for _ in range(SIZE.rounds):
        stream.open(SIZE.handoffs)
        stream.in_the_middle()
        world.broker.lose()

    tell(passed(f"3 broker lost {SIZE.rounds} times", stream, began))
    assert world.slowest < LONGEST_WAIT


@pytest.mark.services
def test_no_request_waits_for_a_broker_that_hangs(world: World, tell):
    began = time.monotonic()
    rep = User.objects.filter(role=Role.REP)[0]
    port = world.web()
    accept_all(port, rep, 4)
    usual, _ = accept_all(port, rep, SIZE.handoffs)
    stream = Stream(world, "hung")

    world.broker.hang()
    try:
        stream.open(SIZE.handoffs)
        slowest, pks = accept_all(port, rep, SIZE.handoffs)
        stream.join()
    finally:
        world.broker.go_on()
    stream.answered += pks

    tell(passed("4 broker hung", stream, began))
    tell(f"4 slowest POST accept: {slowest * 1000:.0f} ms, with a broker {usual * 1000:.0f} ms")
    assert slowest < usual + LONGEST_WAIT
    assert world.slowest < LONGEST_WAIT


@pytest.mark.services
def test_a_full_broker_refuses_hints_and_the_work_goes_on(world: World, tell):
    began = time.monotonic()
    stream = Stream(world, "full")
    world.sweeper("sweeper")

    world.broker.fill()
    try:
        stream.open(SIZE.handoffs)
        stream.join()
        routed = Handoff.objects.filter(pk__in=stream.opened).exclude(rep=None)
        wait_until(lambda: routed.count() == len(stream.opened), "routed without a broker")
    finally:
        world.broker.make_room()
    world.end_others()
    stream.open(SIZE.handoffs)

    tell(passed("5 broker full", stream, began))
    assert world.slowest < LONGEST_WAIT


@pytest.mark.services
def test_a_broker_that_drops_keys_when_full_is_warned_of(world: World, settings):
    settings.REDIS_URL = world.broker.url

    def warnings() -> set[str]:
        found = run_checks(include_deployment_checks=True)
        return {message.id for message in found if str(message.id).startswith("outbox.")}

    assert warnings() == set()
    world.broker.client.config_set("maxmemory-policy", "allkeys-lru")
    assert warnings() == {"outbox.W002"}
    world.broker.client.config_set("maxmemory-policy", "noeviction")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert warnings() == {"outbox.W001"}


@pytest.mark.services
def test_the_sweep_command_alone_does_what_is_due(world: World, tell):
    began = time.monotonic()
    world.worker.kill()
    world.beat.kill()
    stream = Stream(world, "alone")
    world.sweeper("alone")
    stream.open(SIZE.handoffs)

    tell(passed("5 no worker, no beat, `manage.py sweep --forever`", stream, began))
    assert not Effect.objects.pending().exists()
