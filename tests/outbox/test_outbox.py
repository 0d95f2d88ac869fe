from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils.timezone import now

from crm.outbox import health, hints, services
from crm.outbox.models import Effect
from crm.users.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch):
    """A handler `note` that remembers what it was given, and `burst` that always fails."""
    seen: list[object] = []

    def burst(payload):
        raise ZeroDivisionError(payload["n"])

    monkeypatch.setattr(
        services, "HANDLERS", {"note": lambda p: seen.append(p["n"]), "burst": burst}
    )
    return seen


def be_due() -> None:
    Effect.objects.pending().update(due_at=now() - timedelta(seconds=1))


def test_an_effect_happens_once(done):
    services.enqueue("note", "a", {"n": 1})

    services.sweep()
    services.sweep()
    services.carry("a")

    assert done == [1]


def test_asking_twice_with_one_key_is_asking_once(done):
    services.enqueue("note", "a", {"n": 1})
    services.enqueue("note", "a", {"n": 2})

    assert services.enqueue_many("note", [("a", {"n": 3})]) == 0

    services.sweep()

    assert done == [1]


def test_an_effect_of_a_transaction_that_failed_never_happens(done):
    with transaction.atomic():
        services.enqueue("note", "a", {"n": 1})
        transaction.set_rollback(True)

    services.sweep()

    assert done == []


def test_an_effect_waits_for_its_time(done):
    services.enqueue("note", "later", {"n": 1}, due_at=now() + timedelta(minutes=5))

    services.sweep()
    assert done == []

    be_due()
    services.sweep()
    assert done == [1]


def test_poison_dies_after_eight_tries_and_the_others_never_wait(done):
    services.enqueue("burst", "poison", {"n": 0})
    for n in range(3):
        services.enqueue("note", f"good-{n}", {"n": n})

    for _ in range(12):
        services.sweep()
        be_due()

    poison = Effect.objects.get(key="poison")
    assert (poison.state, poison.attempts) == (Effect.State.DEAD, 8)
    assert "ZeroDivisionError" in poison.last_error
    assert done == [0, 1, 2]


def test_a_failed_effect_pauses_longer_each_time(done):
    services.enqueue("burst", "poison", {"n": 0})
    pauses = []
    for _ in range(3):
        services.sweep()
        pauses.append(Effect.objects.get(key="poison").due_at - now())
        be_due()

    assert pauses[0] < pauses[1] < pauses[2]


def test_an_unknown_kind_is_kept_and_shown_as_dead(done):
    services.enqueue("from-a-newer-release", "x", {})

    for _ in range(8):
        services.sweep()
        be_due()

    assert Effect.objects.dead().get().key == "x"


def test_a_dead_effect_gets_another_chance(done, organisation, sign_in):
    services.enqueue("burst", "poison", {"n": 0})
    Effect.objects.update(state=Effect.State.DEAD, attempts=8)
    services.HANDLERS["burst"] = services.HANDLERS["note"]
    client = sign_in(role=Role.ADMIN)
    assert "Retry" in client.get("/system/").content.decode()

    client.post(f"/system/{Effect.objects.get().pk}/retry/")
    assert Effect.objects.get().last_error == ""
    services.sweep()

    assert done == [0]


def test_a_broker_that_is_down_is_asked_once_and_then_left_alone(monkeypatch):
    asked = []

    class Broken:
        def apply_async(self, **kwargs):
            asked.append(kwargs)
            raise ConnectionError

    monkeypatch.undo()
    monkeypatch.setattr(hints, "silent_until", 0.0)
    for _ in range(3):
        hints.quietly(Broken())

    assert len(asked) == 1
    monkeypatch.setattr(hints, "silent_until", 0.0)


def test_an_effect_that_kills_its_process_is_given_up_after_eight_tries(done):
    services.enqueue("note", "deadly", {"n": 1})
    for _ in range(services.MAX_ATTEMPTS):
        assert services.claim("deadly")  # ... and the process is gone before anything else
        be_due()

    services.sweep()

    deadly = Effect.objects.get(key="deadly")
    assert (deadly.state, deadly.last_error) == (Effect.State.DEAD, services.KILLED)
    assert done == []


def test_an_effect_in_the_hands_of_another_is_left_alone(done):
    services.enqueue("note", "a", {"n": 1})
    assert services.claim("a")

    assert not services.carry("a")
    assert done == []


def test_the_command_sweeps_without_celery(done):
    services.enqueue("note", "a", {"n": 7})

    call_command("sweep")

    assert done == [7]


def test_the_command_does_all_that_beat_would_ask_for(done, settings, monkeypatch):
    asked = []
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        monkeypatch.setattr(entry["task"], lambda name=entry["task"]: asked.append(name))

    call_command("sweep")

    wanted = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {*asked, "crm.outbox.tasks.sweep"} == wanted


def test_health_tells_what_is_late(done):
    services.enqueue("note", "a", {"n": 1}, due_at=now() - timedelta(minutes=10))

    state = health.look()

    assert state.is_late
    assert any("worker" in trouble for trouble in state.troubles)


@pytest.mark.django_db(transaction=True)
def test_a_chain_of_effects_becomes_a_message_of_its_own_before_its_task_is_killed(monkeypatch):
    asked, published = [], []

    def link(payload):
        asked.append(payload["n"])
        if payload["n"] < 9:
            services.enqueue("link", f"link:{payload['n'] + 1}", {"n": payload["n"] + 1})

    monkeypatch.setitem(services.HANDLERS, "link", link)
    with hints.kept(), transaction.atomic():
        services.enqueue("link", "link:0", {"n": 0})
    monkeypatch.setattr(services, "LONGEST_TURN", -1.0)
    monkeypatch.setattr(hints, "quietly", lambda task, keys: published.append(keys))

    services.carry_all(["link:0"])

    assert (asked, published) == ([0], [["link:1"]])

    while published:
        services.carry_all(published.pop())
    assert asked == list(range(10))
