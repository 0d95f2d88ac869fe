import json
from io import StringIO

import pytest
from django.core.exceptions import BadRequest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from crm.funnel import handoffs, ledger
from crm.reports import drill
from crm.reports.funnel import funnel
from crm.reports.funnel_answer import steps, table_row
from crm.reports.questions import COUNTINGS, GROUPINGS, Question
from crm.stages import PATH, Stage
from crm.users.models import Role
from leads.models import Channel, Lead
from tests.factories import ChannelFactory, LeadFactory, UserFactory, waiting_handoff
from tests.reports.histories import ONE_TRANSACTION, PERIODS, empty_the_funnel, live, lives, recount

pytestmark = pytest.mark.django_db


@ONE_TRANSACTION
@given(histories=lives, period=st.sampled_from(PERIODS), counting=st.sampled_from(list(COUNTINGS)))
def test_the_report_equals_a_recount_lead_by_lead(organisation, histories, period, counting):
    empty_the_funnel()
    channels = [*Channel.objects.all()[:2], None]
    for number, life in enumerate(histories):
        live(life, number, channels)

    report = funnel(Question(period=period, counting=counting))

    counted = {row.value: row.counts for row in report.rows}
    assert counted == recount(report.question, organisation.zone)


@ONE_TRANSACTION
@given(
    histories=lives,
    period=st.sampled_from(PERIODS),
    counting=st.sampled_from(list(COUNTINGS)),
    by=st.sampled_from(list(GROUPINGS)),
)
def test_every_number_leads_to_exactly_its_leads(organisation, histories, period, counting, by):
    empty_the_funnel()
    viewer = UserFactory(role=Role.VIEWER)
    for number, life in enumerate(histories):
        live(life, number, [*Channel.objects.all()[:2], None])

    report = funnel(Question(period=period, counting=counting, by=by, user=viewer))

    rows = [table_row(report, row) for row in report.rows]
    numbers = [(cell.value, cell.url) for row in rows for cell in row.cells.values() if cell.url]
    for step in steps(report):
        numbers.append((step.count, step.url))
        if step.lost is not None:
            numbers.append((step.lost, step.lost_url))
    for count, url in numbers:
        word = url.partition("funnel=")[2]
        assert drill.filter_leads(Lead.objects.all(), word, viewer).count() == count, url


def test_the_funnel_of_a_small_company(organisation):
    ads, mail = ChannelFactory(key="ads"), ChannelFactory(key="mail")
    rep = UserFactory()
    for channel, accepted in [(ads, True), (ads, False), (mail, True)]:
        handoff = waiting_handoff(rep=rep, lead=LeadFactory(channel=channel, score=80))
        if accepted:
            handoffs.accept(handoff, actor=rep)
    LeadFactory()

    rows = {row.key: row.counts for row in funnel(Question()).rows}

    assert (rows["ads"][Stage.LEAD], rows["ads"][Stage.MQL], rows["ads"][Stage.SAL]) == (2, 2, 1)
    assert rows["mail"][Stage.SAL] == 1
    assert rows["(none)"] == {**dict.fromkeys(PATH, 0), Stage.LEAD: 1}


def test_a_move_taken_back_does_not_count(organisation):
    lead = LeadFactory()
    step = ledger.move(lead, Stage.MQL, actor=None)

    ledger.take_back(step, actor=None)

    assert funnel(Question()).total.counts[Stage.MQL] == 0


def test_rows_sum_to_the_total(organisation):
    for channel in (ChannelFactory(), None, ChannelFactory()):
        LeadFactory(channel=channel)

    report = funnel(Question())

    assert report.total.counts[Stage.LEAD] == 3
    assert sum(row.counts[Stage.LEAD] for row in report.rows) == 3


def test_a_rep_sees_the_funnel_of_his_own_leads(organisation):
    rep = UserFactory()
    LeadFactory(owner=rep)
    LeadFactory()

    assert funnel(Question(user=rep)).total.counts[Stage.LEAD] == 1


def test_the_command_prints_the_numbers_of_the_page(organisation):
    LeadFactory(channel=ChannelFactory(key="paid_search"))
    out = StringIO()

    call_command("report", "funnel", "--by", "channel", "--format", "json", stdout=out)

    answer = json.loads(out.getvalue())
    assert answer["rows"][0]["key"] == "paid_search"
    assert answer["rows"][0]["lead"] == answer["total"]["lead"] == 1
    assert set(answer["total"]) >= {stage.value for stage in PATH}


@pytest.mark.parametrize("form", ["text", "csv"])
def test_the_command_prints_other_forms(organisation, form):
    LeadFactory(channel=ChannelFactory(key="paid_search", name="Paid search"))
    out = StringIO()

    call_command("report", "funnel", "--format", form, stdout=out)

    assert "Paid search" in out.getvalue()


def test_the_command_names_the_reports():
    out = StringIO()

    call_command("report", "--list", stdout=out)

    assert out.getvalue().startswith("funnel")


def test_an_unknown_report_is_refused():
    with pytest.raises(CommandError, match="funnel"):
        call_command("report", "horoscope")


@pytest.mark.parametrize(
    "word",
    [
        "",
        "x",
        "cohort.lost....",
        "cohort.mql.2026-13-01...",
        "day.mql....",
        "cohort.mql...channel.x",
        "cohort.mql...month.x",
        "cohort.mql...owner__password.1",
    ],
)
def test_a_damaged_link_is_refused(word):
    with pytest.raises(BadRequest):
        drill.parse(word)


def test_a_cell_survives_its_address():
    cell = drill.Cell(Stage.MQL, Stage.SAL, "period", PERIODS[1], "month", "2026-02")

    assert drill.parse(str(cell)) == cell
