"""The planner: a slider changes the plan, adopting sets targets, one click undoes it."""

import re

import pytest
from playwright.sync_api import expect

from campaigns.models import Commitment
from crm.reports.questions import today
from crm.users.models import Role
from deals.forecast.models import Quota
from deals.forecast.spans import QUARTER, span_of
from tests.e2e.conftest import SignIn, settled
from tests.e2e.looking import faults
from tests.factories import UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_plan_is_changed_adopted_and_taken_back(organisation: object, enter: SignIn) -> None:
    UserFactory(name="Mira", email="mira@example.com", role=Role.ADMIN)
    UserFactory(name="Rita", role=Role.REP)
    quarter = span_of(QUARTER, today()).shifted(2).key
    page = enter("mira@example.com")
    page.goto(
        f"/plan/?quarter={quarter}&target=90000&value=3000&win_rate=25&sql_rate=50&mql_rate=20"
    )
    settled(page)
    expect(page.locator("#table-plan tfoot")).to_contain_text("1,200")
    assert not faults(page)

    page.get_by_label("Leads that become MQLs").focus()
    page.keyboard.press("PageUp")
    expect(page).to_have_url(re.compile("mql_rate=(?!20&)"))
    expect(page.locator("#table-plan tfoot")).not_to_contain_text("1,200")

    page.get_by_role("link", name="Adopt…").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Rita")
    assert not faults(page)
    dialog.get_by_role("button", name="Adopt").click()
    expect(page.get_by_role("main")).to_contain_text("Plan and actual")
    assert Quota.objects.count() == Commitment.objects.count() == 3
    page.goto("/alignment/?period=quarter")
    expect(page.get_by_role("main")).to_contain_text("Plan of Q")

    page.goto(f"/plan/?quarter={quarter}")
    page.get_by_role("button", name="Take back").click()
    page.locator("dialog[open]").get_by_role("button", name=re.compile("Take back|Yes|OK")).click()
    expect(page.locator("#toasts")).to_contain_text("as before")
    assert not Quota.objects.exists()
