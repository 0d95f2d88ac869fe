from datetime import UTC, date, datetime

import pytest

from crm.activities.models import Activity
from crm.common.periods import Period
from crm.reports.activity.report import answer
from crm.reports.questions import Question
from crm.users.models import Role, Scope
from tests.factories import DealFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
AT = datetime(2026, 3, 10, tzinfo=UTC)


def did(user, kind, *, lead=None, **fields):
    lead = lead or LeadFactory(owner=user, team=user.team)
    return Activity.objects.create(lead=lead, kind=kind, by=user, at=fields.pop("at", AT), **fields)


def test_what_a_rep_did_and_what_came_of_it():
    rita = UserFactory(name="Rita")
    for outcome in ("reached", "no_answer", "voicemail", ""):
        did(rita, "call", outcome=outcome)
    did(rita, "demo", reaction="keen")
    did(rita, "note")
    did(rita, "call", at=datetime(2026, 4, 1, 12, tzinfo=UTC))
    for _ in range(2):
        DealFactory(status="won", closed_at=AT, owner=rita)

    found = answer(Question(period=MARCH, by="rep"))

    row = {key: cell.value for key, cell in found.tables[0].rows[0].cells.items()}
    assert row | {"email": 0, "meeting": 0, "negotiation": 0, "accepted": 0} == row
    assert (row["contacts"], row["call"], row["reached"], row["note"]) == (5, 4, 1, 1)
    assert (row["won"], row["per_won"]) == (2, 2.5)
    reach = next(figure for figure in found.figures if figure.key == "reach")
    assert reach.cell.value == 0.25


def test_calls_by_how_they_ended():
    rita = UserFactory()
    for outcome in ("reached", "no_answer", "no_answer", ""):
        did(rita, "call", outcome=outcome)

    calls = answer(Question(period=MARCH, by="rep")).tables[1]

    assert [(row.label, row.value("count"), row.value("share")) for row in calls.rows] == [
        ("No answer", 2, 0.5),
        ("Not noted", 1, 0.25),
        ("Reached", 1, 0.25),
    ]


def test_who_won_without_logging_anything_stands_there_too():
    DealFactory(status="won", closed_at=AT, owner=UserFactory(name="Quiet"))

    found = answer(Question(period=MARCH, by="rep"))

    assert [(row.label, row.value("contacts")) for row in found.tables[0].rows] == [("Quiet", 0)]
    assert found.tables[0].rows[0].value("per_won") == 0


def test_activities_with_leads_out_of_scope_are_not_counted():
    rita = UserFactory(role=Role.REP, scope=Scope.OWN)
    did(rita, "call")
    did(rita, "call", lead=LeadFactory(owner=UserFactory()))

    found = answer(Question(period=MARCH, by="rep", user=rita))

    assert found.tables[0].total.value("call") == 1
