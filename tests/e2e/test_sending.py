"""Two clicks on a button send one form."""

import re
from typing import Any

import pytest
from django.utils.timezone import now
from playwright.sync_api import Page, Request, expect

from crm.users.models import Organisation, Role, usual_week
from leads.models import Company
from tests.e2e.conftest import SignIn, settled
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
RECORD = re.compile(r"/companies/\d+/$")


@pytest.fixture
def alex(transactional_db: None) -> str:
    Organisation.objects.create(pk=1, name="Acme", workdays=usual_week(), set_up_at=now())
    return str(UserFactory(name="Alex", email="alex@example.com", role=Role.ADMIN).email)


def posts_of(page: Page) -> list[str]:
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", note)
    return sent


def fill_company(page: Page) -> Any:
    page.goto("/companies/new/")
    page.get_by_label("Name").first.fill("Acme")
    return page.locator("main form[data-unsaved] button[type=submit]")


def test_a_button_rests_from_the_first_click(alex: str, enter: SignIn) -> None:
    page = enter(alex)
    button, sent = fill_company(page), posts_of(page)

    button.dblclick()
    page.wait_for_url(RECORD)

    assert len(sent) == 1
    assert Company.objects.count() == 1


def test_going_back_the_button_can_be_pressed_again(alex: str, enter: SignIn) -> None:
    page = enter(alex)
    button = fill_company(page)
    button.click()
    page.wait_for_url(RECORD)

    page.go_back()

    expect(button).to_be_enabled()


def test_after_a_file_the_button_can_be_pressed_again(alex: str, enter: SignIn) -> None:
    page = enter(alex)
    LeadFactory(name="Ana")
    page.goto("/leads/")
    page.locator("[data-check]").first.check()
    button = page.locator("[data-bulk] button[formaction*=export]").first

    with page.expect_download():
        button.click()

    expect(button).to_be_disabled()
    expect(button).to_be_enabled()


def test_a_form_that_htmx_sends_rests_until_its_answer_is_here(alex: str, enter: SignIn) -> None:
    page = enter(alex)
    lead = LeadFactory(name="Ana", owner=None)
    page.goto(lead.get_absolute_url())
    sent = posts_of(page)
    page.locator("#composer textarea").fill("Called")

    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("#composer button[type=submit]").dblclick()
    settled(page)

    assert len(sent) == 1
    assert lead.activities.count() == 1
