"""Counting attempts in the database: each once, whoever asks at the same moment."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from django.utils.timezone import now

from crm.common.retention import prune_all
from crm.throttling.models import AttemptCount
from crm.throttling.services import (
    Limit,
    count_attempt,
    count_attempts,
    forget,
    give_back,
    network_of,
)

TWICE = Limit("tests", 2, timedelta(minutes=5))
ALWAYS = Limit("tests of others", 100, timedelta(hours=1))
NOON = datetime(2026, 6, 1, 12, 0, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon(db):
    with time_machine.travel(NOON, tick=False):
        yield


def test_an_attempt_too_many_says_for_how_long_to_wait():
    allowed = [count_attempt(TWICE, "ana"), count_attempt(TWICE, "ana")]

    refusal = count_attempt(TWICE, "ana")

    assert allowed == [None, None]
    assert refusal
    assert (refusal.count, refusal.seconds, refusal.is_first) == (3, 260, True)


def test_the_next_window_begins_anew():
    for _ in range(3):
        count_attempt(TWICE, "ana")

    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        assert count_attempt(TWICE, "ana") is None


def test_subjects_and_limits_count_apart():
    for _ in range(3):
        count_attempt(TWICE, "ana")

    assert count_attempt(TWICE, "ben") is None
    assert count_attempt(ALWAYS, "ana") is None


def test_the_first_limit_that_refuses_ends_the_counting():
    for _ in range(2):
        count_attempt(TWICE, "ana")

    refusal = count_attempts((TWICE, "ana"), (ALWAYS, "ana"))

    assert refusal
    assert refusal.limit == TWICE
    assert not AttemptCount.objects.filter(pk=ALWAYS.key("ana")).exists()


def test_what_is_given_back_or_forgotten_does_not_count():
    count_attempt(TWICE, "ana")
    give_back((TWICE, "ana"), (TWICE, "nobody"))
    assert AttemptCount.objects.get().count == 0

    for _ in range(3):
        count_attempt(TWICE, "ana")
    forget((TWICE, "ana"))

    assert count_attempt(TWICE, "ana") is None


def test_no_address_is_stored_and_what_is_over_is_dropped():
    count_attempt(TWICE, "192.0.2.7")
    row = AttemptCount.objects.get()
    assert "192" not in row.key
    assert len(row.key) == 64

    with time_machine.travel(NOON + timedelta(minutes=6), tick=False):
        count_attempt(ALWAYS, "192.0.2.7")
        prune_all()

    assert not AttemptCount.objects.filter(ends_at__lt=NOON + timedelta(minutes=6)).exists()
    assert AttemptCount.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_a_network_is_one_address_or_what_one_customer_gets(address, network):
    assert network_of(RequestFactory().get("/", REMOTE_ADDR=address)) == network


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_are_all_counted():
    limit, allowed, start = Limit("at once", 3, timedelta(days=1)), [], Barrier(8)

    def attempt():
        start.wait()
        allowed.append(count_attempt(limit, "ana") is None)
        connection.close()

    threads = [Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(allowed) == [False] * 5 + [True] * 3
    assert AttemptCount.objects.get().count == 8
    assert AttemptCount.objects.get().ends_at > now()
