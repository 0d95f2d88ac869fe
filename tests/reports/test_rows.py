import pytest
from django.core.exceptions import BadRequest

from crm.reports import rows
from crm.reports.rows import RowSet
from crm.users.models import Role
from deals.models import Deal
from leads.models import Lead
from tests.factories import DealFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def deals_of(monkeypatch):
    """The row set of an owner's deals, and that of leads of one name."""
    deals = RowSet(
        "deals-of",
        "deals",
        lambda params, user: Deal.objects.filter(owner=params.number("rep")),
        lambda params: "His deals",
    )
    leads = RowSet(
        "leads-called",
        rows.LEADS,
        lambda params, user: Lead.objects.filter(name=params.text("name")),
        lambda params: f"Called {params.text('name')}",
    )
    monkeypatch.setattr(rows, "SETS", {deals.name: deals, leads.name: leads})


def test_a_word_comes_back_as_it_was_written(deals_of):
    word = rows.word_of("leads-called", {"name": "A~B=C & 50 %", "empty": ""})

    chosen, params = rows.read(word)

    assert (chosen.name, params) == ("leads-called", {"name": "A~B=C & 50 %"})


@pytest.mark.parametrize("word", ["", "nothing", "deals-of~rep", "deals-of~rep=%00"])
def test_a_damaged_word_is_refused(deals_of, word):
    with pytest.raises(BadRequest):
        rows.read(word)


@pytest.mark.parametrize("word", ["x", "9" * 19, "1.5"])
def test_a_parameter_is_checked_by_who_reads_it(word):
    with pytest.raises(BadRequest):
        rows.Params(rep=word).number("rep")
    with pytest.raises(BadRequest):
        rows.Params({"from": word}).day("from")


def test_the_list_shows_how_many_and_what_they_amount_to(deals_of, organisation, sign_in):
    rep = UserFactory(role=Role.REP)
    for amount in (100_00, 250_00):
        DealFactory(owner=rep, team=rep.team, amount_minor=amount, currency="EUR")
    DealFactory(amount_minor=999_00)

    page = sign_in(role=Role.VIEWER).get(rows.url_of("deals-of", rep=rep.pk))

    assert (page.context["count"], page.context["sums"]) == (2, [("EUR", 350_00)])
    assert "2 deals" in page.content.decode()


def test_the_row_scope_holds_behind_a_number_too(deals_of, organisation, sign_in):
    rep = UserFactory(role=Role.REP)
    DealFactory(owner=rep, team=rep.team)
    url = rows.url_of("deals-of", rep=rep.pk)

    assert sign_in(rep).get(url).context["count"] == 1
    assert sign_in(role=Role.REP).get(url).context["count"] == 0


def test_the_lead_list_filters_by_a_row_set(deals_of, organisation, sign_in):
    LeadFactory(name="Ana")
    LeadFactory(name="Ben")

    page = sign_in(role=Role.VIEWER).get(rows.url_of("leads-called", name="Ana"))

    assert page.context["count"] == 1
    assert "Called Ana" in page.content.decode()


def test_a_link_of_another_kind_is_damaged(deals_of, organisation, sign_in):
    client = sign_in(role=Role.VIEWER)

    assert client.get("/leads/?rows=deals-of~rep=1").status_code == 400
    assert client.get("/reports/rows/handoffs/?rows=deals-of~rep=1").status_code == 400


def test_the_file_has_the_rows_of_the_list(deals_of, organisation, sign_in):
    rep = UserFactory(role=Role.REP)
    DealFactory(owner=rep, team=rep.team, name="=Pilot")
    url = rows.url_of("deals-of", rep=rep.pk).replace("/deals/?", "/deals.csv?")

    answer = sign_in(role=Role.VIEWER).get(url)

    assert "'=Pilot" in b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize("many", [3, 30])
def test_a_list_costs_the_same_queries_however_long(
    deals_of, organisation, sign_in, django_assert_max_num_queries, many
):
    rep = UserFactory(role=Role.REP)
    for _ in range(many):
        DealFactory(owner=rep, team=rep.team)
    client = sign_in(role=Role.VIEWER)

    with django_assert_max_num_queries(8):
        client.get(rows.url_of("deals-of", rep=rep.pk))
