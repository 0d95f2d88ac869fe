"""The negotiation log: what was offered, what was given, and what for."""

import pytest
from django.utils.timezone import localdate, now

from crm.activities.timeline import read_page
from deals.negotiation import services
from deals.negotiation.models import Entry
from deals.negotiation.services import Given
from tests.factories import DealFactory, LeadFactory, QuoteFactory, TeamFactory, UserFactory


@pytest.fixture
def rep(organisation):
    return UserFactory(name="Rita Rep", team=TeamFactory())


@pytest.fixture
def deal(rep):
    return DealFactory(lead=LeadFactory(owner=rep), owner=rep, team=rep.team)


@pytest.fixture
def offer(deal, rep):
    def make(**values):
        given = {"day": localdate(), "at": now(), "side": "us", "currency": "EUR"} | values
        return services.log_entry(deal, actor=rep, **given)

    return make


def test_what_was_given_is_summed_where_a_worth_is_stated(deal, offer):
    offer(concession="Training", concession_minor=50_000, status="accepted")
    offer(concession="Longer payment", status="accepted")
    offer(concession="5 % off", concession_minor=20_000)
    offer(concession="10 % off", concession_minor=90_000, status="declined")
    offer(concession="Free year", concession_minor=70_000, status="withdrawn")
    offer(side="them", concession="Two-year term", concession_minor=30_000, status="accepted")

    assert services.given_in(deal) == [
        Given("us", "EUR", accepted=50_000, open=20_000, unpriced=1),
        Given("them", "EUR", accepted=30_000, open=0, unpriced=0),
    ]


def test_an_open_offer_is_answered_once(offer):
    entry = offer(terms="30 days")

    assert services.answer_entry(entry, Entry.Status.ACCEPTED)
    assert not services.answer_entry(entry, Entry.Status.DECLINED)
    assert Entry.objects.get().status == "accepted"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_day_of_an_offer_is_the_same_for_whoever_reads_it(sign_in, rep, deal, zone):
    rep.time_zone = "Asia/Tokyo"
    rep.save()
    client = sign_in(rep)
    client.post(f"/deals/{deal.pk}/negotiation/new/", {
        "side": "us", "day": "2026-01-05", "currency": "EUR", "status": "open", "terms": "30 days",
    })  # fmt: skip
    reader = UserFactory(role="admin", time_zone=zone)

    page = sign_in(reader).get(f"/deals/{deal.pk}/negotiation/").content.decode()

    assert "5 Jan 2026" in page
    form = sign_in(reader).get(f"/negotiation/{Entry.objects.get().pk}/").content.decode()
    assert 'value="2026-01-05"' in form


def test_offers_show_in_the_timeline(deal, offer):
    offer(amount_minor=900_000, concession="Training", in_return="a signature this month")

    item = read_page(deal.lead, type="negotiation").items[0]

    assert item.title == "Offer: €9,000.00"
    assert item.text == "Given: Training for a signature this month"


def test_a_counter_offer_is_written_with_its_quote(sign_in, rep, deal):
    quote = QuoteFactory(deal=deal)

    sign_in(rep).post(f"/deals/{deal.pk}/negotiation/new/", {
        "side": "them", "day": "2026-01-01", "amount": "8,500", "currency": "EUR",
        "status": "open", "concession": "Two years", "worth": "500", "quote": quote.pk,
    })  # fmt: skip

    entry = Entry.objects.get()
    assert (entry.side, entry.amount_minor, entry.concession_minor) == ("them", 850_000, 50_000)
    assert entry.quote == quote


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({}, "Say what was offered"),
        ({"worth": "5"}, "Say what it is"),
        ({"terms": "x", "day": "2199-12-31"}, "in the future"),
        ({"terms": "x", "amount": "much"}, "Enter an amount"),
    ],
)
def test_a_fault_is_said(sign_in, rep, deal, values, fault):
    data = {"side": "us", "day": "2026-01-01", "currency": "EUR", "status": "open"} | values

    answer = sign_in(rep).post(f"/deals/{deal.pk}/negotiation/new/", data)

    assert answer.status_code == 422
    assert fault in answer.content.decode()
    assert not Entry.objects.exists()


def test_the_quote_of_another_deal_cannot_be_linked(sign_in, rep, deal):
    data = {"side": "us", "day": "2026-01-01", "currency": "EUR", "status": "open", "terms": "x",
            "quote": QuoteFactory().pk}  # fmt: skip

    answer = sign_in(rep).post(f"/deals/{deal.pk}/negotiation/new/", data)

    assert answer.status_code == 422


@pytest.mark.parametrize("count", [5, 100])
def test_the_log_costs_the_same_for_few_and_many(
    sign_in, rep, deal, offer, django_assert_max_num_queries, count
):
    for _ in range(count):
        offer(terms="30 days", quote=None)
    client = sign_in(rep)

    with django_assert_max_num_queries(25):
        answer = client.get(f"/deals/{deal.pk}/negotiation/")

    assert answer.content.decode().count("30 days") == count
