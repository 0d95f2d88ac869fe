"""Who may write which field of a deal, and do what with it."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils.timezone import now

from crm.funnel import handoffs, ledger, verdicts
from crm.funnel.models import Reason, StageTransition
from crm.stages import MOVES, Stage
from crm.users.models import Role
from crm.users.permissions import SALES, SALES_MANAGERS
from deals import closing, services
from deals.forms import FactForm
from deals.models import Deal, LostReason
from deals.writing import ACTS, DEAL
from leads.models import Lead
from leads.writing import NotTheirs, may_move
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]

NOT_SALES = sorted(set(Role) - SALES)
COLUMNS = {
    "name": {"name": "Other"},
    "amount": {"amount": "5", "currency": "EUR"},
    "close": {"close_on": "2030-01-01"},
    "competitor": {"competitor": "Rival"},
    "notes": {"notes": "Other"},
    "owner": {"owner": ""},
}  # fmt: skip
"""What changes each fact of a deal, as its form sends it."""


def row_of(deal: Deal) -> dict[str, Any]:
    return Deal.objects.filter(pk=deal.pk).values().get()


def test_every_column_of_a_deal_has_its_writers():
    assert {field.name for field in Deal._meta.concrete_fields} == set(DEAL)


def test_every_fact_of_a_deal_is_tried():
    assert set(FactForm.FACTS) == set(COLUMNS)


@pytest.mark.parametrize("fact", COLUMNS)
@pytest.mark.parametrize("role", sorted(Role))
def test_a_fact_is_written_by_those_whose_it_is_and_nobody_else(sign_in, sold, role, fact):
    deal = sold()
    before, url = row_of(deal), reverse("deals:fact", args=[deal.pk, fact])
    client = sign_in(role=role, scope="all")

    answer = client.post(url, {"version": deal.version, **COLUMNS[fact]})

    after = row_of(deal)
    if role in (SALES_MANAGERS if fact == "owner" else SALES):
        assert answer.status_code == 302
        assert after != before
    else:
        assert answer.status_code == 403
        assert after == before
    assert client.get(reverse("deals:detail", args=[deal.pk])).status_code == 200


@pytest.mark.parametrize("role", sorted(Role))
def test_one_fact_brings_no_other_along(sign_in, sold, role):
    deal = sold()
    before, everything = row_of(deal), {}
    for values in COLUMNS.values():
        everything |= values

    sign_in(role=role, scope="all").post(
        reverse("deals:fact", args=[deal.pk, "notes"]),
        {"version": deal.version, "stage": 1, "status": "won", "lead": 1, **everything},
    )

    changed = {name for name, value in row_of(deal).items() if value != before[name]}
    assert changed == ({"notes", "version"} if role in SALES else set())


@pytest.mark.parametrize("role", NOT_SALES)
def test_who_does_not_sell_writes_nothing_of_a_deal_by_any_service(sold, role):
    deal, actor = sold(), UserFactory(role=role, scope="all")
    other = deal.pipeline.stages.all()[1]
    before, moves = row_of(deal), deal.moves.count()
    acts = {
        "open": lambda: services.convert(
            deal.lead, name="X", amount_minor=1, currency="EUR", stage=other, actor=actor
        ),
        "move": lambda: services.move(deal, other, version=deal.version, actor=actor),
        "win": lambda: closing.win(
            deal, version=deal.version, amount_minor=1, currency="EUR", actor=actor
        ),
        "lose": lambda: closing.lose(
            deal, version=deal.version, reason=LostReason.objects.all()[0], good_lead=True,
            actor=actor,
        ),
        "reopen": lambda: closing.reopen(deal, version=deal.version, actor=actor),
        "snooze": lambda: services.snooze(deal, until=now(), actor=actor),
    }  # fmt: skip

    assert set(acts) == set(ACTS)
    for act in acts.values():
        with pytest.raises(NotTheirs):
            act()
    with pytest.raises(NotTheirs):
        services.edit(deal, {"name": "Other"}, version=deal.version, actor=actor)
    assert (row_of(deal), deal.moves.count(), Deal.objects.count()) == (before, moves, 1)


def test_a_rep_gives_no_deal_away_by_the_service_either(sold, rep):
    deal, other = sold(), UserFactory()
    before = row_of(deal)

    with pytest.raises(NotTheirs, match="owner"):
        services.edit(deal, {"owner": other, "name": "Other"}, version=deal.version, actor=rep)

    assert row_of(deal) == before


def test_an_owner_who_stays_the_same_is_no_change(sold, rep):
    deal = sold()

    services.edit(deal, {"owner": rep, "name": "Other"}, version=deal.version, actor=rep)

    assert row_of(deal)["name"] == "Other"


@pytest.mark.parametrize("old", Stage)
@pytest.mark.parametrize("role", sorted(Role))
def test_no_role_makes_a_move_of_the_ledger_that_is_not_theirs(role, old):
    lead, actor = LeadFactory(), UserFactory(role=role)
    Lead.objects.filter(pk=lead.pk).update(stage=old)
    lead.refresh_from_db()
    rows = Lead.objects.filter(pk=lead.pk).values().get(), StageTransition.objects.count()

    for new in MOVES[old]:
        if not may_move(actor, old, new):
            with pytest.raises(NotTheirs):
                ledger.move(lead, new, actor=actor)

    assert (Lead.objects.filter(pk=lead.pk).values().get(), StageTransition.objects.count()) == rows


def test_marketing_moves_only_what_it_nurtures():
    marketer = UserFactory(role=Role.MARKETER)

    theirs = {(old, new) for old in Stage for new in MOVES[old] if may_move(marketer, old, new)}

    assert theirs == {
        (Stage.LEAD, Stage.MQL), (Stage.LEAD, Stage.DISQUALIFIED),
        (Stage.RECYCLED, Stage.MQL), (Stage.RECYCLED, Stage.DISQUALIFIED),
    }  # fmt: skip


@pytest.mark.parametrize("role", NOT_SALES)
def test_nobody_but_sales_answers_a_handoff(role):
    handoff, actor = waiting_handoff(rep=UserFactory(team=TeamFactory())), UserFactory(role=role)
    back, later = (Reason.objects.filter(use=use)[0] for use in ("reject", "recycle"))

    with pytest.raises(NotTheirs):
        handoffs.accept(handoff, actor=actor)
    with pytest.raises(NotTheirs):
        handoffs.reject(handoff, reason=back, actor=actor, note="No")
    with pytest.raises(NotTheirs):
        handoffs.recycle(handoff, reason=later, actor=actor, note="Later")

    handoff.refresh_from_db()
    assert handoff.is_waiting


def test_marketing_does_not_take_back_that_sales_recycled_a_lead(sign_in, accepted, rep):
    lead = accepted()
    reason = Reason.objects.filter(use="recycle", note_required=False)[0]
    verdicts.recycle_lead(lead, reason=reason, actor=rep)
    before = Lead.objects.filter(pk=lead.pk).values().get()

    answer = sign_in(role=Role.MARKETER).post(reverse("funnel:take-back-lead", args=[lead.pk]))

    assert answer.status_code == 403
    assert Lead.objects.filter(pk=lead.pk).values().get() == before
