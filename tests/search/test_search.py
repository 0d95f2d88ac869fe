import pytest

from crm.search.services import search
from crm.users.models import Role
from tests.factories import CampaignFactory, CompanyFactory, DealFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def labels(user, text):
    return {hit.label for group in search(user, text) for hit in group.hits}


def test_all_kinds_are_found_by_their_words():
    manager = UserFactory(role=Role.MARKETING_MANAGER)
    company = CompanyFactory(name="Northwind Trading")
    LeadFactory(name="Nora North", email="nora@example.com")
    DealFactory(name="North pole expedition")
    CampaignFactory(name="Go north")

    assert labels(manager, "NORTH") == {
        str(company),
        "Nora North",
        "North pole expedition",
        "Go north",
    }


def test_every_word_must_fit():
    viewer = UserFactory(role=Role.VIEWER)
    LeadFactory(name="Ana Costa")
    LeadFactory(name="Ana Lima")

    assert labels(viewer, "ana lim") == {"Ana Lima"}


def test_a_rep_never_finds_the_leads_and_deals_of_others():
    rep = UserFactory()
    LeadFactory(name="Secret Person", owner=UserFactory())
    DealFactory(name="Secret deal", owner=UserFactory())

    assert labels(rep, "secret") == set()


def test_one_letter_finds_nothing():
    LeadFactory(name="Xavier")

    assert labels(UserFactory(role=Role.VIEWER), "x") == set()


def test_a_search_costs_one_query_for_each_kind(django_assert_num_queries):
    viewer = UserFactory(role=Role.VIEWER)
    for _ in range(12):
        LeadFactory(name="Same Name", company=CompanyFactory())

    with django_assert_num_queries(4):
        groups = search(viewer, "same name")

    assert (len(groups[0].hits), groups[0].more) == (8, True)


def test_the_page_shows_what_was_found(organisation, sign_in):
    LeadFactory(name="Ana Costa")

    page = sign_in(role=Role.VIEWER).get("/search/", {"q": "costa"})

    assert "Ana Costa" in page.content.decode()


def test_the_palette_asks_nothing_for_actions(organisation, sign_in):
    LeadFactory(name="New Person")

    answer = sign_in(role=Role.VIEWER).get("/search/palette/", {"q": "> new"})

    assert answer.content.decode().strip() == ""
