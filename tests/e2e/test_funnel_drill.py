"""Journey 11: from a number of the funnel to its rows and back, in two clicks at most."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from crm.users.models import Role
from tests.e2e.conftest import SignIn, settled
from tests.e2e.looking import faults
from tests.factories import ChannelFactory, LeadFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ASKED = "/reports/funnel/?period=12m&by=channel"


@pytest.fixture
def funnel(organisation: object, enter: SignIn) -> Page:
    UserFactory(name="Mira", email="mira@example.com", role=Role.MARKETING_MANAGER)
    for name, leads, mqls in (("Ads", 5, 2), ("Fairs", 3, 3)):
        channel = ChannelFactory(name=name)
        for number in range(leads):
            lead = LeadFactory(channel=channel)
            if number < mqls:
                waiting_handoff(rep=None, lead=lead)
    page = enter("mira@example.com")
    page.goto(ASKED)
    settled(page)
    return page


def numbers(cells: Locator) -> list[int]:
    return [int(re.sub(r"\D", "", text) or 0) for text in cells.all_inner_texts()]


def total_of_list(page: Page) -> int:
    page.wait_for_url(re.compile("/leads/"))
    return page.locator("tr[id^=lead-]").count()


def test_numbers_lead_to_their_rows_and_back(funnel: Page) -> None:
    assert not faults(funnel)
    bars = funnel.locator("#funnel-cohort")
    mqls = numbers(bars.locator(".funnel-step", has_text="MQL").first.locator(".funnel-count"))[0]

    bars.get_by_role("link", name="MQL: 5 leads").click()
    assert total_of_list(funnel) == mqls == 5
    funnel.go_back()
    expect(funnel).to_have_url(re.compile(re.escape(ASKED)))
    expect(funnel.get_by_label("By", exact=True)).to_have_value("channel")

    funnel.locator("#funnel-cohort").get_by_role("link", name="3 dropped off").click()
    assert total_of_list(funnel) == 8 - mqls


def test_rows_sum_to_their_total_and_the_twin_equals_the_bars(funnel: Page) -> None:
    table = funnel.locator("#table-breakdown")
    for column in (1, 2):
        rows = numbers(table.locator(f"tbody tr td:nth-of-type({column})"))
        assert sum(rows) == numbers(table.locator(f"tfoot td:nth-of-type({column})"))[0]

    cohort = funnel.locator("#funnel-cohort")
    cohort.locator("summary").click()
    twin = cohort.locator("table tbody td:nth-of-type(1)")
    expect(twin.first).to_be_visible()
    assert numbers(twin) == numbers(cohort.locator(".funnel-count")) == [8, 5, 0, 0, 0, 0]
