from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns.models import Spend
from crm.common.periods import Period
from crm.reports.questions import NotAnswerable, Question
from crm.reports.returns.paying import influenced, paid_back
from crm.reports.returns.report import return_answer
from crm.users.models import Role
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    DealFactory,
    LeadFactory,
    TouchFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
BEGAN = date(2026, 1, 1)


def spent(campaign, *amounts):
    for number, amount in enumerate(amounts):
        Spend.objects.create(
            campaign=campaign, day=BEGAN + timedelta(days=30 * number), amount_minor=amount
        )


def won(campaign, amount, on, **fields):
    at = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=on)
    lead = LeadFactory(campaign=campaign)
    return DealFactory(lead=lead, status="won", closed_at=at, amount_minor=amount, **fields)


def row(name, by="campaign", user=None):
    found = return_answer(Question(by=by, user=user))
    return next(row for row in found.tables[0].rows if row.label == name)


def test_payback_is_when_the_won_amounts_reached_all_spend_by_hand():
    fair = CampaignFactory(name="Fair")
    spent(fair, 600_00, 400_00)
    won(fair, 700_00, on=40)
    won(fair, 300_00, on=91)
    won(fair, 5_000_00, on=200)

    assert row("Fair").value("payback") == pytest.approx(91 / (365.2425 / 12))


def test_until_then_it_says_how_much_is_back():
    fair = CampaignFactory(name="Fair")
    spent(fair, 1000_00)
    won(fair, 630_00, on=10)
    won(fair, 9_000_00, on=11, currency="USD")

    cell = row("Fair").cells["payback"]

    assert (cell.value, cell.note) == (None, "63% back")


def test_without_spend_nothing_is_paid_back():
    won(CampaignFactory(name="Free"), 100_00, on=1)

    cell = row("Free").cells["payback"]

    assert (cell.value, cell.note) == (None, "")


def test_a_programme_pays_back_as_a_whole():
    programme = CampaignFactory(name="Programme")
    parts = [CampaignFactory(parent=programme) for _ in range(2)]
    for part in parts:
        spent(part, 500_00)
    won(parts[0], 400_00, on=30)
    won(parts[1], 600_00, on=61)

    found = row("Programme", by="programme")

    assert found.value("payback") == pytest.approx(61 / (365.2425 / 12))
    assert found.value("spend") == 1000_00


def test_a_deal_is_influenced_once_by_whatever_touched_its_lead():
    channel = ChannelFactory()
    first, second = (CampaignFactory(channel=channel) for _ in range(2))
    deal = DealFactory(lead=LeadFactory(campaign=first), amount_minor=100_00)
    for campaign in (first, second, second):
        TouchFactory(lead=deal.lead, campaign=campaign)
    DealFactory(amount_minor=7_00)

    assert influenced("campaign", "EUR") == {first.pk: 100_00, second.pk: 100_00}
    assert influenced("channel", "EUR") == {channel.pk: 100_00}
    assert influenced("", "EUR") == {0: 100_00}


def test_campaigns_without_a_channel_are_one_group():
    for campaign in [CampaignFactory(channel=None) for _ in range(2)]:
        spent(campaign, 50_00)
        won(campaign, 50_00, on=20)

    assert paid_back("channel", "EUR")[None].months == pytest.approx(20 / (365.2425 / 12))
    assert row("No channel", by="channel").value("spend") == 100_00


def test_who_does_not_see_all_leads_learns_no_costs():
    fair = CampaignFactory(name="Fair")
    spent(fair, 1000_00)
    won(fair, 2000_00, on=10)

    found = row("Fair", user=UserFactory(role=Role.REP))

    costs = ("spend", "won", "roi", "payback", "pipeline", "influenced", "cost_per_lead")
    assert {found.value(key) for key in costs} == {None}


def test_a_period_is_refused_for_a_campaign_pays_off_late():
    with pytest.raises(NotAnswerable, match="all time"):
        return_answer(Question(by="campaign", period=Period(BEGAN, None)))


@pytest.mark.parametrize("many", [2, 25])
def test_the_page_costs_few_queries_however_many_campaigns(
    sign_in, django_assert_max_num_queries, many
):
    for campaign in [CampaignFactory() for _ in range(many)]:
        spent(campaign, 100_00)
        won(campaign, 100_00, on=3)
    client = sign_in(role=Role.VIEWER)

    with django_assert_max_num_queries(15):
        client.get("/reports/return/")


def test_the_panel_of_a_deal_shows_its_shares(sign_in):
    deal = DealFactory(lead=LeadFactory())
    bare = DealFactory(lead=LeadFactory(channel=None, campaign=None))
    for days in (1, 2):
        TouchFactory(lead=deal.lead, at=datetime.now(UTC) - timedelta(days=days))
    client = sign_in(role=Role.VIEWER)

    panel = client.get(f"/deals/{deal.pk}/attribution/").content.decode()
    empty = client.get(f"/deals/{bare.pk}/attribution/").content.decode()

    assert panel.count("50%") == 4  # linear and U-shaped, two touches each
    assert "Unattributed" in empty
