"""What the board shows: the right cards in the right order, true sums, few queries."""

import random
from collections import defaultdict
from datetime import timedelta

import pytest
import time_machine
from django.db.models import Sum
from django.utils.timezone import now

from crm.activities.models import FollowUp
from deals import board, cards
from deals.models import Deal, Pipeline
from deals.status import BUCKETS, TAGS, bucket_of
from tests.factories import DealFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return Pipeline.objects.get()


def scatter(pipeline, count, *, seed=7):
    """Make deals of every kind: stages, currencies, next activities, idle times, closed ones."""
    chance, lead, at = random.Random(seed), LeadFactory(), now()
    stages = list(pipeline.stages.all())
    deals = Deal.objects.bulk_create(
        Deal(
            name=f"Deal {n}",
            lead=lead,
            pipeline=pipeline,
            stage=chance.choice(stages),
            stage_since=at - timedelta(days=chance.randrange(40), minutes=n),
            last_activity_at=chance.choice([None, at - timedelta(days=chance.randrange(30))]),
            amount_minor=chance.randrange(1_000_000),
            currency=chance.choice(["EUR", "EUR", "USD", "JPY"]),
            status=(status := chance.choice(["open"] * 5 + ["won"])),
            closed_at=None if status == "open" else at,
            closed_on=None if status == "open" else at.date(),
        )
        for n in range(count)
    )
    for deal in deals:
        for _ in range(chance.randrange(3)):
            FollowUp.objects.create(
                lead=lead,
                deal=deal,
                title="Call",
                due_at=at + timedelta(hours=chance.randrange(-72, 96)),
                done_at=chance.choice([None, None, at]),
            )
    return deals


def in_order(deals, at):
    return sorted(
        deals, key=lambda d: (BUCKETS.index(bucket_of(d.next_due, at)), -d.stage_since.timestamp())
    )


def test_each_column_begins_with_its_most_urgent_deals(pipeline):
    scatter(pipeline, 300)

    columns = board.board(pipeline, Deal.objects.all(), currency="EUR")

    for column in columns:
        everything = Deal.objects.open().for_cards().filter(stage=column.stage)
        expected = [deal.pk for deal in in_order(everything, cards.clock())]
        assert column.count == len(expected) > board.CARDS
        assert [card.deal.pk for card in column.cards] == expected[: board.CARDS]
        assert column.more


def test_more_goes_through_a_column_without_gap_or_repetition(pipeline):
    scatter(pipeline, 400)
    column = board.board(pipeline, Deal.objects.all(), currency="EUR")[0]

    seen, more = [card.deal.pk for card in column.cards], column.more
    while more:
        shown, more = board.more_cards(column.stage, Deal.objects.all(), more)
        seen += [card.deal.pk for card in shown]

    everything = Deal.objects.open().for_cards().filter(stage=column.stage)
    assert seen == [deal.pk for deal in in_order(everything, cards.clock())]


@pytest.mark.parametrize("text", ["", "x", "none~yesterday~1", "none~2026-01-01~1", "gone~x~1"])
def test_a_broken_cursor_is_refused(pipeline, text):
    with pytest.raises(board.BadCursor):
        board.more_cards(pipeline.stages.all()[0], Deal.objects.all(), text)


def test_sums_of_a_column_are_kept_apart_by_currency(pipeline):
    scatter(pipeline, 200)
    expected = defaultdict(int)
    for deal in Deal.objects.open():
        expected[deal.stage_id, deal.currency] += deal.amount_minor

    columns = board.heads(pipeline, Deal.objects.all(), currency="EUR")

    found = {(c.stage.pk, a.currency): a.minor for c in columns for a in c.amounts}
    assert found == dict(expected)
    assert all(column.amounts[0].currency == "EUR" for column in columns)
    assert sum(column.count for column in columns) == Deal.objects.open().count()


def test_the_weighted_sum_follows_the_probability_of_the_stage(pipeline):
    stage = pipeline.stages.get(name="Proposal")
    DealFactory(stage=stage, amount_minor=100_001)
    DealFactory(stage=stage, amount_minor=200_000)

    amount = board.heads(pipeline, Deal.objects.all(), currency="EUR")[3].amounts[0]

    assert (amount.minor, amount.weighted) == (300_001, 180_001)


def test_the_board_needs_three_queries_however_many_deals(
    pipeline, django_assert_num_queries, monkeypatch
):
    for count in (5, 100):
        scatter(pipeline, count, seed=count)

        with django_assert_num_queries(4):  # stages, sums, ids, cards
            board.board(pipeline, Deal.objects.all(), currency="EUR")


@time_machine.travel("2026-11-24T12:00:00Z", tick=False)  # late at night little is due today
def test_the_tag_that_a_filter_finds_is_the_one_that_the_card_shows(pipeline):
    scatter(pipeline, 200)
    at = cards.clock()
    shown = defaultdict(set)
    for deal in Deal.objects.open().for_cards():
        shown[cards.card(deal, at).status.key].add(deal.pk)

    for tag in TAGS:
        found = set(Deal.objects.all().with_tag(tag, at).values_list("pk", flat=True))
        assert found == shown[tag], tag
    assert all(shown[tag] for tag in TAGS)


def test_the_line_above_the_board_is_the_sum_of_its_columns_and_of_the_database(pipeline):
    scatter(pipeline, 300)
    columns = board.heads(pipeline, Deal.objects.all(), currency="EUR")

    found = {amount.currency: amount for amount in board.totals(columns)}

    sums = Deal.objects.open().values_list("currency").annotate(Sum("amount_minor"))
    assert {code: amount.minor for code, amount in found.items()} == dict(sums)
    for code, amount in found.items():
        shown = [a.weighted for c in columns for a in c.amounts if a.currency == code]
        assert amount.weighted == sum(shown)
