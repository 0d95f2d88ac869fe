"""The page: both sides beside each other, each number with its rows, whoever reads it."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from django.utils.timezone import now

from campaigns.models import Commitment
from crm.alignment import promises
from crm.alignment.measures import IN_TIME
from crm.alignment.report import answer
from crm.common.periods import Period, named
from crm.funnel import handoffs, verdicts
from crm.funnel.models import Reason, Verdict
from crm.reports import questions
from crm.reports.questions import NotAnswerable, Question
from crm.users.models import Role
from deals.forecast.spans import MONTH, span_of
from tests.alignment import histories
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def rita():
    return UserFactory(role=Role.REP, name="Rita", team=TeamFactory())


def value(found, table, row, column):
    rows = {one.key: one for one in next(t for t in found.tables if t.key == table).rows}
    return rows[row].value(column)


def test_target_actual_and_pace_stand_beside_each_other(rita):
    month = span_of(MONTH, questions.today())
    promises.set_promises(IN_TIME, {month: Decimal(50)}, by=None)
    Commitment.objects.create(month=month.first, mqls=2)
    in_time, late = (
        waiting_handoff(rep=rita, due_at=now() + timedelta(minutes=minutes)) for minutes in (9, -9)
    )
    handoffs.accept(in_time, actor=rita)

    found = answer(Question())

    assert value(found, "marketing", "mqls", "actual") == 2
    assert value(found, "marketing", "mqls", "pace") == "goal reached"
    assert value(found, "sales", "in_time", "target") == 0.5
    assert value(found, "sales", "in_time", "actual") == 0.5
    assert value(found, "sales", "verdicts", "actual") == 0.5
    assert not late.answered_at


def test_what_nobody_promised_is_shown_without_a_target(rita):
    waiting_handoff(rep=rita)

    found = answer(Question())

    assert value(found, "marketing", "mqls", "pace") == "no target"
    assert value(found, "sales", "attempts", "actual") is None


def test_promises_are_for_months_and_quarters():
    assert answer(Question(named("last_quarter", questions.today())))

    with pytest.raises(NotAnswerable, match="whole months and quarters"):
        answer(Question(Period(questions.today(), None)))


def test_a_rep_reads_the_numbers_of_all_and_opens_his_own(rita):
    for rep in (rita, rita, UserFactory()):
        handoffs.accept(waiting_handoff(rep=rep), actor=rep)

    found = answer(Question(user=rita))

    assert value(found, "marketing", "quality", "met") == 3
    assert value(found, "marketing", "quality", "yours") == 2
    rows = {row.key: row for row in found.tables[0].rows}
    assert rows["quality"].cells["met"].url == ""
    assert "promised-handoffs" in rows["quality"].cells["yours"].url


def test_open_disputes_are_listed_until_they_are_ruled_on(rita):
    handoff = waiting_handoff(rep=rita, lead=LeadFactory(name="Ana Costa", score=80))
    reason = Reason.objects.filter(use="reject", note_required=False)[0]
    handoffs.reject(handoff, reason=reason, actor=rita)
    verdict = Verdict.objects.get()
    maya = UserFactory(role=Role.MARKETER, name="Maya")
    verdicts.dispute(verdict, by=maya, note="She called twice")

    (row,) = answer(Question()).tables[-1].rows
    assert (row.label, row.value("note"), row.url) == (
        "Ana Costa",
        "She called twice",
        handoff.get_absolute_url(),
    )

    manager = UserFactory(role=Role.SALES_MANAGER)
    verdicts.rule(verdict, ruling=Verdict.Ruling.UPHELD, by=manager)
    assert not answer(Question()).tables[-1].rows


@pytest.mark.parametrize("leads", [5, 60])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.SALES_MANAGER])
def test_the_page_takes_few_queries_however_many_leads(
    leads, role, sign_in, django_assert_max_num_queries
):
    histories.tell(Random(1), [UserFactory(team=TeamFactory())], now(), leads=leads)
    client = sign_in(role=role)
    client.get("/alignment/")

    with django_assert_max_num_queries(15):
        page = client.get("/alignment/", {"period": "quarter"})

    assert "Sales promises marketing" in page.content.decode()


def test_only_the_managers_of_a_side_are_offered_to_set_its_targets(sign_in):
    def offered(role):
        page = sign_in(role=role).get("/alignment/").content.decode()
        return ["/targets/mqls/" in page, "/targets/in_time/" in page]

    assert offered(Role.MARKETING_MANAGER) == [True, False]
    assert offered(Role.SALES_MANAGER) == [False, True]
    assert offered(Role.ADMIN) == [True, True]
    assert offered(Role.VIEWER) == [False, False]


def test_the_file_has_each_number_in_its_own_unit(rita, sign_in):
    handoffs.accept(waiting_handoff(rep=rita), actor=rita)

    text = sign_in(role=Role.VIEWER).get("/reports/alignment.csv").getvalue().decode()

    assert "quality,Accepted quality,n/a,1.0,no target,1,1" in text
