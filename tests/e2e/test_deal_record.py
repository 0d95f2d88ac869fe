"""The record of a deal in a browser: its tabs, people, files and exit criteria."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crm.users.models import User
from deals.models import Deal
from tests.e2e.conftest import SignIn, settled
from tests.e2e.test_board import deal, rita
from tests.factories import LeadFactory

__all__ = ["deal", "rita"]
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def record(deal: Deal, enter: SignIn) -> Page:
    deal.stage.exit_criteria = ["The need is written down"]
    deal.stage.save()
    page = enter("rita@example.com")
    page.goto(f"/deals/{deal.pk}/")
    return page


def test_a_tab_opens_in_its_place_and_has_an_address(record: Page, deal: Deal) -> None:
    tabs = record.get_by_role("navigation", name="Deal", exact=True)
    tabs.get_by_role("link", name="History").click()

    expect(record.locator("#moves")).to_contain_text("Opened in New")
    expect(record).to_have_url(f"{record.url.split('/deals/')[0]}/deals/{deal.pk}/history/")
    record.reload()
    expect(tabs.get_by_role("link", name="History")).to_have_attribute("aria-current", "page")


def test_a_criterion_is_ticked_by_one_click(record: Page, deal: Deal) -> None:
    record.get_by_role("button", name="The need is written down").click()

    ticked = record.get_by_role("button", name="The need is written down", pressed=True)
    expect(ticked).to_be_focused()
    assert deal.met_criteria.get().text == "The need is written down"


def test_a_person_is_added_given_a_part_and_taken_off_with_an_undo(
    record: Page, deal: Deal, rita: User
) -> None:
    LeadFactory(name="Ana Costa", email="ana@example.com", owner=rita, team=rita.team)
    people = record.locator("#contacts")

    people.get_by_role("link", name="Add a person").click()
    record.locator("#dialog").get_by_label("Person", exact=False).first.fill("ana@example.com")
    record.locator("#dialog").get_by_role("button", name="Add").click()
    people.get_by_label("Part of Ana Costa").select_option("Champion")
    settled(record)  # the list comes anew with the part
    people.get_by_role("button", name="Take Ana Costa off").click()
    expect(people).not_to_contain_text("Ana Costa")
    record.locator("#toasts").get_by_role("button", name="Undo").last.click()

    expect(people.get_by_label("Part of Ana Costa")).to_have_value("champion")


def test_a_file_is_added_fetched_deleted_and_brought_back(
    record: Page, deal: Deal, tmp_path: Path
) -> None:
    brief = tmp_path / "brief.txt"
    brief.write_text("What they want")
    record.get_by_role("link", name="Files").click()

    record.locator("#files").set_input_files(brief)
    record.get_by_role("button", name="Add", exact=True).click()
    with record.expect_download() as fetched:
        record.get_by_role("link", name="brief.txt").click()
    assert fetched.value.path().read_text() == "What they want"
    record.get_by_role("button", name="Delete brief.txt").click()
    expect(record.locator("#deal-tab")).to_contain_text("No files yet")
    record.locator("#toasts").get_by_role("button", name="Undo").last.click()

    expect(record.get_by_role("link", name="brief.txt")).to_be_visible()
