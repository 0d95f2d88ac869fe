"""Marketing's home: the month against its commitment, campaigns with their pace, the quarter."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from campaigns import commitments, counting, metrics
from campaigns.models import Campaign, Commitment, Spend
from campaigns.pace import Pace, share_over
from crm.common.business_time import BusinessCalendar
from crm.funnel import ledger
from crm.home import marketing
from crm.reports import keeping
from crm.stages import Stage
from crm.users.models import Role
from tests.factories import CampaignFactory, LeadFactory, UserFactory

OPEN = (time(9), time(17))
CALENDAR = BusinessCalendar(
    ZoneInfo("UTC"), (OPEN,) * 5 + (None, None), frozenset({date(2026, 5, 1)})
)
MAY = date(2026, 5, 1)
MIDDLE = datetime(2026, 5, 18, 10, tzinfo=UTC)
"""A Monday; of May's 20 working days 10 are over."""


def test_pace_counts_the_working_days_that_are_over():
    share = share_over(MAY, date(2026, 6, 1), date(2026, 5, 18), CALENDAR)

    assert share == 0.5
    assert Pace(12, 20, share).words == "2 ahead"
    assert Pace(7, 20, share).words == "3 behind"
    assert Pace(20, 20, share).words == "goal reached"
    assert share_over(date(2026, 5, 2), date(2026, 5, 4), date(2026, 5, 3), CALENDAR) == 0.5


def an_mql(**values):
    lead = LeadFactory(**values)
    ledger.move(lead, Stage.MQL, actor=None)
    return lead


@pytest.mark.django_db
class TestTheHome:
    @pytest.fixture(autouse=True)
    def in_may(self, organisation):
        with time_machine.travel(MIDDLE, tick=False):
            yield

    @pytest.mark.parametrize("summed", [False, True])
    def test_month_stands_against_its_commitment(self, summed):
        marketer, campaign = UserFactory(role=Role.MARKETER), CampaignFactory()
        an_mql(campaign=campaign)
        an_mql()
        Spend.objects.create(campaign=campaign, day=date(2026, 5, 4), amount_minor=50_00)
        commitments.commit({MAY: 20})
        if summed:
            keeping.rebuild()
            an_mql()  # not folded yet, and counted all the same

        found = commitments.standing(marketer, CALENDAR)

        assert (found.mqls, found.committed) == (2 + summed, 20)
        assert found.cost_per_mql == metrics.cost_per(50_00, 2 + summed)
        assert found.pace
        assert found.pace.expected == 10

    def test_kept_counts_of_campaigns_are_those_of_the_ledger(self):
        one, other = CampaignFactory(), CampaignFactory()
        an_mql(campaign=one)
        an_mql(campaign=other)
        counted = metrics.stage_counts([one.pk, other.pk], None)
        assert counting.kept() is None
        keeping.rebuild()
        an_mql(campaign=other)

        kept = metrics.stage_counts([one.pk, other.pk], None)

        assert kept[one.pk][Stage.MQL] == counted[one.pk][Stage.MQL] == 1
        assert kept[other.pk][Stage.LEAD] == counted[other.pk][Stage.LEAD] + 1 == 2

    def test_live_campaigns_show_their_pace(self, sign_in):
        campaign = CampaignFactory(
            status=Campaign.Status.LIVE, mql_goal=10, starts_on=MAY, ends_on=date(2026, 5, 31)
        )
        an_mql(campaign=campaign)

        page = sign_in(role=Role.MARKETER).get("/home/campaigns/").content.decode()

        assert str(campaign) in page
        assert "behind" in page

    def test_the_quarter_is_shown_to_who_leads_marketing(self, sign_in):
        assert 'id="quarter"' not in sign_in(role=Role.MARKETER).get("/").content.decode()

        leader = sign_in(role=Role.MARKETING_MANAGER)

        assert 'id="quarter"' in leader.get("/").content.decode()
        assert "Velocity" in leader.get("/reports/marketing-quarter/").content.decode()

    def test_commitments_are_set_and_taken_back(self, sign_in):
        leader = sign_in(role=Role.MARKETING_MANAGER)

        leader.post("/settings/commitments/", {"2026-05": "40", "2026-06": "45"})
        leader.post("/settings/commitments/", {"2026-05": "41"})

        assert list(Commitment.objects.values_list("month", "mqls")) == [(MAY, 41)]
        assert leader.post("/settings/commitments/", {"2026-05": "0"}).status_code == 422
        said = [str(change) for change in commitments.history()]
        assert said == [
            "June 2026: 45 → none",
            "May 2026: 40 → 41",
            "June 2026: none → 45",
            "May 2026: none → 40",
        ]
        assert "41" in leader.get("/settings/commitments/").content.decode()

    def test_saving_the_same_commitments_again_leaves_no_trace(self, organisation):
        commitments.commit({MAY: 40})

        assert commitments.commit({MAY: 40}) == []
        assert len(commitments.history()) == 1

    @pytest.mark.parametrize("count", [5, 100])
    @pytest.mark.parametrize("summed", [False, True])
    def test_home_takes_few_queries_however_many_leads(
        self, count, summed, sign_in, django_assert_max_num_queries
    ):
        client = sign_in(role=Role.MARKETING_MANAGER)
        campaign = CampaignFactory(status=Campaign.Status.LIVE)
        for number in range(count):
            with time_machine.travel(MIDDLE - timedelta(hours=number), tick=False):
                an_mql(campaign=campaign)
        if summed:
            keeping.rebuild()
        client.get("/")

        with django_assert_max_num_queries(12):
            client.get("/")
        with django_assert_max_num_queries(10):
            client.get("/home/campaigns/")

    def test_inbox_counts_nothing_twice(self):
        assert marketing.inbox(UserFactory(role=Role.MARKETER)) == marketing.Inbox(0, 0)
