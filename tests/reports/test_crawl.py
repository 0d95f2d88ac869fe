"""Every number of every report leads to exactly its rows, in the demo company."""

import pytest

from crm.reports.forms import ReportForm
from crm.reports.questions import NotAnswerable
from crm.reports.registry import REPORTS, Report
from crm.users.models import Role, User
from tests.reports.crawling import Crawl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_company")]

READERS = (Role.VIEWER, Role.SALES_MANAGER, Role.REP)


def addresses(report: Report) -> list[dict[str, str]]:
    """Return the questions worth asking: each breakdown."""
    return [{"by": by} for by in report.by or [""]]


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("name", list(REPORTS))
def test_every_number_leads_to_exactly_its_rows(name: str, role: Role):
    report, reader = REPORTS[name], User.objects.filter(role=role).order_by("pk")[0]
    if not report.is_for(reader):
        return
    crawl = Crawl(reader)

    found = []
    for asked in addresses(report):
        form = ReportForm(asked, report=report, user=reader)
        try:
            found += crawl.faults(report.answer(form.question()))
        except NotAnswerable:
            continue

    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize("name", list(REPORTS))
def test_every_answer_can_be_kept(name: str):
    from crm.reports.answers import unpacked

    report = REPORTS[name]
    answer = report.answer(ReportForm({}, report=report, user=None).question())

    assert unpacked(answer.packed()).packed() == answer.packed()
