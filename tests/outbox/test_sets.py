"""Effects of one kind are carried out in sets: quick, and no less safe than one by one."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from crm.outbox import hints, services
from crm.outbox.models import Effect

pytestmark = pytest.mark.django_db


@pytest.fixture
def sets(monkeypatch):
    """A kind `note` that is carried out in sets and fails for 13; what each call was given."""
    calls: list[list[int]] = []

    def note_all(payloads):
        numbers = [payload["n"] for payload in payloads]
        calls.append(numbers)
        if 13 in numbers:
            raise ZeroDivisionError

    monkeypatch.setattr(services, "HANDLERS", {"note": lambda payload: note_all([payload])})
    monkeypatch.setattr(services, "SET_HANDLERS", {"note": note_all})
    return calls


def ask(*numbers):
    services.enqueue_many("note", [(f"note-{n:03}", {"n": n}) for n in numbers])


def be_due():
    Effect.objects.pending().update(due_at=now() - timedelta(seconds=1))


def test_a_set_is_handled_at_once_and_in_as_many_queries_as_one_of_five(
    sets, django_assert_max_num_queries
):
    ask(*range(5))
    with django_assert_max_num_queries(12) as few:
        services.carry_all(["note-000"])
    ask(*range(100, 200))

    with django_assert_max_num_queries(len(few)):
        services.carry_all([f"note-{n:03}" for n in range(100, 200)])

    assert [len(call) for call in sets] == [5, 100]
    assert not Effect.objects.pending().exists()


def test_what_else_of_the_kind_is_due_comes_along(sets):
    ask(1, 2, 3)

    assert services.carry_all(["note-002"]) == 3

    assert sorted(sets[0]) == [1, 2, 3]


def test_a_set_is_no_larger_than_one_transaction_should_be(sets):
    ask(*range(20, 270))

    services.sweep()

    assert [len(call) for call in sets] == [100, 100, 50]


def test_poison_in_a_set_harms_no_other(sets):
    ask(*range(10, 20))

    assert services.sweep() == 9

    poison = Effect.objects.pending().get()
    assert (poison.key, poison.attempts) == ("note-013", 1)
    assert "ZeroDivisionError" in poison.last_error


def test_what_was_tried_before_is_tried_alone(sets):
    ask(1, 2, 3)
    services.claim("note-001", "note-002", "note-003")  # ... and the process was killed
    be_due()

    services.sweep()

    assert sorted(sets) == [[1], [2], [3]]


def test_each_of_a_set_counts_its_attempt_before_it_is_made(sets):
    ask(1, 2)

    assert sorted(services.claim("note-001", "note-002")) == ["note-001", "note-002"]

    assert set(Effect.objects.values_list("attempts", flat=True)) == {1}
    assert services.carry_all(["note-001", "note-002"]) == 0


@pytest.fixture
def published(monkeypatch):
    """What went to the broker: the keys of each message."""
    messages: list[list[str]] = []
    monkeypatch.setattr(hints, "quietly", lambda task, keys: messages.append(keys))
    return messages


@pytest.mark.django_db(transaction=True)
def test_what_an_effect_asks_for_is_done_next_without_a_message(sets, published):
    services.HANDLERS["first"] = lambda payload: ask(*range(20, 25))
    services.enqueue("first", "first", {})
    assert published == [["first"]]

    assert services.carry_all(["first"]) == 6

    assert [len(call) for call in sets] == [5]
    assert published == [["first"]]


@pytest.mark.django_db(transaction=True)
def test_what_is_too_much_for_one_is_shared_with_the_other_workers(sets, published):
    services.HANDLERS["first"] = lambda payload: ask(*range(100, 350))
    services.enqueue("first", "first", {})

    services.carry_all(["first"])

    assert [len(keys) for keys in published] == [1, 100, 100, 50]


@pytest.mark.django_db(transaction=True)
def test_effects_that_are_carried_out_one_by_one_are_shared_in_small_messages(sets, published):
    services.enqueue_many("slow", [(f"slow-{n}", {}) for n in range(25)])

    assert [len(keys) for keys in published] == [10, 10, 5]
