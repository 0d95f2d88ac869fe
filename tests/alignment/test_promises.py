"""What a side promises for a month or quarter: set by its managers, with its history."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from campaigns.models import Commitment
from crm.alignment import promises
from crm.alignment.measures import IN_TIME, MEASURES, MQLS, QUALITY
from crm.alignment.models import Promise
from crm.users.models import Role
from deals.forecast.spans import MONTH, QUARTER, Span
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
MAY, QUARTER_2 = Span(MONTH, date(2026, 5, 1)), Span(QUARTER, date(2026, 4, 1))
JUNE = Span(MONTH, date(2026, 6, 1))


@pytest.fixture(autouse=True)
def in_may():
    with time_machine.travel(datetime(2026, 5, 12, 10, tzinfo=UTC), tick=False):
        yield


def goal(measure: str, span: Span) -> float | None:
    return promises.promised([span]).goal(MEASURES[measure], span)


def test_a_month_without_a_rate_of_its_own_has_that_of_its_quarter():
    promises.set_promises(
        QUALITY, {QUARTER_2: Decimal(70), MAY: Decimal(75)}, by=UserFactory(name="Mira")
    )

    assert goal(QUALITY, MAY) == 0.75
    assert goal(QUALITY, JUNE) == 0.70
    assert goal(QUALITY, QUARTER_2) == 0.70


def test_a_quarter_without_a_rate_has_the_mean_of_its_months_once_all_are_set():
    months = [Span(MONTH, month) for month in QUARTER_2.months]

    promises.set_promises(IN_TIME, {months[0]: Decimal(80), months[1]: Decimal(90)}, by=None)
    assert goal(IN_TIME, QUARTER_2) is None

    promises.set_promises(IN_TIME, {months[2]: Decimal(85)}, by=None)
    assert goal(IN_TIME, QUARTER_2) == pytest.approx(0.85)


def test_mqls_of_a_quarter_are_the_sum_of_its_months():
    months = [Span(MONTH, month) for month in QUARTER_2.months]

    promises.set_promises(MQLS, dict(zip(months, (80, 85, None), strict=True)), by=None)
    assert goal(MQLS, QUARTER_2) is None

    promises.set_promises(MQLS, {months[2]: 90}, by=None)
    assert goal(MQLS, QUARTER_2) == 255
    assert Commitment.objects.get(month=date(2026, 6, 1)).mqls == 90


def test_each_change_leaves_who_made_it_before_and_after():
    sam, mira = UserFactory(name="Sam"), UserFactory(name="Mira")
    promises.set_promises(IN_TIME, {MAY: Decimal(90)}, by=sam)
    promises.set_promises(IN_TIME, {MAY: Decimal("92.5")}, by=sam)
    promises.set_promises(MQLS, {MAY: 80}, by=mira)
    promises.set_promises(IN_TIME, {MAY: None}, by=sam)

    told = [(c.measure.key, c.before, c.after, str(c.by)) for c in promises.history()]

    assert sorted(told) == [
        (IN_TIME, "90", "92.5", "Sam"),
        (IN_TIME, "92.5", "none", "Sam"),
        (IN_TIME, "none", "90", "Sam"),
        (MQLS, "none", "80", "Mira"),
    ]
    assert not Promise.objects.exists()


def test_the_same_again_leaves_no_trace():
    promises.set_promises(QUALITY, {MAY: Decimal(70)}, by=None)

    assert promises.set_promises(QUALITY, {MAY: Decimal("70.00")}, by=None) == 0
    assert len(promises.history()) == 1


class TestTheForm:
    def test_a_sales_manager_sets_what_sales_promises(self, sign_in):
        client = sign_in(role=Role.SALES_MANAGER)

        answer = client.post("/alignment/targets/in_time/", {"2026-05": "90", "2026-Q2": "88.5"})

        assert answer.status_code == 302
        assert goal(IN_TIME, MAY) == 0.9
        assert goal(IN_TIME, JUNE) == 0.885

    @pytest.mark.parametrize(
        ("role", "measure"),
        [(Role.SALES_MANAGER, "mqls"), (Role.MARKETING_MANAGER, "attempts")],
    )
    def test_nobody_sets_what_the_other_side_promises(self, sign_in, role, measure):
        client = sign_in(role=role)

        assert client.get(f"/alignment/targets/{measure}/").status_code == 403
        assert client.post(f"/alignment/targets/{measure}/", {"2026-05": "1"}).status_code == 403
        assert not promises.history()

    def test_what_is_no_share_is_refused_and_stays_in_the_field(self, sign_in):
        client = sign_in(role=Role.MARKETING_MANAGER)

        answer = client.post("/alignment/targets/quality/", {"2026-05": "140"})

        assert answer.status_code == 422
        assert 'value="140"' in answer.content.decode()
        assert not Promise.objects.exists()

    def test_there_is_no_seventh_promise(self, sign_in):
        assert sign_in(role=Role.ADMIN).get("/alignment/targets/beauty/").status_code == 404
