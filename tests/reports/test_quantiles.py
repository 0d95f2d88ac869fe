from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.reports.quantiles import NOTHING, between, spreads
from deals.models import Deal
from tests.factories import DealFactory

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)

taken = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 500)), max_size=40)


def closed_after(hours: list[tuple[int, int]]) -> None:
    """Write a won deal for each (group, hours that it took); the group is its amount."""
    Deal.objects.all().delete()
    sample = DealFactory()
    Deal.objects.all().delete()
    Deal.objects.bulk_create(
        Deal(
            name="D", lead=sample.lead, pipeline=sample.pipeline, stage=sample.stage,
            currency="EUR", amount_minor=group, status="won",
            created_at=START, closed_at=START + timedelta(hours=took),
            closed_on=(START + timedelta(hours=took)).date(),
        )
        for group, took in hours
    )  # fmt: skip


def nine_of_ten(values: list[int]) -> int:
    """Return the least value that at least nine tenths of them do not exceed."""
    return next(v for v in sorted(values) if 10 * sum(w <= v for w in values) >= 9 * len(values))


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(hours=taken)
def test_the_database_finds_what_a_sorted_list_would(organisation, hours):
    closed_after(hours)

    found = spreads(Deal.objects.all(), between("created_at", "closed_at"), group="amount_minor")

    for group in {group for group, _ in hours}:
        values = [took for one, took in hours if one == group]
        spread = found.of(group)
        assert spread.rows == len(values)
        assert spread.in_units(timedelta(hours=1)) == (median(values), nine_of_ten(values))
    every = [took for _, took in hours]
    if every:
        assert found.all.in_units(timedelta(hours=1)) == (median(every), nine_of_ten(every))
    else:
        assert found.all == NOTHING


def test_rows_without_an_end_are_left_out(organisation):
    DealFactory()

    found = spreads(Deal.objects.all(), between("created_at", "closed_at"), group="owner")

    assert found.all == NOTHING
    assert found.all.in_units(timedelta(days=1)) == (None, None)
