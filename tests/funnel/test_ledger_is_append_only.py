"""The database refuses to change the ledger; its one door is undoing an import."""

import pytest
from django.db import DatabaseError, connection, transaction

from crm.funnel import ledger
from crm.funnel.models import LedgerDoor, StageTransition
from crm.stages import Stage
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def refused(sql, *values):
    """Run raw SQL and return whether the database refused it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except DatabaseError as error:
        return "append-only" in str(error)
    return False


def imported(lead, import_id):
    return StageTransition.objects.create(
        lead=lead, old_stage="lead", new_stage="mql", at=lead.created_at, import_id=import_id
    )


def test_update_is_refused():
    move = LeadFactory().transitions.get()

    assert refused("UPDATE funnel_stagetransition SET reason = 'better' WHERE id = %s", move.pk)
    move.refresh_from_db()
    assert move.reason == ""


def test_delete_is_refused():
    move = LeadFactory().transitions.get()

    assert refused("DELETE FROM funnel_stagetransition WHERE id = %s", move.pk)
    assert StageTransition.objects.filter(pk=move.pk).exists()


def test_emptying_the_table_is_refused():
    LeadFactory()
    connection.check_constraints()
    if connection.vendor == "postgresql":
        assert refused("TRUNCATE funnel_stagetransition CASCADE")
    else:
        assert refused("DELETE FROM funnel_stagetransition")


def test_replacing_a_row_is_refused():
    move = LeadFactory().transitions.get()
    replacing = {
        "sqlite": "INSERT OR REPLACE INTO funnel_stagetransition"
        " SELECT * FROM funnel_stagetransition WHERE id = %s",
        "postgresql": "INSERT INTO funnel_stagetransition"
        " SELECT * FROM funnel_stagetransition WHERE id = %s"
        " ON CONFLICT (id) DO UPDATE SET reason = 'better'",
    }

    assert refused(replacing[connection.vendor], move.pk)


def test_row_of_an_import_is_safe_while_the_door_is_shut():
    move = imported(LeadFactory(), 7)

    assert refused("DELETE FROM funnel_stagetransition WHERE id = %s", move.pk)


def test_open_door_lets_only_the_rows_of_its_import_go():
    lead = LeadFactory()
    undone, other = imported(lead, 7), imported(LeadFactory(), 8)
    own = lead.transitions.get(import_id=None)

    with ledger.open_door(7, actor=None):
        assert refused("DELETE FROM funnel_stagetransition WHERE id = %s", other.pk)
        assert refused("DELETE FROM funnel_stagetransition WHERE id = %s", own.pk)
        assert refused("UPDATE funnel_stagetransition SET reason = 'x' WHERE id = %s", undone.pk)
        StageTransition.objects.filter(pk=undone.pk).delete()

    assert set(StageTransition.objects.values_list("pk", flat=True)) == {own.pk, other.pk} | set(
        other.lead.transitions.values_list("pk", flat=True)
    )


def test_door_is_shut_afterwards_and_recorded():
    late, who = imported(LeadFactory(), 7), UserFactory()

    with ledger.open_door(7, actor=who):
        pass

    assert refused("DELETE FROM funnel_stagetransition WHERE id = %s", late.pk)
    door = LedgerDoor.objects.get()
    assert (door.import_id, door.opened_by) == (7, who)
    assert door.closed_at is not None


def test_failure_inside_leaves_neither_door_nor_gap():
    move = imported(LeadFactory(), 7)

    def fail_after_deleting():
        with ledger.open_door(7, actor=None):
            StageTransition.objects.filter(pk=move.pk).delete()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_deleting()

    assert StageTransition.objects.filter(pk=move.pk).exists()
    assert not LedgerDoor.objects.exists()


def test_move_taken_back_counts_no_more_but_stays_on_record():
    lead, actor = LeadFactory(), UserFactory()
    move = ledger.move(lead, Stage.DISQUALIFIED, actor=actor)

    back = ledger.take_back(move, actor=actor)

    lead.refresh_from_db()
    assert (lead.stage, back.reverts) == (Stage.LEAD, move)
    assert list(lead.entries.values_list("stage", flat=True)) == ["lead"]
    assert lead.transitions.count() == 3


def test_move_cannot_be_taken_back_twice():
    lead, actor = LeadFactory(), UserFactory()
    move = ledger.move(lead, Stage.DISQUALIFIED, actor=actor)
    ledger.take_back(move, actor=actor)

    with pytest.raises(ledger.LeadMoved):
        ledger.take_back(move, actor=actor)


def test_second_of_two_moves_from_the_same_stage_is_refused():
    lead = LeadFactory()
    stale = type(lead).objects.get(pk=lead.pk)
    ledger.move(lead, Stage.MQL, actor=None)

    with pytest.raises(ledger.LeadMoved):
        ledger.move(stale, Stage.DISQUALIFIED, actor=None)

    assert lead.transitions.count() == 2
