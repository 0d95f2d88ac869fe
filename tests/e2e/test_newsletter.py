"""The marketer's journey: a newsletter to a segment in five clicks, and the mail as it is read."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaigns.newsletters.models import Newsletter
from crm.users.models import Role
from tests.factories import LeadFactory, SegmentFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def readers(organisation: object) -> None:
    UserFactory(email="mira@example.com", role=Role.MARKETER)
    SegmentFactory(
        name="Readers",
        rules={"join": "all", "rules": [{"field": "score", "operator": "min", "value": 0}]},
    )
    for number in range(3):
        LeadFactory(name=f"Ana {number}", consent=True)
    LeadFactory(name="Ben", consent=False)


def test_a_newsletter_to_a_segment_takes_five_clicks(
    readers: None, enter: Callable[..., Page]
) -> None:
    page = enter("mira@example.com")
    main = page.get_by_role("main")

    page.get_by_role("link", name="Campaigns").first.click()  # 1
    page.get_by_role("link", name="Newsletters").first.click()  # 2
    main.get_by_role("link", name="New newsletter").first.click()  # 3
    page.locator("#id_name").fill("Spring")
    page.locator("#id_segment").select_option(label="Readers")
    page.locator("#id_subject").fill("News, {{ first_name }}")
    page.get_by_label("Text, in Markdown").fill("Read [this](https://example.com/news).")
    page.get_by_role("button", name="Review and send").click()  # 4
    expect(main.get_by_text("1 left out")).to_be_visible()
    main.get_by_role("button", name="Send to 3 people").click()  # 5

    expect(page.get_by_role("heading", name="Spring")).to_be_visible()
    assert Newsletter.objects.get().state in ("scheduled", "sending", "sent")


@pytest.mark.parametrize("width", [390, 1440])
def test_the_mail_fits_the_width_it_is_read_in(
    readers: None, enter: Callable[..., Page], width: int
) -> None:
    blocks = [
        {"kind": "heading", "text": "A heading that is longer than a phone is wide, surely so"},
        {"kind": "text", "text": "Text with a [link](https://example.com/" + "a" * 20 + ")."},
        {"kind": "button", "text": "See it", "url": "https://example.com/"},
    ]
    newsletter = Newsletter.objects.create(name="Spring", subject="News", blocks=blocks)
    page = enter("mira@example.com", width=width)

    page.goto(f"/newsletters/{newsletter.pk}/preview/")

    expect(page.get_by_role("link", name="Unsubscribe")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
