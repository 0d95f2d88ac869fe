"""The PDF of a quote holds what the totals say, in any alphabet, over many pages."""

from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from crm.common import formats
from deals.quotes import pdf
from deals.quotes.services import NewLine

D = Decimal


def text_of(quote):
    pages = PdfReader(BytesIO(pdf.render(quote))).pages
    return [" ".join(page.extract_text().split()) for page in pages]


@pytest.mark.parametrize(
    ("currency", "prices", "total"),
    [("EUR", (33_33, 19_99), "€152.53"), ("JPY", (3_333, 1_999), "¥"), ("KWD", (1_005, 7), "KWD")],
)
def test_the_pdf_says_the_same_numbers(draft, currency, prices, total):
    quote = draft(
        NewLine("Licence", D(3), prices[0], tax_rate=D(19), discount_percent=D(10)),
        NewLine("Support", D("2.5"), prices[1], tax_rate=D(7)),
        currency=currency,
        discount_percent=D(5),
    )
    sums = quote.totals()

    (text,) = text_of(quote)

    numbers = [sums.subtotal, -sums.discount, sums.net, sums.total, *sums.lines, *prices]
    numbers += [tax.tax for tax in sums.taxes] + [tax.base for tax in sums.taxes]
    for minor in numbers:
        assert formats.money(minor, currency).replace("\xa0", " ") in text
    assert total in text
    assert "Tax 19 % on" in text
    assert "Tax 7 % on" in text


def test_the_pdf_names_both_sides_the_number_the_dates_and_the_terms(draft, limit):
    quote = draft(terms="Payable in 30 days.\nCourt: Berlin")

    (text,) = text_of(quote)

    for words in ("Acme", "Berlin", "Feld & Söhne", "Marcus Feld", quote.number, "Valid until",
                  formats.day(quote.valid_until), "Rita Rep", "in 30 days.", "Draft"):  # fmt: skip
        assert words in text


def test_many_lines_break_over_pages_with_a_heading_on_each(draft):
    long = "A very long name of a service that wraps over several lines of its column " * 5
    lines = [NewLine(f"{n}: {long}"[:500], D(n), 12_345_678, tax_rate=D(19)) for n in range(1, 61)]
    quote = draft(*lines)

    pages = text_of(quote)

    assert len(pages) > 3
    assert all("Unit price" in page for page in pages[:-1])
    assert f"Page 2 of {len(pages)}" in pages[1]
    assert formats.money(quote.total_minor, "EUR") in pages[-1]


@pytest.mark.parametrize(
    "name", ["株式会社日本", "Жёлтый Ёж ООО", "Ελλάδα ΑΕ", "한국 주식회사", "Łódź–Đà Nẵng", "שלום"]
)
def test_any_alphabet_is_set(draft, name):
    quote = draft(NewLine(name, D(1), 1), customer=name)

    (text,) = text_of(quote)

    assert text.count(name) == 2


def test_a_long_word_breaks_inside_its_column(draft):
    word = "W" * 300
    quote = draft(NewLine(word, D(1), 123_45), customer="Donaudampfschiff" * 8)

    (text,) = text_of(quote)

    pieces = [len(part) for part in text.replace("\u200b", "").split() if set(part) == {"W"}]
    assert sum(pieces) == 300
    assert max(pieces) < 60
    assert "€123.45" in text


def test_words_are_never_taken_for_markup(draft):
    name = '#panic("x") *bold* $x$ <label> @ref [x] \\ "q"'
    quote = draft(NewLine(name, D(1), 1))

    (text,) = text_of(quote)

    assert name in text
