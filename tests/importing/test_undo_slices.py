"""An undo goes in slices: none outlives its task, and together they do what one would."""

import pytest

from crm.funnel.models import StageTransition
from crm.importing import undoing
from crm.importing.models import Import, ImportedRow
from crm.users.models import Role
from deals.models import Deal
from leads.models import Company, Lead, LeadChange
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LEADS = "id,name,company,mql\n" + "".join(
    f"L{n},Lead {n},Firm {n % 3},2024-01-05\n" for n in range(30)
)
DEALS = "lead,id,name,won_at\n" + "".join(f"L{n},D{n},Deal {n},2024-02-05\n" for n in range(30))


@pytest.fixture
def short_slices(monkeypatch):
    """Each slice has time for one chunk of four records."""
    monkeypatch.setattr(undoing, "CHUNK", 4)
    monkeypatch.setattr(undoing, "SLICE_SECONDS", -1.0)


def test_slices_take_all_back_that_one_transaction_would(bring_in, short_slices):
    leads, deals = bring_in(LEADS), bring_in(DEALS, kind="deals")

    undoing.undo(deals, actor=None)

    assert not Deal.objects.exists()
    assert set(Lead.objects.values_list("stage", flat=True)) == {"mql"}

    undone = undoing.undo(leads, actor=None)

    assert undone.state == Import.State.UNDONE
    assert undoing.PLACE not in undone.options
    for model in (Lead, Company, StageTransition, ImportedRow):
        assert not model.objects.exists()


def test_what_stays_is_named_once_and_holds_up_no_slice(bring_in, short_slices):
    source = bring_in(LEADS)
    kept = list(Lead.objects.order_by("pk")[2:20:3])
    for lead in kept:
        LeadChange.objects.create(lead=lead, field="name", old="a", new="b", batch="0" * 32)

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
    real = undoing.forget
    monkeypatch.setattr(undoing, "forget", lambda records: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        undoing.undo_slice(source, actor=None)
    assert Lead.objects.count() == left

    monkeypatch.setattr(undoing, "forget", real)
    undoing.undo(source, actor=None)
    assert not Lead.objects.exists()
