"""The pages of quotes, and the link that a customer gets."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.timezone import now

from crm.users.models import Role
from deals.quotes import approving, pdf, services
from deals.quotes.discounts import AMOUNT, NotADiscount, parse_discount
from deals.quotes.models import Product, Quote
from deals.quotes.prices import parse_price, write_price
from deals.quotes.products import save_product
from deals.quotes.services import NewLine
from tests.factories import DealFactory, ProductFactory, QuoteFactory, UserFactory
from tests.quotes.conftest import LATER


@pytest.fixture
def form(draft):
    """Return a function: a draft, and what its form posts with these changes."""

    def make(**changes):
        quote = draft()
        return quote, {
            "line-TOTAL_FORMS": "2", "line-INITIAL_FORMS": "1", "line-0-product": "",
            "line-0-text": "Licence", "line-0-quantity": "3", "line-0-price": "100.00",
            "line-0-discount": "10", "line-0-tax_rate": "19", "line-1-quantity": "1",
            "revision": str(quote.revision), "customer": "Feld", "currency": "EUR",
            "valid_until": "2099-01-01", "discount": "", "terms": "",
        } | changes  # fmt: skip

    return make


def test_a_quote_is_built_in_four_clicks(sign_in, rep, deal):
    product = save_product(Product(name="Seat", tax_rate=19), {"EUR": 4_900})
    client = sign_in(rep)

    assert b"New quote" in client.get(f"/deals/{deal.pk}/quote/").content
    page = client.post(f"/deals/{deal.pk}/quote/new/", follow=True)
    assert b'data-price="49.00"' in page.content
    quote = deal.quotes.get()
    answer = client.post(
        f"/quotes/{quote.pk}/save/",
        {
            "line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0", "line-0-product": product.pk,
            "line-0-quantity": "10", "revision": 1, "customer": "Feld", "currency": "EUR",
            "valid_until": "2099-01-01",
        },
    )  # fmt: skip

    quote.refresh_from_db()
    assert answer.status_code == 302
    assert (quote.net_minor, quote.total_minor) == (49_000, 58_310)


def test_a_draft_is_saved_with_discounts(sign_in, rep, form):
    quote, data = form(discount="20.00", discount_unit="amount")

    sign_in(rep).post(f"/quotes/{quote.pk}/save/", data)

    quote.refresh_from_db()
    assert (quote.net_minor, quote.total_minor) == (25_000, 29_750)


@pytest.mark.parametrize(
    ("typed", "percent", "minor"),
    [
        ({"discount": "10"}, 10, None),
        ({"discount": "10", "discount_unit": "percent"}, 10, None),
        ({"discount": "10", "discount_unit": "amount"}, None, 1_000),
        ({"discount": "10 %"}, 10, None),
    ],
)
def test_ten_is_ten_per_cent_unless_money_is_chosen(sign_in, rep, form, typed, percent, minor):
    quote, data = form(**typed)

    client = sign_in(rep)
    client.post(f"/quotes/{quote.pk}/save/", data)

    quote.refresh_from_db()
    assert (quote.discount_percent, quote.discount_minor) == (percent, minor)
    page = client.get(f"/deals/{quote.deal_id}/quote/").content.decode()
    unit = "amount" if minor else "percent"
    assert f'<option value="{unit}" selected>{"EUR" if minor else "%"}</option>' in page


def test_a_failed_save_shows_the_totals_of_what_is_typed(sign_in, rep, form):
    quote, data = form(**{"valid_until": "", "line-0-price": "200.00", "line-0-discount": ""})

    answer = sign_in(rep).post(f"/quotes/{quote.pk}/save/", data)

    quote.refresh_from_db()
    assert answer.status_code == 422
    assert "€714.00" in answer.content.decode()  # 3 × 200 and 19 %
    assert quote.net_minor == 100_000


def test_a_line_with_an_error_is_left_out_of_the_totals_and_said_so(sign_in, rep, form):
    quote, data = form(**{"line-0-price": "abc", "line-1-text": "Travel", "line-1-price": "50"})

    page = sign_in(rep).post(f"/quotes/{quote.pk}/save/", data).content.decode()

    assert "€50.00" in page
    assert "Without the 1 line to be corrected." in page


def test_a_unit_price_has_up_to_four_decimals(sign_in, rep, form):
    quote, data = form(**{"line-0-price": "0.0125", "line-0-quantity": "10000",
                          "line-0-discount": ""})  # fmt: skip

    client = sign_in(rep)
    client.post(f"/quotes/{quote.pk}/save/", data)

    line = quote.lines.get()
    quote.refresh_from_db()
    assert (line.price_minor, quote.net_minor) == (Decimal("1.25"), 12_500)
    assert 'value="0.0125"' in client.get(f"/deals/{quote.deal_id}/quote/").content.decode()
    assert "€0.0125" in pdf.content(quote)["lines"][0]["price"]


def test_a_preview_saves_nothing(sign_in, rep, form):
    quote, data = form()

    answer = sign_in(rep).post(f"/quotes/{quote.pk}/preview/", data)

    quote.refresh_from_db()
    assert "€321.30" in answer.content.decode()
    assert quote.net_minor == 100_000


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("line-0-price", "abc", "Enter a price"),
        ("line-0-price", "1.23456", "4 decimals at most"),
        ("line-0-discount", "110 %", "0 to 100"),
        ("line-0-quantity", "0", "greater than or equal"),
        ("discount", "x", "Enter a share"),
        ("valid_until", "2020-01-01", "This day is over"),
        ("line-0-text", "", "Say what this is"),
    ],
)
def test_a_fault_is_said_beside_its_field(sign_in, rep, form, field, text, fault):
    quote, data = form(**{field: text})

    answer = sign_in(rep).post(f"/quotes/{quote.pk}/save/", data)

    assert answer.status_code == 422
    assert fault in answer.content.decode()


def test_a_stale_draft_is_not_overwritten(sign_in, rep, form):
    quote, data = form(revision="1")

    answer = sign_in(rep).post(f"/quotes/{quote.pk}/save/", data)

    assert answer.status_code == 409
    assert b"Somebody else saved" in answer.content


def test_a_quote_of_another_team_does_not_exist(sign_in, deal, draft):
    quote, other = draft(), UserFactory(role=Role.REP)

    assert sign_in(other).get(f"/quotes/{quote.pk}/pdf/").status_code == 404
    assert sign_in(other).get(f"/deals/{deal.pk}/quote/").status_code == 404


def test_a_rep_over_the_limit_is_led_to_the_manager(sign_in, rep, manager, draft, limit):
    quote = draft(NewLine("Licence", Decimal(1), 100, discount_percent=Decimal(50)))
    client = sign_in(rep)

    assert b"Ask for approval" in client.get(f"/quotes/{quote.pk}/send/").content
    client.post(f"/quotes/{quote.pk}/ask/")
    answer = sign_in(manager).post(f"/quotes/{quote.pk}/answer/", {"answer": "approve"})

    quote.refresh_from_db()
    assert (answer.status_code, quote.state) == (302, "approved")


def test_the_manager_reads_which_lines_have_no_list_price(sign_in, rep, manager, draft, limit):
    quote = draft(NewLine("A hundred seats", Decimal(2), 100))
    approving.ask(quote, actor=rep)

    page = sign_in(manager).get(f"/quotes/{quote.pk}/answer/").content.decode()

    assert "Without a list price, €2.00 together" in page
    assert "A hundred seats: 2 × €1.00" in page


@pytest.mark.parametrize(("typed", "kept"), [("0", 0), ("250", 25_000), ("", None)])
def test_a_manager_sets_the_limit_of_lines_without_a_list_price(sign_in, limit, typed, kept):
    client = sign_in(role=Role.SALES_MANAGER)

    client.post("/settings/quotes/", {"valid_days": "30", "approve_percent": "10",
                                      "unlisted": typed})  # fmt: skip

    limit.refresh_from_db()
    assert (limit.approve_percent, limit.approve_unlisted_minor) == (10, kept)


def test_declining_needs_a_note(sign_in, rep, manager, draft, limit):
    quote = draft(NewLine("Licence", Decimal(1), 100, discount_percent=Decimal(50)))
    approving.ask(quote, actor=rep)

    answer = sign_in(manager).post(f"/quotes/{quote.pk}/answer/", {"answer": "decline"})

    assert answer.status_code == 422


def test_his_own_request_answers_a_manager_with_403(sign_in, manager, draft, limit):
    quote = draft(NewLine("Licence", Decimal(1), 100, discount_percent=Decimal(50)))
    approving.ask(quote, actor=manager)

    answer = sign_in(manager).post(f"/quotes/{quote.pk}/answer/", {"answer": "approve"})

    quote.refresh_from_db()
    assert (answer.status_code, quote.state) == (403, "waiting")


# The customer's link ----------------------------------------------------------------------------


def test_the_link_shows_the_quote_and_changes_nothing(sent):
    quote = sent()
    before = Quote.objects.values().get()

    page = Client().get(quote.public_path)
    file = Client().get(f"{quote.public_path}pdf/")

    assert (page.status_code, "€1,190.00" in page.content.decode()) == (200, True)
    assert file.content == bytes(quote.pdf.content)
    assert Quote.objects.values().get() == before


def test_the_customer_reads_the_organisations_time_with_its_zone(sent, organisation):
    quote = sent()
    with time_machine.travel("2026-07-01T20:30:00Z", tick=False):
        accepted = Quote.objects.filter(pk=quote.pk)
        accepted.update(state="accepted", accepted_at=now(), accepted_name="Marcus")
        page = Client().get(quote.public_path).content.decode()

    assert "1 Jul 2026, 22:30 CEST" in page


def test_the_date_on_the_quote_is_that_of_the_organisation(draft, organisation):
    quote = draft()
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    Quote.objects.filter(pk=quote.pk).update(created_at=at)
    quote.refresh_from_db()

    with timezone.override("America/Los_Angeles"):
        facts = dict(pdf.facts(quote))

    assert facts["Date"] == "2 Jul 2026"


def test_the_customer_accepts_with_his_name(sent):
    quote = sent()

    answer = Client().post(quote.public_path, {"name": " Marcus  Feld "}, follow=True)

    quote.refresh_from_db()
    assert (quote.state, quote.accepted_name) == ("accepted", "Marcus Feld")
    assert "Accepted. Thank you" in answer.content.decode()


def test_a_yes_without_a_name_is_asked_again(sent):
    quote = sent()

    answer = Client().post(quote.public_path, {"name": " "})

    assert answer.status_code == 422
    assert Quote.objects.get().accepted_at is None


def test_a_superseded_version_says_so_and_takes_no_yes(sent):
    old, _ = sent(), sent()

    page = Client().get(old.public_path).content.decode()
    answer = Client().post(old.public_path, {"name": "Marcus"})

    assert "newer version" in page
    assert "Accept this quote" not in page
    assert answer.status_code == 422


def test_an_expired_version_says_so_and_takes_no_yes(sent):
    quote = sent()

    with time_machine.travel(now() + LATER):
        page = Client().get(quote.public_path).content.decode()
        answer = Client().post(quote.public_path, {"name": "Marcus"})

    assert "has expired" in page
    assert answer.status_code == 422


@pytest.mark.parametrize("key", ["00000000-0000-0000-0000-000000000000", "draft"])
def test_another_link_is_not_found(draft, key):
    key = draft().key if key == "draft" else key

    assert Client().get(f"/q/{key}/").status_code == 404
    assert Client().post(f"/q/{key}/", {"name": "x"}).status_code == 404


def test_who_asks_too_often_waits(sent):
    quote, client = sent(), Client()

    answers = [client.post(quote.public_path, {"name": ""}).status_code for _ in range(31)]

    assert answers[:30] == [422] * 30
    assert answers[30] == 429


# The price list ---------------------------------------------------------------------------------


def test_a_product_is_saved_with_a_price_for_each_currency(sign_in):
    client = sign_in(role=Role.SALES_MANAGER)

    client.post("/settings/products/new/", {
        "name": "Seat", "unit": "user", "tax_rate": "19", "is_active": "on", "price_0": "49",
        "currency_0": "EUR", "price_1": "7,500", "currency_1": "JPY",
    })  # fmt: skip

    prices = Product.objects.get().prices.values_list("currency", "amount_minor")
    assert list(prices) == [("EUR", 4_900), ("JPY", 7_500)]


def test_the_price_list_is_exported_as_csv(sign_in, organisation):
    save_product(Product(name="=Seat", sku="S1"), {"EUR": 4_900, "KWD": 1_005})

    answer = sign_in().get("/settings/products/export/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")

    assert "'=Seat,S1,,piece,49.00,EUR" in text
    assert "1.005,KWD" in text


@pytest.mark.parametrize("count", [5, 60])
def test_pages_cost_the_same_for_few_and_many(sign_in, django_assert_max_num_queries, count):
    ProductFactory.create_batch(count)
    client = sign_in()

    with django_assert_max_num_queries(6):
        client.get("/settings/products/")


@pytest.mark.parametrize("count", [5, 60])
def test_a_draft_costs_the_same_for_few_and_many_lines(
    sign_in, rep, deal, draft, django_assert_max_num_queries, count
):
    product = ProductFactory()
    draft(*[NewLine("", Decimal(1), 5, product) for _ in range(count)])
    client = sign_in(rep)

    with django_assert_max_num_queries(30):
        client.get(f"/deals/{deal.pk}/quote/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (None, None)),
        ("10 %", (Decimal(10), None)),
        ("12,5%", (Decimal("12.5"), None)),
        ("10", (Decimal(10), None)),
        ("0%", (Decimal(0), None)),
    ],
)
def test_a_discount_is_a_share(text, found):
    assert parse_discount(text, "EUR") == found


def test_a_discount_is_an_amount_where_that_is_chosen():
    assert parse_discount("1,234.50", "EUR", AMOUNT) == (None, 123_450)
    with pytest.raises(NotADiscount, match="Choose %"):
        parse_discount("10 %", "EUR", AMOUNT)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("0.0125", "EUR", "1.25"),
        ("1,234.5", "EUR", "123450"),
        ("0.5", "JPY", "0.5"),
        ("1.0005", "KWD", "1000.5"),
    ],
)
def test_a_unit_price_is_read_and_written_in_minor_units_with_a_fraction(text, currency, minor):
    found = parse_price(text, currency)

    assert found == Decimal(minor)
    assert parse_price(write_price(found, currency), currency) == found


@pytest.mark.parametrize("text", ["x", "-5 %", "101%", "NaN %", "1.234 %", "%", "-5", "€10", "500"])
def test_what_is_no_discount_is_refused(text):
    with pytest.raises(NotADiscount):
        parse_discount(text, "EUR")


def test_a_draft_of_a_factory_is_found_by_its_deal(db):
    quote = QuoteFactory(deal=DealFactory())

    assert services.create_quote(quote.deal, actor=UserFactory()) == quote
