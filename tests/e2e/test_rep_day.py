"""The rep's day in a browser: a handoff accepted from My day, a call logged with its next step.

Journeys 5 and 9, on a desk and on a phone by touch.
"""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from crm.activities.models import Activity, FollowUp
from crm.users.models import User
from deals.models import Deal
from tests.e2e.conftest import SignIn
from tests.factories import DealFactory, LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SCREENS = [
    pytest.param({"width": 1440, "height": 900}, id="desk"),
    pytest.param({"width": 390, "height": 844, "has_touch": True, "is_mobile": True}, id="phone"),
]
Screen = dict[str, int | bool]


@pytest.fixture
def rita(organisation: object) -> User:
    return UserFactory(name="Rita", email="rita@example.com", team=TeamFactory(name="North"))


@pytest.fixture
def deal(rita: User) -> Deal:
    lead = LeadFactory(name="Ana Costa", phone="+49 30 1234", owner=rita, team=rita.team)
    return DealFactory(name="Planning", lead=lead, owner=rita, team=rita.team)


def press(page: Page, screen: Screen, selector: str) -> None:
    """One activation: a click on the desk, a tap on the phone."""
    target = page.locator(selector).first
    if screen.get("has_touch"):
        target.tap()
    else:
        target.click()


def fits(page: Page) -> bool:
    """Say whether the page can not be pushed sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("screen", SCREENS)
def test_a_handoff_is_accepted_from_my_day_in_one_click(
    rita: User, enter: SignIn, worker: None, screen: Screen
) -> None:
    first, second = (
        waiting_handoff(rep=rita, lead=LeadFactory(name=name, owner=None))
        for name in ("Ana", "Ben")
    )
    page = enter("rita@example.com", **screen)
    late = enter("rita@example.com", **screen)
    page.goto("/")
    late.goto("/")
    expect(page.locator("#needing-deals")).to_contain_text("Every deal")

    press(page, screen, f"#accept-{first.pk}")  # 1

    expect(page.locator("#queue")).to_contain_text("is yours")
    expect(page.locator(f"#handoff-{first.pk}")).to_have_count(0)
    expect(page.locator("#live")).to_contain_text("Accepted")
    expect(page.locator(f"#handoff-{second.pk}")).to_be_focused()
    for _ in range(100):
        if FollowUp.objects.filter(lead=first.lead).count() == 1:
            break
        page.wait_for_timeout(200)
    assert FollowUp.objects.get(lead=first.lead).owner == rita
    assert fits(page)

    press(late, screen, f"#accept-{first.pk}")
    expect(late.get_by_role("main")).to_contain_text(re.compile("Rita|accepted", re.I))
    assert FollowUp.objects.filter(lead=first.lead).count() == 1


@pytest.mark.parametrize("screen", SCREENS)
def test_a_call_is_logged_with_its_next_step_in_three_clicks(
    rita: User, deal: Deal, enter: SignIn, screen: Screen
) -> None:
    page = enter("rita@example.com", **screen)
    page.goto(deal.get_absolute_url())
    expect(page.locator("#next")).to_have_class(re.compile("is-none"))
    page.locator("#compose-2").wait_for()
    page.wait_for_load_state("networkidle")  # a press before htmx knows the tab opens its page

    if screen.get("has_touch"):
        press(page, screen, "#compose-2")  # 1
    else:
        page.keyboard.press("l")
    page.locator("#composer [name=outcome]").select_option("reached")
    page.locator("#composer-text").fill("Wants to see the board")
    page.locator("#composer [name=next_kind]").select_option("demo")
    press(page, screen, "#composer-save")  # 2

    expect(page.locator("#next")).to_have_class(re.compile("is-planned"))
    top = page.locator("#deal-timeline .event").first
    expect(top).to_contain_text("Call: Reached")
    expect(top).to_contain_text("Wants to see the board")
    assert Activity.objects.get().deal == deal
    assert FollowUp.objects.get().kind == "demo"
    assert fits(page)


def test_back_from_a_tapped_call_its_outcome_is_asked(
    rita: User, deal: Deal, enter: SignIn
) -> None:
    page = enter("rita@example.com", width=390, height=844, has_touch=True, is_mobile=True)
    page.goto(deal.lead.get_absolute_url())
    page.locator("#compose-phone").wait_for()
    page.evaluate(
        """() => {
            const link = document.querySelector('#compose-phone');
            link.addEventListener('click', (event) => event.preventDefault());
            link.click();
            const turn = (hidden) => {
                Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
                document.dispatchEvent(new Event('visibilitychange'));
            };
            turn(true);
            turn(false);
        }"""
    )

    expect(page.locator("#composer [name=outcome]")).to_be_focused()
    expect(page.locator("#composer [name=minutes]")).to_have_value("1")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_follow_up_is_completed_in_place_and_the_next_planned_in_its_row(
    rita: User, deal: Deal, enter: SignIn, screen: Screen
) -> None:
    due = FollowUp.objects.create(
        lead=deal.lead, title="Call Ana", owner=rita, due_at=now() - timedelta(hours=1)
    )
    page = enter("rita@example.com", **screen)
    page.goto("/")
    page.wait_for_load_state("networkidle")

    press(page, screen, f"#complete-{due.pk}")  # 1
    expect(page.locator(f"#next-kind-{due.pk}")).to_be_focused()
    page.locator(f"#next-kind-{due.pk}").select_option("meeting")
    press(page, screen, f"#next-{due.pk}-save")  # 2

    expect(page.locator(f"#follow-up-{due.pk}")).to_have_count(0)
    assert FollowUp.objects.open().get().kind == "meeting"
    expect(page.locator(":focus")).to_have_count(1)


def test_j_and_k_walk_through_the_list_that_a_deal_was_opened_from(
    rita: User, enter: SignIn
) -> None:
    for name in "ABC":
        lead = LeadFactory(owner=rita, team=rita.team)
        DealFactory(name=f"Deal {name}", lead=lead, owner=rita, team=rita.team)
    page = enter("rita@example.com")
    page.goto("/deals/?view=list&sort=name")
    page.get_by_role("link", name="Deal A").click()
    expect(page.locator("#deal-place")).to_contain_text("1 of 3")

    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Deal B")).to_be_visible()
    expect(page.locator("#deal-place")).to_contain_text("2 of 3")
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Deal A")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator("#dialog")).to_contain_text("Move")


def test_a_follow_up_is_dragged_to_another_day(rita: User, deal: Deal, enter: SignIn) -> None:
    at = now().replace(year=2030, month=5, day=15, hour=8)  # a Wednesday
    due = FollowUp.objects.create(lead=deal.lead, title="Call Ana", owner=rita, due_at=at)
    page = enter("rita@example.com")
    page.goto("/activities/calendar/?on=2030-05-15")

    page.locator(".entry").drag_to(page.locator("[data-day='2030-05-17']"))

    expect(page.locator("[data-day='2030-05-17'] .entry")).to_contain_text("Call Ana")
    due.refresh_from_db()
    assert due.due_at.day == 17
