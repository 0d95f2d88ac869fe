"""What is remembered is what would be written anew: addresses, numbers, days."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from crm.common import formats
from crm.common.links import link


@pytest.mark.parametrize(
    ("view", "keys"),
    [
        ("leads:list", ()),
        ("leads:detail", (7,)),
        ("leads:field", (7, "owner")),
        ("reports:rows", ("deals",)),
        ("leads:detail", (7_000_000_001,)),
    ],
)
def test_a_link_is_what_django_reverses(view, keys):
    assert link(view, *keys) == link(view, *keys) == reverse(view, args=keys)


def test_a_link_to_nothing_is_refused_as_django_does():
    with pytest.raises(NoReverseMatch):
        link("leads:field", 7)


@given(
    value=st.one_of(st.integers(-(10**12), 10**12), st.decimals(-999, 999, places=3)),
    digits=st.integers(0, 3),
)
def test_a_number_is_written_in_the_language_of_the_moment(value, digits):
    here = formats.number(value, digits)

    with translation.override("de"):
        there = formats.number(value, digits)

    assert formats.number(value, digits) == here
    assert there.translate(str.maketrans(",.", ".,")) == here


def test_one_and_true_and_one_point_nought_are_written_alike():
    assert {formats.number(one) for one in (1, 1.0, Decimal("1.00"))} == {"1"}


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_a_day_names_its_month_and_year(day):
    number, month, year = formats.day(day).split()

    assert (int(number), int(year)) == (day.day, day.year)
    assert month == f"{day:%b}"
