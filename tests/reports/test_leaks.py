from datetime import timedelta

import pytest
from django.utils.timezone import now

from crm.funnel import handoffs
from crm.funnel.models import Handoff, StageEntry
from crm.reports.leaks import chosen
from crm.reports.leaks.report import answer, expected_values
from crm.reports.questions import Question
from crm.stages import Stage
from crm.users.models import Role, Scope
from tests.factories import DealFactory, LeadFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def rita():
    return UserFactory(name="Rita", role=Role.REP, scope=Scope.OWN)


def reached(many: int, stage: Stage) -> None:
    """Let `many` leads have come in this month and reached `stage` since."""
    for _ in range(many):
        lead = LeadFactory()
        transition = lead.transitions.get() if lead.transitions.exists() else None
        for one in (Stage.MQL, Stage.SAL, Stage.CUSTOMER):
            StageEntry.objects.create(lead=lead, stage=one, at=now(), transition=transition)
            if one is stage:
                break


def counts(found):
    return {row.key: row.value("count") for row in found.tables[0].rows}


def test_each_leak_holds_its_leads_and_no_lead_is_in_two(rita):
    waiting_handoff()
    late = {"due_at": now() - timedelta(minutes=1)}
    waiting_handoff(rep=rita, **late)
    waiting_handoff(rep=rita)
    waiting_handoff(**late)
    forgotten, called = waiting_handoff(rep=rita), waiting_handoff(rep=rita)
    for handoff in (forgotten, called):
        handoffs.accept(handoff, actor=rita)
    Handoff.objects.filter(pk__in=[forgotten.pk, called.pk]).update(
        answered_at=now() - timedelta(days=2)
    )
    Handoff.objects.filter(pk=called.pk).update(first_contact_at=now())
    DealFactory(owner=rita)

    found = answer(Question(by="rep"))

    assert counts(found) == {"ownerless": 2, "unanswered": 1, "uncontacted": 1, "bare-deals": 1}
    sets = [set(chosen.leaking(part).values_list("pk")) for part in list(chosen.LEAKS)[:3]]
    assert len(set.union(*sets)) == sum(map(len, sets))


def test_a_fresh_acceptance_is_no_leak_before_its_first_contact_is_due(rita):
    handoffs.accept(waiting_handoff(rep=rita), actor=rita)

    assert counts(answer(Question(by="rep")))["uncontacted"] == 0


def test_a_lead_is_worth_its_chance_times_the_average_deal(rita):
    reached(6, Stage.MQL)
    reached(2, Stage.SAL)
    reached(2, Stage.CUSTOMER)
    for amount in (300_00, 500_00):
        DealFactory(status="won", closed_at=now(), amount_minor=amount)
    DealFactory(status="won", closed_at=now(), amount_minor=9_000_00, currency="USD")

    worths = expected_values()

    assert worths == {Stage.MQL: 80_00, Stage.SAL: 200_00}  # 2 of 10, and 2 of 4, of 400


def test_nothing_won_leaves_the_worth_unknown(rita):
    waiting_handoff()

    found = answer(Question(by="rep"))

    assert found.tables[0].rows[0].value("each") is None
    assert found.tables[0].rows[0].value("worth") is None
    assert "not known yet" in found.notes[0]


def test_deals_are_worth_their_weighted_amount(rita):
    deals = [DealFactory(owner=rita, amount_minor=100_00) for _ in range(3)]
    chance = deals[0].stage.probability

    found = answer(Question(by="rep"))

    bare = next(row for row in found.tables[0].rows if row.key == "bare-deals")
    assert bare.value("worth") == 3 * 100_00 * chance // 100
    assert found.figures[0].cell.value == bare.value("worth")


def test_a_rep_sees_what_he_leaves_lying(rita):
    DealFactory(owner=rita)
    DealFactory()

    found = answer(Question(by="rep", user=rita))

    assert counts(found)["bare-deals"] == 1
    assert [row.label for row in found.tables[1].rows] == ["Rita"]
