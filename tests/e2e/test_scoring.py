"""Journey 12, marketing's half: a proposed change of the rules is tried, applied and undone.

And the segment that a marketer writes while its number follows.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from campaigns.models import ScoringRule, ScoringVersion
from campaigns.segments.models import Segment
from campaigns.services import drafts
from crm.funnel.models import Handoff
from crm.outbox.services import sweep
from crm.users.models import Organisation, Role, User
from tests.e2e.conftest import SignIn, settled
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mira(transactional_db: None) -> User:
    always = [["00:00", "23:59"]] * 7
    Organisation.objects.create(pk=1, name="Acme", currency="EUR", workdays=always, set_up_at=now())
    for number in range(5):
        LeadFactory(job_title="CEO" if number < 3 else "Student", country="DE", score=number)
    return UserFactory(name="Mira", email="mira@example.com", role=Role.MARKETING_MANAGER)


def no_violations(page: Page) -> None:
    page.wait_for_timeout(500)  # a toast that fades in has no contrast yet
    found = Axe().run(page).response["violations"]
    assert not found, [(each["id"], each["nodes"][0]["html"]) for each in found]


def carry_out() -> None:
    while sweep():
        pass


def test_a_proposal_is_previewed_applied_and_undone(mira: User, enter: SignIn) -> None:
    rule = ScoringRule.objects.get(name="Decision maker")
    drafts.propose(mira, {rule.pk: {"points": 60}}, why="Deciders convert three times as often")
    page = enter(mira.email)
    page.goto("/settings/scoring/")
    expect(page.locator("#draft-preview")).to_contain_text("3 leads would become ready for sales")
    no_violations(page)

    page.get_by_role("button", name="Apply 1 change").click()
    expect(page.locator("#toasts")).to_contain_text("Version 2 is in force")
    carry_out()
    assert Handoff.objects.count() == 3

    page.locator("#toasts").get_by_role("button", name="Undo").click()
    page.wait_for_load_state("networkidle")
    page.goto("/settings/scoring/versions/")
    expect(page.locator("#version-2")).to_contain_text("Deciders convert three times as often")
    expect(page.locator("#version-2 del")).to_contain_text("+15")
    expect(page.locator("#version-2 ins")).to_contain_text("+60")
    expect(page.locator("#version-3")).to_contain_text("in force")
    no_violations(page)
    rule.refresh_from_db()
    assert rule.points == 15
    assert ScoringVersion.objects.get(number=3).restores is not None


def test_a_segments_number_follows_its_rules(mira: User, enter: SignIn) -> None:
    page = enter(mira.email)
    page.goto("/segments/new/")
    page.get_by_label("Name").fill("Deciders in Germany")
    page.locator("#g-0-r-0-field").select_option("country")
    page.locator(".segment-pick summary").click()
    page.get_by_label("Find in the list").fill("germ")
    page.get_by_label("Germany").check()
    expect(page.locator("#segment-preview")).to_contain_text("5 leads now")
    no_violations(page)
    page.keyboard.press("Escape")
    page.locator("#add-0").click()
    settled(page)
    page.locator("#g-0-r-1-field").select_option("job_title")
    page.locator("#g-0-r-1-value").fill("ceo")
    expect(page.locator("#segment-preview")).to_contain_text("3 leads now")

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deciders in Germany")
    expect(page.get_by_role("main")).to_contain_text("3 leads now")
    assert Segment.objects.get().owner == mira
    no_violations(page)
