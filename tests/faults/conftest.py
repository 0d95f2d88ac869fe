"""One world for all fault tests of a run: starting it costs more than most faults."""

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.test import TransactionTestCase

from crm.outbox import hints
from tests.faults.world import World, build, found_company, point_at


@pytest.fixture
def _django_db_helper() -> None:
    """In place of pytest-django's: no transaction around a test, for others must see its rows."""


def end_also_when_killed(world: World) -> None:
    """Leave no process behind when somebody ends this one."""

    def end(number: int, frame: object) -> None:
        world.end()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, end)


@pytest.fixture(scope="package")
def company_at_work(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        world = build(tmp_path_factory.mktemp("faults"))
        end_also_when_killed(world)
        before = current_app.conf.broker_url, current_app.conf.broker_transport_options
        patch.setattr(settings, "MEDIA_ROOT", world.folder / "files")
        patch.setattr(hints, "quietly", world.timed(hints.quietly))
        point_at(world.broker)
        found_company()
        try:
            yield world
        finally:
            world.end()
            current_app.conf.broker_url, current_app.conf.broker_transport_options = before
            current_app._after_fork()
            TransactionTestCase("__init__")._fixture_teardown()  # type: ignore[attr-defined]


@pytest.fixture
def world(company_at_work: World) -> Iterator[World]:
    """The company at work: broker, worker and beat run, nothing is left to do."""
    company_at_work.heal()
    yield company_at_work
    company_at_work.end_others()


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], world: World) -> Callable[[str], None]:
    """Return a function that prints a line past pytest's capture."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line} [{world.broker.name}]", end="", flush=True)  # noqa: T201

    return say
