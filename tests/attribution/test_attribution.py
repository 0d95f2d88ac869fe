import csv
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Touch
from crm.common.periods import Period, before
from crm.funnel.models import StageEntry
from crm.reports.attribution import chosen
from crm.reports.attribution.counting import UNATTRIBUTED, share_out
from crm.reports.attribution.journeys import owed
from crm.reports.attribution.report import answer
from crm.reports.attribution.shares import MODELS
from crm.reports.questions import Question
from crm.stages import Stage
from crm.users.models import Role, Scope
from deals.models import Deal
from leads.models import Channel, Lead
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    DealFactory,
    LeadFactory,
    TouchFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def won(lead, *, on=28, amount=1000_00, opened=20, **fields):
    return DealFactory(
        lead=lead, status="won", closed_at=day(on), created_at=day(opened), amount_minor=amount,
        **fields,
    )  # fmt: skip


def qualified(lead, on):
    step = lead.transitions.first()
    StageEntry.objects.create(lead=lead, stage=Stage.MQL, at=day(on), transition=step)


def touched(lead, channel, *days, campaign=None):
    for number in days:
        TouchFactory(lead=lead, channel=channel, campaign=campaign, at=day(number))


def revenue(answer):
    return {row.label: {m: row.value(m) for m in MODELS} for row in answer.tables[0].rows}


@pytest.fixture
def ads():
    return ChannelFactory(name="Ads")


@pytest.fixture
def events():
    return ChannelFactory(name="Fairs")


def a_lead(**fields):
    """Return a lead with a step in the ledger to hang entries on."""
    from crm.funnel import ledger

    lead = LeadFactory(**fields)
    if not lead.transitions.exists():
        ledger.enter(lead, actor=None)
    return lead


def test_a_journey_of_four_touches_by_hand(ads, events):
    lead = a_lead()
    touched(lead, ads, 0, 14)
    touched(lead, events, 7, 21)
    qualified(lead, 8)
    won(lead, on=28, opened=22, amount=1500_00)

    found = revenue(answer(Question(period=MARCH, by="channel")))

    assert found["Ads"] == {
        "first": 1500_00, "last": 0, "linear": 750_00,
        "decay": 500_00,  # 1/15 + 4/15
        "u": 750_00,  # 40 % + 10 %
        "w": 600_00,  # 30 % + 10 %
    }  # fmt: skip
    assert found["Fairs"] == {
        "first": 0, "last": 1500_00, "linear": 750_00, "decay": 1000_00, "u": 750_00, "w": 900_00,
    }  # fmt: skip


def test_a_journey_whose_last_touch_came_after_the_close_by_hand(ads, events):
    lead = a_lead()
    touched(lead, ads, 0)
    touched(lead, events, 29)
    won(lead, on=28, amount=333_33)

    found = revenue(answer(Question(period=MARCH, by="channel")))

    assert found["Ads"] == dict.fromkeys(MODELS, 333_33)
    assert "Fairs" not in found


def test_two_deals_of_one_lead_have_their_own_journeys_by_hand(ads, events):
    lead = a_lead()
    touched(lead, ads, 0)
    touched(lead, events, 10)
    won(lead, on=5, amount=100_00, opened=2)
    won(lead, on=20, amount=200_00, opened=12)

    found = revenue(answer(Question(period=MARCH, by="channel")))

    assert found["Ads"]["linear"] == 100_00 + 100_00
    assert found["Fairs"]["linear"] == 100_00
    assert found["Fairs"]["last"] == 200_00


def test_a_lead_without_touches_counts_for_what_brought_it_in(ads):
    won(a_lead(channel=ads), amount=100_00)
    won(a_lead(channel=None, campaign=CampaignFactory()), amount=10_00)
    won(a_lead(channel=None, campaign=None), amount=1_00)

    found = answer(Question(period=MARCH, by="channel"))

    rows = {row.label: (row.value("touched"), row.value("first")) for row in found.tables[0].rows}
    assert rows == {"Ads": (1, 100_00), "(none)": (1, 10_00), "Unattributed": (1, 1_00)}


def test_unattributed_is_never_hidden(ads):
    won(a_lead(channel=ads))

    found = answer(Question(period=MARCH, by="channel"))

    assert found.tables[0].rows[-1].label == "Unattributed"
    assert found.tables[0].rows[-1].value("first") == 0


def test_a_touch_without_a_channel_has_its_campaigns(events):
    lead = a_lead()
    touched(lead, None, 1, campaign=CampaignFactory(channel=events))
    won(lead)

    assert revenue(answer(Question(period=MARCH, by="channel")))["Fairs"]["first"] == 1000_00


def test_foreign_amounts_count_as_deals_and_in_no_money(ads):
    won(a_lead(channel=ads), currency="USD")

    found = answer(Question(period=MARCH, by="channel"))

    assert found.tables[0].rows[0].value("first") == 0
    assert found.tables[1].rows[0].value("first") == 1


def test_open_deals_have_journeys_up_to_now(ads, events):
    lead = a_lead()
    touched(lead, ads, 0)
    touched(lead, events, 2)
    DealFactory(lead=lead, amount_minor=80_00, created_at=day(1))

    pipeline = answer(Question(period=MARCH, by="channel")).tables[2]

    assert {row.label: row.value("last") for row in pipeline.rows} == {
        "Ads": 0, "Fairs": 80_00, "Unattributed": 0,
    }  # fmt: skip


def test_the_period_before_stands_beside(ads):
    won(a_lead(channel=ads), amount=100_00)
    old = won(a_lead(channel=ads), amount=50_00)
    Deal.objects.filter(pk=old.pk).update(closed_at=day(-10), closed_on=day(-10).date())

    row = answer(Question(period=MARCH, by="channel", before=before(MARCH))).tables[0].rows[0]

    assert (row.cells["first"].value, row.cells["first"].before) == (100_00, 50_00)


def test_a_rep_sees_his_deals(ads):
    rita = UserFactory(role=Role.REP, scope=Scope.OWN)
    won(a_lead(channel=ads), owner=rita)
    won(a_lead(channel=ads))

    found = answer(Question(period=MARCH, by="channel", user=rita))

    assert found.tables[0].total.value("touched") == 1


journeys = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 40)), max_size=5),
        st.integers(0, 10**7),
        st.integers(-1, 2),
        st.booleans(),
    ),
    max_size=6,
)


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=journeys)
def test_every_model_shares_out_all_there_is_and_each_number_finds_its_deals(drawn):
    for model in (Touch, Deal):
        model.objects.all().delete()
    channels = [*Channel.objects.order_by("pk")[:3], None]
    for touches, amount, origin, is_own in drawn:
        lead = Lead.objects.create(name="L", channel=channels[origin], created_at=day(-1))
        for place, on in touches:
            TouchFactory(lead=lead, channel=channels[place], campaign=None, at=day(on))
        won(lead, amount=amount, currency="EUR" if is_own else "USD")

    groups = share_out(owed(Deal.objects.all()), "channel", "EUR")

    amounts = sum(amount for _, amount, _, is_own in drawn if is_own)
    for model in MODELS:
        assert sum(share.money[model] for share in groups.values()) == amounts
        assert sum(share.deals[model] for share in groups.values()) == len(drawn) * 1_000_000
    for group, share in groups.items():
        assert chosen.touched(Deal.objects.all(), "channel", group).count() == share.touched
    assert UNATTRIBUTED in groups


def test_imported_companies_without_touches_are_told_by_their_channels(tmp_path):
    leads, deals = tmp_path / "mqls.csv", tmp_path / "closed.csv"
    channels = ["paid_search"] * 3 + ["social"] * 2 + [""]
    with leads.open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["mql_id", "first_contact_date", "landing_page_id", "origin"])
        writer.writerows([f"m{n}", "01-02-2026", "page", c] for n, c in enumerate(channels))
    with deals.open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["mql_id", "seller_id", "won_date"])
        writer.writerows([f"m{n}", f"s{n}", "05-03-2026 10:00"] for n in (0, 1, 3, 5))
    call_command(
        "import_file", "leads", leads, "--map", "external_id=mql_id", "--map", "name=mql_id",
        "--map", "channel=origin", "--map", "mql_at=first_contact_date",
        "--date-format", "%d-%m-%Y",
    )  # fmt: skip
    call_command(
        "import_file", "deals", deals, "--map", "lead=mql_id", "--map", "external_id=seller_id",
        "--map", "won_at=won_date", "--date-format", "%d-%m-%Y %H:%M",
    )  # fmt: skip

    found = answer(Question(by="channel")).tables[1]

    rows = {row.key: row.value("linear") for row in found.rows}
    assert rows == {"paid_search": 2, "social": 1, "(unattributed)": 1}


@pytest.mark.parametrize("many", [2, 30])
def test_the_page_costs_few_queries_however_many_deals(
    sign_in, ads, events, django_assert_max_num_queries, many
):
    for _ in range(many):
        lead = a_lead(channel=ads)
        touched(lead, events, 1, 2)
        won(lead)
        DealFactory(lead=lead)
    client = sign_in(role=Role.VIEWER)

    with django_assert_max_num_queries(15):
        client.get("/reports/attribution/", {"period": "all"})
