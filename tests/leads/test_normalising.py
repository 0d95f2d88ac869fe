"""What people type is kept in one form, and found again however it is typed."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.common.folding import fold, search_key, search_words
from leads.normalising import (
    BadValue,
    domain_name,
    email_address,
    many_lines,
    one_line,
    phone_number,
)

TEXTS = st.text(max_size=80)


@given(TEXTS)
def test_keeping_twice_changes_nothing(text):
    try:
        kept = one_line(text)
    except BadValue:
        return

    assert one_line(kept) == kept == " ".join(kept.split())
    assert unicodedata.is_normalized("NFC", kept)


@given(TEXTS)
@example("\N{PARENTHESIZED LATIN CAPITAL LETTER A}")
def test_fold_text_is_settled_and_harmless(text):
    found = fold(text)

    assert fold(found) == found
    assert "\x00" not in found
    assert found == " ".join(found.split())


@given(TEXTS)
def test_whoever_types_the_stored_name_finds_it(text):
    stored = search_key("someone", text, "somewhere")

    assert all(word in stored for word in search_words(text))


@given(st.sampled_from(["Zoé Müller", "ÖSTERREICH AG", "Łukasz Żak", "Ñandú"]))
def test_composed_and_decomposed_spelling_are_searched_alike(name):
    decomposed = unicodedata.normalize("NFD", name.swapcase())

    assert search_words(decomposed) == search_words(name)


@given(TEXTS)
def test_an_address_that_is_kept_is_lower_case_and_clean(text):
    try:
        address = email_address(f"{text}@example.com")
    except BadValue:
        return

    assert address == address.lower() == email_address(address)
    assert not set(address) & set(' \x00\u202e<>"')
    assert not address.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("030/1234567", "DE", "+49301234567"),
        ("+1 (212) 555-2368", "", "+12125552368"),
        ("212 555 2368 ext. 12", "US", "+12125552368 ext 12"),
        ("12345", "", "12345"),
        ("", "DE", ""),
    ],
)
def test_phone_number_is_kept(typed, country, kept):
    assert phone_number(typed, country) == kept


@pytest.mark.parametrize("typed", ["ask Ana", "=1+1", "1e5", "12\u202e34", "12"])
def test_what_is_no_phone_number_is_refused(typed):
    with pytest.raises(BadValue):
        phone_number(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("https://www.Acme.com/about", "acme.com"), ("acme.co.uk", "acme.co.uk"), ("", "")],
)
def test_domain_is_the_bare_host(typed, kept):
    assert domain_name(typed) == kept


def test_what_is_no_domain_is_refused():
    with pytest.raises(BadValue):
        domain_name("acme")


def test_lines_are_kept_and_their_ends_trimmed():
    assert many_lines("One  \r\ntwo\n\n") == "One\ntwo"


def test_too_long_a_value_is_refused():
    with pytest.raises(BadValue, match="longer than 200"):
        one_line("x" * 201)
