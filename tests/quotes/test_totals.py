"""The arithmetic of a quote: by hand in three currencies, and what holds for every quote."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.quotes.rules import UNLISTED, Limit
from deals.quotes.totals import Discount, Line, TaxSum, share_out, totals

D = Decimal


def test_euros_with_two_tax_rates_a_line_discount_and_a_share_off_the_whole():
    lines = [
        Line(D("3"), 33_33, Discount(percent=D(10)), D(19)),  # 99.99 - 10.00 = 89.99
        Line(D("2.5"), 19_99, tax_rate=D(7)),  # 49.975 → 49.98
    ]

    sums = totals(lines, Discount(percent=D(5)))

    # 139.97; 5 % is 6.9985 → 7.00, shared 4.50046… and 2.49953…: 4.50 and 2.50
    assert sums.lines == [89_99, 49_98]
    assert (sums.subtotal, sums.discount, sums.net) == (139_97, 7_00, 132_97)
    # 85.49 × 19 % = 16.2431 → 16.24; 47.48 × 7 % = 3.3236 → 3.32
    assert sums.taxes == [TaxSum(D(19), 85_49, 16_24), TaxSum(D(7), 47_48, 3_32)]
    assert (sums.tax, sums.total) == (19_56, 152_53)


def test_yen_have_no_decimals():
    lines = [
        Line(D("1.5"), 333, tax_rate=D(10)),  # 499.5 → 500
        Line(D("3"), 1_000, Discount(amount=500), D(8)),  # 2500
    ]

    sums = totals(lines, Discount(amount=100))

    # 100 shared by 500 to 2500: 16.67 and 83.33 → 17 and 83
    assert sums.lines == [500, 2_500]
    # 483 × 10 % = 48.3 → 48; 2417 × 8 % = 193.36 → 193
    assert sums.taxes == [TaxSum(D(10), 483, 48), TaxSum(D(8), 2_417, 193)]
    assert (sums.subtotal, sums.net, sums.tax, sums.total) == (3_000, 2_900, 241, 3_141)


def test_kuwaiti_dinars_have_three_decimals():
    lines = [
        Line(D("0.333"), 12_345, Discount(percent=D("12.5")), D(5)),  # 4.110885 → 4.111 - 0.514
        Line(D("7"), 1_005, tax_rate=D(0)),  # 7.035
    ]

    sums = totals(lines, Discount(percent=D("2.5")))

    # 3.597 + 7.035 = 10.632; 2.5 % is 0.2658 → 0.266, shared 0.08999… and 0.17600…: 90 and 176
    assert sums.lines == [3_597, 7_035]
    assert (sums.subtotal, sums.discount, sums.net) == (10_632, 266, 10_366)
    # 3.507 × 5 % = 0.17535 → 0.175
    assert sums.taxes == [TaxSum(D(5), 3_507, 175), TaxSum(D(0), 6_859, 0)]
    assert (sums.tax, sums.total) == (175, 10_541)


def test_a_half_is_rounded_up():
    assert totals([Line(D("0.5"), 1)]).total == 1
    assert totals([Line(D("1"), 100, Discount(percent=D("0.5")))]).lines == [99]


def test_no_discount_is_greater_than_what_it_is_taken_from():
    sums = totals([Line(D(1), 100, Discount(amount=500))], Discount(amount=900))

    assert (sums.lines, sums.net, sums.total) == ([0], 0, 0)


def test_a_quote_without_lines_comes_to_nothing():
    sums = totals([], Discount(amount=100))

    assert (sums.total, sums.taxes, sums.given_percent) == (0, [], 0)


def test_a_lowered_price_counts_as_a_discount():
    sums = totals([Line(D(2), 80, list_price=100)])

    assert (sums.given, sums.given_percent) == (40, 20)


percents = st.decimals(0, 100, places=2)
minor = st.integers(0, 10**9)
discounts = st.builds(Discount, percent=percents) | st.builds(Discount, amount=minor)
lines = st.builds(
    Line,
    quantity=st.decimals("0.001", 10_000, places=3),
    unit_price=minor,
    discount=discounts,
    tax_rate=st.sampled_from([D(0), D(7), D("8.1"), D(19)]),
)


@given(st.lists(lines, max_size=12), discounts)
def test_all_sums_are_exact(lines, discount):
    sums = totals(lines, discount)

    assert sum(sums.lines) == sums.subtotal
    assert sum(tax.base for tax in sums.taxes) == sums.net == sums.subtotal - sums.discount
    assert sums.total == sums.net + sum(tax.tax for tax in sums.taxes)
    assert 0 <= sums.net <= sums.subtotal
    assert all(tax.base >= 0 for tax in sums.taxes)
    assert sums.given == sums.at_list - sums.net >= 0


@given(st.lists(lines, max_size=12), discounts)
def test_each_tax_is_within_half_a_unit_of_its_rate(lines, discount):
    for tax in totals(lines, discount).taxes:
        assert abs(tax.tax - tax.base * tax.rate / 100) <= D("0.5")


@given(st.lists(minor, min_size=1, max_size=9), st.floats(0, 1))
def test_shares_add_up_and_are_near_their_exact_part(weights, part):
    amount = int(sum(weights) * part)

    shares = share_out(amount, weights)

    assert sum(shares) == (amount if sum(weights) else 0)
    for share, weight in zip(shares, weights, strict=True):
        assert 0 <= share <= weight
        assert abs(share - amount * weight / max(1, sum(weights))) <= 1


@pytest.mark.parametrize(
    ("limit", "currency", "asked"),
    [
        (Limit(D(10), None, "EUR"), "EUR", True),
        (Limit(D(20), None, "EUR"), "EUR", False),
        (Limit(None, 19, "EUR"), "EUR", True),
        (Limit(None, 20, "EUR"), "EUR", False),
        (Limit(None, 20, "EUR"), "JPY", True),
        (Limit(D(20), 5, "EUR"), "JPY", False),
        (Limit(None, None, "EUR"), "EUR", False),
    ],
)
def test_a_manager_is_asked_above_the_limit(limit, currency, asked):
    sums = totals([Line(D(1), 100, Discount(percent=D(20)), list_price=100)])

    assert bool(limit.reasons(sums, currency)) is asked


@pytest.mark.parametrize(
    ("limit", "currency", "asked"),
    [
        (Limit(D(10), None, "EUR"), "EUR", True),
        (Limit(D(10), None, "EUR", 99), "EUR", True),
        (Limit(D(10), None, "EUR", 100), "EUR", False),
        (Limit(D(10), None, "EUR", 100), "JPY", True),
        (Limit(D(10), None, "EUR", None), "EUR", False),
        (Limit(None, None, "EUR"), "EUR", False),
    ],
)
def test_lines_without_a_list_price_have_a_limit_of_their_own(limit, currency, asked):
    sums = totals([Line(D(1), 100), Line(D(1), 100, list_price=100)])

    assert limit.reasons(sums, currency) == ([UNLISTED] if asked else [])
