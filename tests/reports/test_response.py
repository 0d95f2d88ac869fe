from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crm.common.periods import Period
from crm.funnel import handoffs
from crm.funnel.models import Handoff, Reason
from crm.reports.questions import Question
from crm.reports.velocity import chosen
from crm.reports.velocity.response_report import answer
from crm.stages import Stage
from tests.factories import LeadFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Ten o'clock in Berlin, an hour after work began."""


def answered(rep, *, after, routed_after=0, due=240, contact=None, **fields):
    """Return a handoff of Monday, answered `after` minutes, measured in business time."""
    routed = MONDAY + timedelta(minutes=routed_after)
    handoff = waiting_handoff(rep=rep, opened_at=MONDAY, routed_at=routed,
                              due_at=routed + timedelta(minutes=due))  # fmt: skip
    Handoff.objects.filter(pk=handoff.pk).update(
        outcome="accepted",
        answered_at=MONDAY + timedelta(minutes=after),
        answered_by=rep,
        answer_minutes=after - routed_after,
        first_contact_at=contact and MONDAY + timedelta(minutes=contact),
        **fields,
    )
    return handoff


def test_routing_delay_and_rep_delay_are_told_apart():
    rita = UserFactory(name="Rita")
    for after, routed in ((100, 10), (260, 20), (400, 60)):
        answered(rita, after=after, routed_after=routed, contact=2880)

    found = answer(Question(by="rep"))

    row = {key: cell.value for key, cell in found.tables[0].rows[0].cells.items()}
    assert row == {
        "answered": 3,
        "late": 1,
        "in_time": pytest.approx(2 / 3),
        "accepted": 1,
        "routing": 20,
        "rep": 240,
        "rep_p90": 340,
        "contact": 2,
    }


def test_the_late_ones_are_listed():
    rita = UserFactory()
    answered(rita, after=100)
    late = answered(rita, after=500)

    assert list(chosen.answered(Period(), chosen.LATE)) == [late]


def test_second_attempts_stand_apart():
    rep = UserFactory()
    reason = Reason.objects.filter(use="recycle", note_required=False)[0]
    lead = LeadFactory(score=80, owner=rep)
    for attempt in (1, 2, 3, 4):
        waiting_handoff(rep=rep, lead=lead, attempt=attempt)
        handoff = Handoff.objects.get(lead=lead, attempt=attempt)
        lead.refresh_from_db()
        if attempt < 4:
            handoffs.recycle(handoff, reason=reason, actor=rep)
            lead.refresh_from_db()

    found = answer(Question(by="rep"))

    rows = {row.key: row for row in found.tables[1].rows}
    assert {key: row.value("handed") for key, row in rows.items()} == {"1": 1, "2": 1, "3": 2}
    assert (rows["3"].value("recycled"), rows["3"].value("waiting")) == (1, 1)
    fro = next(figure for figure in found.figures if figure.key == "to_and_fro")
    assert fro.cell.value == 1
    assert lead.stage == Stage.MQL or lead.stage == Stage.RECYCLED


def test_a_lead_given_back_once_does_not_go_to_and_fro():
    rep = UserFactory()
    handoff = waiting_handoff(rep=rep)
    handoffs.reject(
        handoff,
        reason=Reason.objects.filter(use="reject", note_required=False)[0],
        actor=rep,
    )

    assert not chosen.to_and_fro(Period()).exists()


def test_answers_over_a_weekend_count_in_business_time(run_effects):
    rep = UserFactory()
    friday = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half an hour before five in Berlin
    handoff = waiting_handoff(rep=rep, opened_at=friday, routed_at=friday)
    with time_machine.travel(datetime(2026, 11, 23, 8, 15, tzinfo=UTC), tick=False):
        handoffs.accept(handoff, actor=rep)
    run_effects()

    found = answer(Question(by="rep"))

    assert found.tables[0].rows[0].value("rep") == 45
