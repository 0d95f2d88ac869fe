"""ROI and costs of three known campaigns equal hand arithmetic: page, file and command alike."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from campaigns.metrics import roi
from campaigns.models import Campaign, Spend
from crm.funnel import ledger
from crm.stages import PATH, Stage
from crm.users.models import Role
from deals.models import Deal
from tests.factories import CampaignFactory, DealFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]

KNOWN = {
    # spend, leads, MQLs, customers, won: per lead, per MQL, per customer, ROI, by hand
    "Fair": (300_000, 4, 3, 2, 900_000, 75_000, 100_000, 150_000, 2.0),
    "Ads": (100_001, 3, 2, 1, 50_000, 33_334, 50_001, 100_001, -50_001 / 100_001),
    "Word of mouth": (None, 2, 1, 1, 40_000, None, None, None, None),
}
NUMBERS = (
    "spend", "leads", "mqls", "customers", "won", "cost_per_lead", "cost_per_mql",
    "cost_per_customer", "roi",
)  # fmt: skip


@pytest.fixture
def known_campaigns():
    for name, (spent, leads, mqls, customers, won, *_) in KNOWN.items():
        campaign = CampaignFactory(name=name)
        if spent is not None:
            Spend.objects.create(campaign=campaign, day="2026-01-05", amount_minor=spent + 500)
            Spend.objects.create(campaign=campaign, day="2026-02-05", amount_minor=-500)
        for number in range(leads):
            depth = 5 if number < customers else 1 if number < mqls else 0
            lead = LeadFactory(campaign=campaign)
            for step in PATH[1 : depth + 1]:
                ledger.move(lead, step, actor=None)
            if lead.stage == Stage.CUSTOMER:
                win(lead, won // customers)
        DealFactory(lead=LeadFactory(), amount_minor=7)


def win(lead, amount):
    deal = DealFactory(lead=lead, amount_minor=amount, currency="EUR")
    Deal.objects.filter(pk=deal.pk).update(
        status="won", closed_at=lead.created_at, closed_on=lead.created_at.date()
    )


def expected(name):
    return dict(zip(NUMBERS, KNOWN[name], strict=True))


def test_command_gives_the_numbers_worked_out_by_hand(known_campaigns):
    out = io.StringIO()

    call_command("report", "return", "--by", "campaign", "--format", "json", stdout=out)

    answer = json.loads(out.getvalue())
    rows = {row["name"]: {name: row[name] for name in NUMBERS} for row in answer["rows"]}
    assert rows == {name: expected(name) for name in KNOWN}
    assert answer["total"]["spend"] == 400_001
    assert answer["total"]["won"] == 990_000


def test_page_gives_the_numbers_worked_out_by_hand(known_campaigns, sign_in):
    client = sign_in(role=Role.MARKETER)
    for campaign in Campaign.objects.filter(name__in=KNOWN):
        page = client.get(campaign.get_absolute_url())

        found = page.context["found"]
        by_hand = expected(campaign.name)
        assert found.roi == by_hand["roi"]
        costs = (found.cost_per_lead, found.cost_per_mql, found.cost_per_customer)
        assert costs == tuple(by_hand[name] for name in NUMBERS[5:8])
        assert (found.spent, found.won) == (by_hand["spend"], by_hand["won"])
    text = client.get(Campaign.objects.get(name="Fair").get_absolute_url()).content.decode()
    assert all(words in text for words in ("€750.00", "€1,000.00", "€1,500.00", "200%"))


def test_file_gives_the_numbers_worked_out_by_hand(known_campaigns, sign_in):
    answer = sign_in(role=Role.MARKETER).get("/campaigns/export/")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = {row["campaign"]: row for row in csv.DictReader(io.StringIO(text))}
    for name in KNOWN:
        by_hand = expected(name)
        for number in ("leads", "mqls", "customers"):
            assert int(rows[name][number]) == by_hand[number]
        for number in ("spend", "won", "cost_per_lead", "cost_per_mql", "cost_per_customer"):
            minor = by_hand[number]
            words = "n/a" if minor is None else f"{minor / 100:.2f}"
            assert rows[name][number] == words
        share = by_hand["roi"]
        assert rows[name]["roi"] == ("n/a" if share is None else str(round(share, 4)))


def test_formulas_in_names_are_defused_in_the_file(sign_in):
    CampaignFactory(name="=1+1")

    answer = sign_in(role=Role.MARKETER).get("/campaigns/export/")

    assert b"'=1+1" in b"".join(answer.streaming_content)


def test_chosen_campaigns_alone_are_in_the_file(sign_in):
    chosen, _ = CampaignFactory(name="Chosen"), CampaignFactory(name="Other")

    answer = sign_in(role=Role.MARKETER).post("/campaigns/export/", {"ids": [chosen.pk]})

    text = b"".join(answer.streaming_content).decode()
    assert "Chosen" in text
    assert "Other" not in text


def test_return_by_channel_adds_up_its_campaigns(known_campaigns):
    out = io.StringIO()

    call_command("report", "return", "--by", "channel", "--format", "json", stdout=out)

    [row] = json.loads(out.getvalue())["rows"]
    assert (row["spend"], row["leads"]) == (400_001, 9)


@pytest.mark.parametrize("asked", [["--by", "rep"], ["--from", "2026-01-01"]])
def test_what_the_return_report_cannot_answer_is_said(asked):
    with pytest.raises(CommandError, match="[Rr]eturn"):
        call_command("report", "return", *asked)


def test_money_is_hidden_from_who_does_not_see_all_leads(known_campaigns, sign_in):
    page = sign_in(UserFactory(role=Role.REP)).get("/campaigns/")

    assert {row["found"].won for row in page.context["rows"]} == {None}
    assert {row["found"].roi for row in page.context["rows"]} == {None}


def test_a_deal_in_another_currency_is_named_and_not_added():
    from campaigns.metrics import results

    campaign = CampaignFactory()
    lead = LeadFactory(campaign=campaign)
    DealFactory(lead=lead, amount_minor=500, currency="EUR")
    DealFactory(lead=lead, amount_minor=900, currency="USD")

    found = results(Campaign.objects.with_spent(), None)[campaign.pk]

    assert found.worth is not None
    assert (found.pipeline, found.worth.foreign) == (500, 1)


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_return_is_minus_one_without_a_win_and_nought_when_the_money_is_back(won, spent):
    assert roi(0, spent) == -1
    assert roi(spent, spent) == 0
    assert roi(won, None) is roi(won, 0) is None
    share = roi(won, spent)
    assert share is not None
    assert abs((share + 1) * spent - won) <= 1e-6 * max(won, spent)
