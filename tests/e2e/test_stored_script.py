"""A script in a name runs nowhere: also not where our own scripts write the page.

What the server writes is looked at in tests/test_stored_scripts.py. Here the browser would report a
refused script on its console, and the test would fail for it.
"""

import pytest
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from crm.users.models import Organisation, Role, usual_week
from leads.models import Lead
from tests.e2e.conftest import SignIn, settled
from tests.factories import CompanyFactory, DealFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SCRIPT = "<img src=x onerror=\"document.title='run'\">"


@pytest.fixture
def lead(transactional_db: None) -> Lead:
    Organisation.objects.create(
        pk=1, name=SCRIPT, currency="EUR", workdays=usual_week(), set_up_at=now()
    )
    boss = UserFactory(name=f"Sam {SCRIPT}", email="sam@example.com", role=Role.SALES_MANAGER)
    found: Lead = LeadFactory(name=f"Eva {SCRIPT}", company=CompanyFactory(name=SCRIPT), owner=boss)
    DealFactory(name=f"Deal {SCRIPT}", lead=found, owner=boss)
    return found


def test_a_script_in_a_name_is_shown_and_not_run(lead: Lead, enter: SignIn) -> None:
    page = enter("sam@example.com")

    find_in_palette(page)
    edit_in_place(page, lead)
    move_card(page)

    assert page.title() != "run"
    assert page.locator("img[src=x]").count() == 0


def find_in_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("Eva")
    expect(page.locator("#palette [role=option]").filter(has_text="onerror").first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    page.keyboard.press("Escape")


def edit_in_place(page: Page, lead: Lead) -> None:
    """The toast and the fact show what was typed."""
    page.goto(lead.get_absolute_url())
    settled(page)
    page.locator("#fact-job_title button, #fact-job_title a").last.click()
    page.locator("#fact-job_title input[type=text]").fill(SCRIPT)
    page.locator("#fact-job_title-save").click()
    expect(page.locator("#fact-job_title")).to_contain_text("onerror")
    assert page.locator("img[src=x]").count() == 0


def move_card(page: Page) -> None:
    """The board speaks the card's name into the live region."""
    page.goto("/deals/")
    settled(page)
    expect(page.locator(".deal-card")).to_contain_text("onerror")
    page.keyboard.press("j")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#toasts")).to_contain_text("moved to Discovery")
