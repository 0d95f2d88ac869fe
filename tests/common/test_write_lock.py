"""Who holds SQLite's only write lock for long is named in the log."""

import time

import pytest
from django.db import connection, transaction

from crm.common.sqlite import base
from crm.outbox import services


@pytest.fixture
def on_sqlite(transactional_db, monkeypatch) -> bool:
    monkeypatch.setattr(base, "LONG", 0.05)
    return connection.vendor == "sqlite"


@transaction.atomic
def slow_service():
    services.beat("sweep")
    time.sleep(0.1)


def work_for(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


def held(caplog):
    return [line.getMessage() for line in caplog.records if "write lock" in line.getMessage()]


def test_a_service_that_holds_the_lock_for_long_is_logged_by_name(on_sqlite, caplog):
    slow_service()

    assert len(held(caplog)) == on_sqlite
    assert all("test_write_lock.slow_service" in line for line in held(caplog))


def test_a_block_that_holds_the_lock_is_logged_by_the_function_it_stands_in(on_sqlite, caplog):
    with transaction.atomic():
        time.sleep(0.1)

    assert len(held(caplog)) == on_sqlite
    assert all("logged_by_the_function_it_stands_in" in line for line in held(caplog))


def test_a_quick_transaction_is_not_logged(transactional_db, caplog):
    services.beat("sweep")

    assert held(caplog) == []


def test_a_long_statement_outside_a_transaction_is_logged_by_who_sent_it(on_sqlite, caplog):
    services.beat("sweep")
    if on_sqlite:
        connection.ensure_connection()
        connection.connection.create_function("work", 1, work_for)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE outbox_heartbeat SET name = coalesce(work(0.1), name)")

    named = [line for line in held(caplog) if "outside_a_transaction_is_logged" in line]
    assert len(named) == on_sqlite


def test_who_held_the_lock_lets_others_in_before_the_next_turn(on_sqlite, monkeypatch):
    pauses = []
    monkeypatch.setattr(base.time, "sleep", pauses.append)

    with transaction.atomic():
        services.beat("sweep")
    with transaction.atomic():
        services.beat("sweep")
        work_for(base.NOTICED + 0.02)

    assert pauses[-1:] == [base.PAUSE] * on_sqlite
