import pytest
from django.utils.timezone import now

from crm.activities.correcting import correct
from crm.activities.models import Activity
from crm.activities.services import log_activity
from crm.search.services import search
from crm.users.models import Role
from tests.factories import (
    CampaignFactory,
    CompanyFactory,
    DealFactory,
    LeadFactory,
    MessageFactory,
    QuoteFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def labels(user, text):
    return {hit.label for group in search(user, text) for hit in group.hits}


def found(user, text):
    """Return the details of hits by kind, of what people wrote too."""
    groups = search(user, text, written=True)
    return {group.name: [hit.detail for hit in group.hits] for group in groups}


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


def test_notes_mails_and_quotes_are_found_as_their_reader_sees_them(organisation):
    rep, other = UserFactory(), UserFactory()
    lead = LeadFactory(name="Ana Costa", owner=rep)
    deal = DealFactory(name="Frühjahr", lead=lead, owner=rep)
    log_activity(
        lead, Activity.Kind.NOTE, actor=rep, text="Wants it blue.\nBudget: Ängström GmbH pays."
    )
    MessageFactory(lead=lead, subject="Your budget for Angstrom", text="Hello,\nsee attached.")
    quote = QuoteFactory(deal=deal)

    assert found(rep, "angstrom budget") == {
        "Notes": ["Budget: Ängström GmbH pays."],
        "E-mails": ["Ana Costa · Hello,"],
    }
    assert found(rep, "fruhjahr")["Quotes"] == ["Frühjahr · Draft"]
    assert list(found(rep, quote.number.lower())) == ["Quotes"]
    assert found(other, "angstrom budget") == {}
    assert found(other, quote.number) == {}


def test_who_sees_only_the_deal_finds_what_was_noted_on_it(organisation):
    rep = UserFactory()
    lead = LeadFactory(name="Ana Costa", owner=UserFactory())
    deal = DealFactory(lead=lead, owner=rep)
    Activity.objects.create(lead=lead, deal=deal, kind="note", text="Plum terms", at=now())
    Activity.objects.create(lead=lead, kind="note", text="Plum secret", at=now())

    assert found(rep, "plum") == {"Notes": ["Plum terms"]}


def test_a_corrected_note_is_found_by_its_new_words(organisation):
    rep = UserFactory()
    lead = LeadFactory(owner=rep)
    note = log_activity(lead, Activity.Kind.NOTE, actor=rep, text="Monday", typed=True)

    correct(note, text="Tuesday")

    assert (list(found(rep, "monday")), list(found(rep, "tuesday"))) == ([], ["Notes"])


def test_everything_costs_one_query_for_each_kind(organisation, django_assert_num_queries):
    viewer = UserFactory(role=Role.VIEWER)
    for _ in range(3):
        lead = LeadFactory(name="Same Name")
        QuoteFactory(deal=DealFactory(name="Same deal", lead=lead))
        Activity.objects.create(lead=lead, kind="note", text="Same words", at=now())
        MessageFactory(lead=lead, subject="Same subject")

    with django_assert_num_queries(7):
        groups = search(viewer, "same", written=True)

    assert [group.name for group in groups[-3:]] == ["Notes", "E-mails", "Quotes"]


@pytest.mark.parametrize("words", ["Q-²", "q-00001-99999999999999999", "%", "_", "Q-0"])
def test_odd_words_find_nothing(words, organisation):
    Activity.objects.create(lead=LeadFactory(), kind="note", text="Plain", at=now())

    assert found(UserFactory(role=Role.VIEWER), words) == {}
