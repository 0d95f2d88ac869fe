"""The tandem loop in a browser: marketing hands over, sales answers, the feedback comes home."""

import re

import pytest
from playwright.sync_api import Page, expect

from crm.users.models import Role
from leads.models import Channel
from tests.e2e.conftest import SignIn
from tests.factories import TeamFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None) -> None:
    from django.utils.timezone import now

    from crm.users.models import Organisation

    always = [["00:00", "23:59"]] * 7
    Organisation.objects.create(pk=1, name="Acme", currency="EUR", workdays=always, set_up_at=now())
    team = TeamFactory(name="North")
    UserFactory(name="Maya", email="maya@example.com", role=Role.MARKETER)
    UserFactory(name="Rita", email="rita@example.com", role=Role.REP, team=team)
    UserFactory(name="Mira", email="mira@example.com", role=Role.MARKETING_MANAGER)


def test_from_touch_to_customer_and_home_again(people: None, enter: SignIn, worker: None) -> None:
    maya = enter("maya@example.com")
    make_campaign(maya)
    log_touch(maya, "Webinar attended")
    log_touch(maya, "Demo requested")

    rita = enter("rita@example.com")
    accept_lead(rita)
    win_deal(rita)

    read_feedback(maya)
    count_funnel(enter("mira@example.com"))


def make_campaign(page: Page) -> None:
    page.goto("/campaigns/")
    page.get_by_role("link", name="New campaign").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Name").fill("Autumn webinar")
    dialog.get_by_label("Channel").select_option(str(Channel.objects.get(key="events").pk))
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Autumn webinar")).to_be_visible()


def log_touch(page: Page, kind: str) -> None:
    """Log a response of one new lead; the second one crosses the MQL definition."""
    page.goto("/campaigns/")
    page.get_by_role("link", name="Autumn webinar").click()
    page.get_by_role("link", name="Log touch").first.click()
    dialog = page.locator("#dialog")
    dialog.locator("[name=lead]").fill("nora@example.com")
    dialog.get_by_label("What happened").select_option(label=kind)
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text(re.compile("nora", re.I))


def accept_lead(page: Page) -> None:
    """One click on Home; the lead is then the rep's, with a first call to make."""
    row = page.locator("[id^=handoff-]").filter(has_text="nora")
    for _ in range(60):
        page.goto("/")
        if row.count():
            break
        page.wait_for_timeout(500)
    expect(row).to_contain_text("Demo requested")
    row.get_by_role("button", name=re.compile("Accept")).click()
    expect(page.locator("#queue")).to_contain_text("is yours")
    page.get_by_role("link", name="Open lead").click()
    expect(page.get_by_role("main")).to_contain_text("SAL")


def win_deal(page: Page) -> None:
    page.get_by_role("link", name=re.compile("New deal|Convert")).first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Amount").fill("12000")
    dialog.get_by_role("button", name="Open the deal").click()
    page.wait_for_url(re.compile(r"/deals/\d+/"))
    page.get_by_role("link", name="Won").first.click()
    page.locator("#dialog").get_by_role("button", name="Won").click()
    expect(page.get_by_role("main")).to_contain_text("Won")


def read_feedback(page: Page) -> None:
    """Both verdicts have come home to the campaign's owner: accepted, and won with its amount."""
    inbox = page.get_by_role("main")
    for _ in range(60):  # the badge counts by itself, so the page is asked, not the badge
        page.goto("/feedback/")
        if "12,000" in inbox.inner_text():
            break
        page.wait_for_timeout(500)
    expect(inbox).to_contain_text("Accepted")
    expect(inbox).to_contain_text("12,000")
    expect(page.locator("#count-feedback")).to_have_text(re.compile(r"^\s*2"))


def count_funnel(page: Page) -> None:
    """One lead in every stage, and the number leads to exactly that lead."""
    page.goto("/reports/funnel/?period=12m&by=campaign")
    for stage in ("Lead", "MQL", "SAL", "SQL", "Opportunity", "Customer"):
        for counting in ("cohort", "period"):
            bars = page.locator(f"#funnel-{counting}")
            expect(bars.get_by_role("link", name=f"{stage}: 1 leads")).to_be_visible()
    page.locator("#funnel-cohort").get_by_role("link", name="Customer: 1 leads").click()
    expect(page.locator("tr[id^=lead-]")).to_have_count(1)
    expect(page.locator("tr[id^=lead-]")).to_contain_text("nora")
