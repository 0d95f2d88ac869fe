"""From the touch that crosses the MQL definition to the rep's queue, with real workers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from django.db.models import Max
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.services import NewTouch, record_touch, record_touches
from crm.funnel.intake import take_in
from crm.funnel.models import Handoff
from crm.outbox import hints
from crm.outbox.models import Effect, Heartbeat
from leads import addresses
from leads.models import Lead

A_SECOND = 20
PATIENCE = 120.0
DECISION_MAKER = "Head of Operations"
"""A job title that meets the MQL definition together with one request for a demo."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the recording of the touch to the commit that put the lead into a queue."""

    crossings: int
    median: float
    p95: float
    recording_p95: float
    """what recording a touch takes, with telling the workers"""
    publishing_p95: float
    """what of it is telling the workers"""


def measure(crossings: int = 200) -> Latency:
    """Let leads cross the definition, 20 a second."""
    leads = [
        take_in(
            actor=None,
            name=f"Cross {n}",
            email=f"cross{n}-{time.time_ns()}@example.com",
            job_title=DECISION_MAKER,
        )
        for n in range(crossings)
    ]
    wait_until(is_idle, "all that the leads' creation asked for is done")
    begun, recording = {}, []
    with published() as publishing:
        for lead in leads:
            began = time.perf_counter()
            begun[lead.pk] = now()
            record_touch(lead, kind=Touch.Kind.DEMO_REQUEST, at=now(), key=f"cross:{lead.pk}")
            recording.append((time.perf_counter() - began) * 1000)
            time.sleep(max(0.0, 1 / A_SECOND - (time.perf_counter() - began)))
    wait_until(is_idle, "every lead has reached a queue")
    there = Handoff.objects.filter(lead__in=begun, rep__isnull=False).values_list("lead", "pk")
    routed = Effect.objects.filter(kind="funnel.route_handoff", done_at__isnull=False)
    done: dict[str, Any] = dict(routed.values_list("key", "done_at"))
    took = [
        (done[f"handoff:{handoff}"] - begun[lead]).total_seconds() * 1000 for lead, handoff in there
    ]
    if len(took) != crossings:
        raise AssertionError(f"{len(took)} of {crossings} leads have reached a queue")
    return Latency(crossings, median(took), p95(took), p95(recording), p95(publishing))


def burst(crossings: int = 2000) -> float:
    """Let many leads cross in one call; return the seconds until the last is in a queue."""
    stamp = time.time_ns()
    leads = Lead.objects.bulk_create(
        (
            Lead(name=f"Burst {n}", email=f"burst{n}-{stamp}@example.com", job_title=DECISION_MAKER)
            for n in range(crossings)
        ),
        batch_size=500,
    )
    addresses.write(leads, new=True)
    at = now()
    record_touches(
        NewTouch(lead.pk, Touch.Kind.DEMO_REQUEST, at, f"burst:{lead.pk}") for lead in leads
    )
    wait_until(is_idle, "the whole burst is in queues")
    routed = Handoff.objects.filter(lead__in=leads, rep__isnull=False)
    if routed.count() != crossings:
        raise AssertionError(f"{routed.count()} of {crossings} leads have reached a queue")
    keys = [f"handoff:{pk}" for pk in routed.values_list("pk", flat=True)]
    last = Effect.objects.filter(key__in=keys).aggregate(last=Max("done_at"))["last"]
    return float((last - at).total_seconds())


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


@contextmanager
def published() -> Iterator[list[float]]:
    """Note how many milliseconds each publishing takes inside this block."""
    took: list[float] = []
    quietly = hints.quietly

    def timed(task: Any, *args: object) -> None:
        began = time.perf_counter()
        quietly(task, *args)
        took.append((time.perf_counter() - began) * 1000)

    hints.quietly = timed
    try:
        yield took
    finally:
        hints.quietly = quietly


# The processes ------------------------------------------------------------------------------------


@contextmanager
def workers() -> Iterator[None]:
    """Run a worker of two and beat inside this block."""
    since = now()
    started = [start("worker", "-c", "2", "--loglevel", "ERROR"), start("beat", "-l", "ERROR")]
    try:
        wait_until(Heartbeat.objects.filter(name="worker", at__gt=since).exists, "a worker is up")
        yield
    finally:
        for process in started:  # nothing of theirs is wanted any more: the group goes at once
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def start(*args: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "--quiet", "-A", "crm", *args],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def is_idle() -> bool:
    return not Effect.objects.pending().exists()


def wait_until(happened: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > give_up:
            raise TimeoutError(f"not within {PATIENCE:.0f} s: {what}")
        time.sleep(0.1)
