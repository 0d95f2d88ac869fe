"""The rep's journey: a quote in four clicks, on a phone too, and the customer who accepts it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from deals.models import Deal
from deals.quotes.models import Product, Quote
from deals.quotes.products import save_product
from tests.factories import DealFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def deal(organisation: object) -> Deal:
    rita = UserFactory(name="Rita Novak", email="rita@example.com")
    save_product(Product(name="Planner", unit="user", tax_rate=19), {"EUR": 58_800})
    lead = LeadFactory(name="Marcus Feld", email="marcus@feld.example", owner=rita)
    return DealFactory(name="Licences", lead=lead, owner=rita)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_quote_takes_four_clicks_and_is_accepted_by_its_link(
    deal: Deal, enter: Callable[..., Page], browser: Browser, live_server: Any, width: int
) -> None:
    page = enter("rita@example.com", width=width, has_touch=width == 390)
    page.goto(f"/deals/{deal.pk}/")

    page.get_by_role("link", name="Quote", exact=True).click()  # 1
    page.get_by_role("button", name="New quote").click()  # 2
    page.get_by_label("Product").first.select_option(label="Planner")  # 3
    expect(page.get_by_label("Unit price").first).to_have_value("588.00")
    page.get_by_label("Quantity").first.fill("10")
    expect(page.locator("#quote-sums")).to_contain_text("€6,997.20")
    page.get_by_role("button", name="Save", exact=True).click()  # 4

    expect(page.locator("#toasts")).to_contain_text("saved")
    page.get_by_role("button", name="Save and send").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Sent to marcus@feld.example,")).to_be_visible()

    quote = Quote.objects.get()
    customer = browser.new_page(base_url=live_server.url, viewport={"width": width, "height": 844})
    customer.goto(quote.public_path)
    customer.get_by_label("Your name").fill("Marcus Feld")
    customer.get_by_role("button", name="Accept").click()
    expect(customer.get_by_text("Accepted. Thank you")).to_be_visible()
    assert customer.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    customer.close()

    deal.refresh_from_db()
    assert (deal.amount_minor, deal.version) == (588_000, 2)
