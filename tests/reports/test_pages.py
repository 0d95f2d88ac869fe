import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.funnel import handoffs
from crm.reports import keeping
from crm.users.models import Role
from tests.factories import ChannelFactory, LeadFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(organisation):
    rep = UserFactory()
    for number in range(4):
        lead = LeadFactory(channel=ChannelFactory(), score=80)
        handoff = waiting_handoff(rep=rep, lead=lead)
        if number:
            handoffs.accept(handoff, actor=rep)
    LeadFactory()


def links(page: str) -> list[tuple[int, str]]:
    """Return the numbers of the breakdown with the addresses that they lead to."""
    found = re.findall(r'<a href="([^"]*funnel=[^"]*)">([\d,]+)(?: dropped off)?</a>', page)
    return [(int(number.replace(",", "")), url.replace("&amp;", "&")) for url, number in found]


@pytest.mark.parametrize("by", ["channel", "campaign", "rep", "month"])
@pytest.mark.parametrize("counting", ["cohort", "period"])
def test_the_list_behind_a_number_has_as_many_leads(company, sign_in, by, counting):
    client = sign_in(role=Role.VIEWER)
    page = client.get("/reports/funnel/", {"by": by, "counting": counting, "period": "year"})

    numbers = links(page.content.decode())

    assert len(numbers) > 8
    for count, url in numbers:
        shown = client.get(url).content.decode()
        assert shown.count('id="lead-') == count, url


def test_other_dates_are_asked_for_only_when_chosen(organisation, sign_in):
    client = sign_in(role=Role.VIEWER)

    usual = client.get("/reports/funnel/").content.decode()
    other = client.get(
        "/reports/funnel/", {"period": "custom", "first": "2026-03-01", "last": "2026-02-01"}
    ).content.decode()

    assert 'type="date"' not in usual
    assert 'type="date"' in other


def test_the_file_has_the_numbers_of_the_page(company, sign_in):
    answer = sign_in(role=Role.VIEWER).get("/reports/funnel.csv", {"period": "all"})

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("key,name,lead,mql")
    assert lines[-1].startswith("total,Total,5,4,3")


@pytest.mark.parametrize("by", ["campaign", "month"])
@pytest.mark.parametrize("role", [Role.SALES_MANAGER, Role.VIEWER])
def test_the_report_costs_few_queries(company, sign_in, role, by, django_assert_max_num_queries):
    client = sign_in(role=role)
    keeping.catch_up()

    for period in ("12m", "all"):
        with django_assert_max_num_queries(12):
            client.get("/reports/funnel/", {"by": by, "period": period})
    with django_assert_max_num_queries(12 if role == Role.VIEWER else 14):  # the ledger itself
        client.get("/reports/funnel/", {"by": by, "compare": "before"})


def test_a_hundred_leads_cost_no_more_queries_than_five(
    company, sign_in, django_assert_num_queries
):
    client = sign_in(role=Role.VIEWER)
    keeping.fold()
    with CaptureQueriesContext(connection) as few:
        client.get("/reports/funnel/", {"by": "channel"})
    for _ in range(95):
        LeadFactory(channel=ChannelFactory())
    keeping.fold()

    with django_assert_num_queries(len(few)):
        client.get("/reports/funnel/", {"by": "channel"})


def test_the_definitions_are_a_page(organisation, sign_in):
    page = sign_in(role=Role.VIEWER).get("/reports/definitions/").content.decode()

    assert 'id="funnel"' in page
    assert page.count("<h1") == 1


def test_a_damaged_link_says_what_to_do(organisation, sign_in):
    answer = sign_in(role=Role.VIEWER).get("/leads/", {"funnel": "x"})

    assert answer.status_code == 400
    assert "report" in answer.content.decode()
