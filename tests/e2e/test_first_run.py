"""The first run: an empty database, four screens, a sample company (journey 1)."""

import re

import pytest
from playwright.sync_api import Page, expect

from crm.users.middleware import FirstRunMiddleware
from tests.e2e.conftest import OpenPage, settled
from tests.e2e.looking import faults
from tests.e2e.pages import SIZES

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"  # noqa: S105
MOST_CLICKS = 8
THEMED = "scheme => document.documentElement.dataset.bsTheme === scheme"


@pytest.fixture
def empty(transactional_db: None) -> None:
    FirstRunMiddleware.done = False


class Hand:
    """A hand that counts its clicks, and looks at each screen before it goes on."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.found = page, 0, list[str]()

    def look(self) -> None:
        for width, height, scheme in SIZES:
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme=scheme)
            self.page.wait_for_function(THEMED, arg=scheme)
            self.found += [f"{width} {scheme}: {fault}" for fault in faults(self.page)]

    def click(self, name: str) -> None:
        self.look()
        self.clicks += 1
        self.page.get_by_role("main").get_by_role("button", name=re.compile(name)).click()


def test_four_screens_lead_from_an_empty_database_to_a_full_home(
    empty: None, visit: OpenPage, worker: None
) -> None:
    page = visit(reduced_motion="reduce")  # else a colour is looked at while it changes
    hand = Hand(page)

    page.goto("/")
    expect(page).to_have_url(re.compile("/setup/"))
    page.get_by_label("Name of your company").fill("Acme")
    hand.click("Continue")
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    hand.click("Continue")
    expect(page.get_by_role("heading", name="Who works with you?")).to_be_visible()
    hand.click("Skip")
    expect(page.get_by_role("heading", name="What do you start with?")).to_be_visible()
    hand.click("A sample company")
    page.wait_for_url(re.compile(r"//[^/]+/$"), timeout=120_000)

    expect(page.locator("tr[id^=handoff-]").first).to_be_visible()
    settled(page)
    hand.look()
    assert not hand.found, "\n".join(hand.found)
    assert hand.clicks <= MOST_CLICKS
    assert page.request.get("/setup/").status == 404


def test_a_wrong_answer_keeps_what_was_typed_and_leads_to_the_field(
    empty: None, visit: OpenPage
) -> None:
    page = visit()

    page.goto("/setup/")
    page.get_by_label("Name of your company").fill("Acme")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_value("alice@example.com")
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    assert faults(page) == []
