"""What an import brought in goes without a trace; what later work stands on stays, by name."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction

from crm.audit.models import Change
from crm.funnel import handoffs, ledger
from crm.funnel.models import LedgerDoor, StageEntry, StageTransition
from crm.importing import undo_steps, undoing
from crm.importing.models import Import, ImportedRow
from crm.importing.services import NotReady
from crm.stages import Stage
from crm.users.models import Role
from deals.models import Deal
from leads.models import Channel, Company, Lead
from leads.services import edit_lead
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
THREE = "id,name,company,source,mql\n" + "".join(
    f"L{n},Lead {n},Acme,Fair,2024-01-0{n}\n" for n in (1, 2, 3)
)


def kept(source):
    return {row["what"]: row["reason"] for row in source.kept}


def test_a_lead_that_was_worked_on_stays_and_is_named(bring_in):
    source = bring_in(THREE)
    first, second, third = Lead.objects.order_by("external_id")
    edit_lead(first, {"phone": "+4930123456"}, actor=None)
    handoffs.offer(
        second, evidence={}, definition=handoffs.MqlDefinition.current(), actor=None, note=""
    )
    Lead.objects.filter(pk=third.pk).update(score=50)

    source = undoing.undo(source, actor=None)

    assert set(Lead.objects.all()) == {first, second}
    assert kept(source) == {
        "Lead 1": "Edited since.",
        "Lead 2": "Used by a handoff since.",
        "Acme": "Used by a lead since.",
        "Fair": "Used by a lead since.",
    }
    assert source.state == Import.State.UNDONE
    assert StageEntry.objects.count() == 4


def test_a_lead_that_has_moved_on_stays(bring_in):
    source = bring_in(THREE)
    lead = Lead.objects.get(external_id="L2")
    ledger.move(lead, Stage.SAL, actor=None)

    source = undoing.undo(source, actor=None)

    assert Lead.objects.get() == lead
    assert kept(source)["Lead 2"] == "It has moved through the funnel since."
    assert lead.transitions.count() == 2


def test_changed_leads_get_their_values_back_but_not_those_edited_since(bring_in):
    lead = LeadFactory(name="Ana", email="ana@example.org", job_title="Buyer", external_id="L1")
    other = LeadFactory(name="Bo", external_id="L2")
    source = bring_in("id,name,job title,source\nL1,Anna,Boss,Fair\nL2,Bob,Chief,Fair\n")
    noted = Change.objects.of_field(Lead, "name", "job_title", "channel").filter(door="import")
    assert (source.updated, noted.count()) == (2, 6)
    edit_lead(Lead.objects.get(pk=lead.pk), {"job_title": "CEO"}, actor=None)

    source = undoing.undo(source, actor=None)

    lead.refresh_from_db()
    other.refresh_from_db()
    assert (lead.name, lead.job_title, lead.channel) == ("Ana", "CEO", None)
    assert (other.name, other.job_title, other.search_key[:2]) == ("Bo", "", "bo")
    assert kept(source) == {"Ana": "Edited since: job title."}
    assert not Channel.objects.filter(key="fair").exists()


def test_moves_of_leads_that_were_there_are_taken_out_of_the_ledger(bring_in):
    lead = LeadFactory(external_id="L1", created_at=datetime(2024, 1, 1, tzinfo=UTC))
    source = bring_in("lead,external_id,won_at\nL1,D1,2024-05-01\n", kind="deals")
    lead.refresh_from_db()
    assert lead.stage == Stage.CUSTOMER

    undoing.undo(source, actor=None)

    lead.refresh_from_db()
    assert (lead.stage, lead.stage_since.year) == (Stage.LEAD, 2024)
    assert list(lead.entries.values_list("stage", flat=True)) == [Stage.LEAD]
    assert not Deal.objects.exists()


def test_a_deal_whose_lead_went_on_stays_with_its_moves(bring_in):
    lead = LeadFactory(external_id="L1", created_at=datetime(2024, 1, 1, tzinfo=UTC))
    source = bring_in("lead,external_id,won_at\nL1,D1,2024-05-01\n", kind="deals")
    lead.refresh_from_db()
    ledger.move(lead, Stage.OPPORTUNITY, actor=None)

    source = undoing.undo(source, actor=None)

    assert Deal.objects.count() == 1
    assert lead.transitions.count() == 3
    assert "moved through the funnel" in kept(source)[str(lead)]


def test_what_others_use_by_now_stays(bring_in):
    source = bring_in(THREE)
    LeadFactory(company=Company.objects.get(), channel=Channel.objects.get(key="fair"))

    source = undoing.undo(source, actor=None)

    assert kept(source) == {"Acme": "Used by a lead since.", "Fair": "Used by a lead since."}
    assert Lead.objects.count() == 1


def test_the_ledger_opens_for_one_import_and_that_is_recorded(bring_in):
    first, second = bring_in(THREE), bring_in("id,mql\nL9,2024-01-01\n")
    admin = UserFactory(role=Role.ADMIN)

    undoing.undo(first, actor=admin)

    door = LedgerDoor.objects.get()
    assert (door.import_id, door.opened_by) == (first.pk, admin)
    assert door.closed_at
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StageTransition.objects.filter(import_id=second.pk).delete()


def test_an_undo_is_done_once(bring_in):
    source = undoing.undo(bring_in(THREE), actor=None)

    with pytest.raises(NotReady):
        undoing.undo(source, actor=None)
    assert not ImportedRow.objects.exists()


def test_an_undo_that_fails_halfway_leaves_everything(bring_in, monkeypatch):
    source = bring_in(THREE)
    monkeypatch.setattr(undoing, "SLICE_SECONDS", 60.0)
    monkeypatch.setattr(undo_steps, "take_back_moves", lambda part: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        undoing.undo(source, actor=None)

    assert Lead.objects.count() == 3
    assert not LedgerDoor.objects.exists()
