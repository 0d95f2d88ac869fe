"""Amounts as people type them."""

from contextlib import suppress

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from crm.common.money import CURRENCIES, LARGEST, NotMoney, exponent, parse_money, write_money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1234", "EUR", 123_400),
        ("1,234.50", "EUR", 123_450),
        ("1.234,50", "EUR", 123_450),
        ("1'234.50", "CHF", 123_450),
        ("1 234,5", "EUR", 123_450),
        ("1\u202f234,50 €", "EUR", 123_450),
        ("€1,234", "EUR", 123_400),
        ("EUR 12.5", "EUR", 1_250),
        ("12,34,567.00", "INR", 123_456_700),
        ("1.234.567", "EUR", 123_456_700),
        (".5", "EUR", 50),
        ("10.", "EUR", 1_000),
        ("1,234", "JPY", 1_234),
        ("¥1,234", "JPY", 1_234),
        ("1.234", "KWD", 1_234),
        ("1,234.567", "KWD", 1_234_567),
        ("0", "EUR", 0),
    ],
)
def test_an_amount_is_read_in_any_usual_manner(text, currency, minor):
    assert parse_money(text, currency, ".") == minor


@pytest.mark.parametrize(
    "text", ["", "abc", "-5", "1.2.3", "1,23,4", "1.234", "12.500", "1e5", "1-2", "½"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(NotMoney):
        parse_money(text, "EUR", ".")


def test_yen_has_no_decimals():
    with pytest.raises(NotMoney, match="JPY has no decimals"):
        parse_money("12.5", "JPY", ".")


def test_a_single_sign_is_read_as_the_language_writes_it():
    assert parse_money("1.234", "EUR", ",") == 123_400
    assert parse_money("1,234", "EUR", ".") == 123_400
    assert parse_money("1,50", "EUR", ".") == 150
    assert parse_money("1,50", "EUR", ",") == 150


@pytest.mark.parametrize("digits", [30, 5000])
def test_an_absurd_amount_is_refused(digits):
    with pytest.raises(NotMoney, match="too large"):
        parse_money("9" * digits, "EUR", ".")


@given(
    minor=st.integers(0, LARGEST),
    currency=st.sampled_from(CURRENCIES),
    language=st.sampled_from(["en", "de", "fr", "pt-br", "de-ch", "hi", "ja"]),
)
def test_what_is_written_is_read_back_in_every_language(minor, currency, language):
    with translation.override(language):
        assert parse_money(write_money(minor, currency), currency) == minor


@given(minor=st.integers(0, LARGEST), currency=st.sampled_from(CURRENCIES))
def test_plain_digits_mean_the_same_in_every_language(minor, currency):
    places = exponent(currency)
    whole, cents = divmod(minor, 10**places)
    plain = f"{whole}.{cents:0{places}d}" if places else str(whole)

    if places != 3:
        assert parse_money(plain, currency, ".") == parse_money(plain, currency, ",") == minor


@given(st.text(max_size=20))
def test_any_text_is_either_an_amount_or_refused(text):
    with suppress(NotMoney):
        assert 0 <= parse_money(text, "EUR", ".") <= LARGEST
