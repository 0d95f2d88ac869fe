"""An undo goes in slices: none outlives its task, and together they do what one would."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.funnel.models import LedgerDoor, StageTransition
from crm.importing import services, undo_slices, undoing
from crm.importing.models import Import, ImportedRow
from crm.users.models import Role
from deals.models import Deal
from leads.models import Company, Lead
from leads.services import edit_lead
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
LEADS = "id,name,company,mql\n" + "".join(
    f"L{n},Lead {n},Firm {n % 3},2024-01-05\n" for n in range(30)
)
DEALS = "lead,id,name,won_at\n" + "".join(f"L{n},D{n},Deal {n},2024-02-05\n" for n in range(30))


@pytest.fixture
def short_slices(monkeypatch):
    """Each slice has time for one chunk of four records."""
    monkeypatch.setattr(undo_slices, "CHUNK", 4)
    monkeypatch.setattr(undoing, "SLICE_SECONDS", -1.0)


def test_slices_take_all_back_that_one_transaction_would(bring_in, short_slices):
    leads, deals = bring_in(LEADS), bring_in(DEALS, kind="deals")

    undoing.undo(deals, actor=None)

    assert not Deal.objects.exists()
    assert set(Lead.objects.values_list("stage", flat=True)) == {"mql"}

    undone = undoing.undo(leads, actor=None)

    assert undone.state == Import.State.UNDONE
    assert undo_slices.PLACE not in undone.options
    for model in (Lead, Company, StageTransition, ImportedRow):
        assert not model.objects.exists()


def test_what_stays_is_named_once_and_holds_up_no_slice(bring_in, short_slices):
    source = bring_in(LEADS)
    kept = list(Lead.objects.order_by("pk")[2:20:3])
    for lead in kept:
        edit_lead(lead, {"form_of_address": "Dr."}, actor=None)

    undone = undoing.undo(source, actor=None)

    assert set(Lead.objects.all()) == set(kept)
    named = [one["what"] for one in undone.kept]
    assert sorted(name for name in named if name.startswith("Lead")) == sorted(map(str, kept))


def test_each_slice_is_an_effect_of_its_own(bring_in, short_slices, run_effects):
    source = bring_in(LEADS)
    undoing.ask_to_undo(source, actor=UserFactory(role=Role.ADMIN))

    effects = run_effects()
    source.refresh_from_db()

    assert effects > 8
    assert source.state == Import.State.UNDONE
    assert not Lead.objects.exists()


def test_a_slice_that_fails_leaves_what_earlier_ones_did_and_goes_on(
    bring_in, short_slices, monkeypatch
):
    source = bring_in(LEADS)
    undoing.undo_slice(source, actor=None)
    left = Lead.objects.count()
    real = undo_slices.forget
    monkeypatch.setattr(undo_slices, "forget", lambda records: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        undoing.undo_slice(source, actor=None)
    assert Lead.objects.count() == left

    monkeypatch.setattr(undo_slices, "forget", real)
    undoing.undo(source, actor=None)
    assert not Lead.objects.exists()


TWICE = "id,name,job title,source,email\n"
FIRST_TIME = "".join(f"L{n},Lead {n},Boss,Fair,l{n}@example.org\n" for n in range(10))


def test_what_a_file_changes_in_several_batches_is_as_before_all_of_them(
    bring_in, short_slices, monkeypatch
):
    monkeypatch.setattr(services, "MOST", 10)
    leads = [LeadFactory(name="Ana", job_title="Buyer", external_id=f"L{n}") for n in range(10)]
    source = bring_in(TWICE + FIRST_TIME + FIRST_TIME.replace("Boss", "Chief"))
    assert source.records.filter(model="leads.Lead", created=False).count() == 20

    undone = undoing.undo(source, actor=None)

    assert undone.kept == []
    assert not ImportedRow.objects.exists()
    for lead in leads:
        email = lead.email
        lead.refresh_from_db()
        assert (lead.name, lead.job_title, lead.channel, lead.email) == (
            "Ana",
            "Buyer",
            None,
            email,
        )
        assert "ana" in lead.search_key


def test_what_a_file_creates_and_then_changes_goes_at_once(bring_in, short_slices, monkeypatch):
    monkeypatch.setattr(services, "MOST", 10)
    source = bring_in(TWICE + FIRST_TIME + FIRST_TIME.replace("Boss", "Chief"))

    undone = undoing.undo(source, actor=None)

    assert undone.kept == []
    assert not Lead.objects.exists()


def test_only_columns_that_differ_are_written_back(bring_in):
    lead = LeadFactory(name="Ana", job_title="Buyer", external_id="L1")
    source = bring_in("id,job title\nL1,Boss\n")

    with CaptureQueriesContext(connection) as queries:
        undoing.undo(source, actor=None)

    lead.refresh_from_db()
    assert lead.job_title == "Buyer"
    [update] = [q["sql"] for q in queries if 'UPDATE "leads_lead"' in q["sql"]]
    update = update[update.index("UPDATE ") :]
    assert update.count(" = ") - update.count(" = 1 THEN") <= 2, update
    assert '"notes"' not in update


def test_queries_of_a_chunk_do_not_grow_with_its_records(
    bring_in, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(undoing, "SLICE_SECONDS", 60.0)
    few = bring_in("".join(LEADS.splitlines(keepends=True)[:4]))
    with CaptureQueriesContext(connection) as queries:
        undoing.undo(few, actor=None)
    many = bring_in(LEADS)

    with django_assert_max_num_queries(len(queries)):
        undoing.undo(many, actor=None)


def test_the_slices_of_an_undo_are_one_opening_of_the_ledger(bring_in, short_slices):
    source = bring_in(LEADS)

    undoing.undo(source, actor=None)

    door = LedgerDoor.objects.get()
    assert door.closed_at > door.opened_at
