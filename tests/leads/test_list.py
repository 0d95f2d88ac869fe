"""The lead list: filters in the address, order, pages by key, tabs, and who sees what."""

import re

import pytest
from django.urls import reverse
from django.utils.timezone import now

from crm.stages import Stage
from crm.users.models import Role
from leads.filters import EXTRA_FILTERS, register_filter
from leads.models import Lead
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    CompanyFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
URL = reverse("leads:list")
HTMX = {"HTTP_HX_REQUEST": "true"}


def names(response):
    return [lead.name for lead in response.context["page"].rows]


@pytest.fixture
def manager(organisation, sign_in):
    return sign_in(role=Role.ADMIN)


def test_leads_are_shown_best_score_first(manager):
    LeadFactory(name="Low", score=10)
    LeadFactory(name="High", score=90)

    assert names(manager.get(URL)) == ["High", "Low"]


def test_rep_sees_only_his_leads_and_those_that_wait_in_his_team(organisation, sign_in):
    rep = UserFactory(team=TeamFactory())
    LeadFactory(name="His", owner=rep, team=rep.team)
    LeadFactory(name="Waiting", team=rep.team)
    LeadFactory(name="Other", owner=UserFactory(), team=rep.team)

    assert sorted(names(sign_in(rep).get(URL))) == ["His", "Waiting"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=COSTA", {"Ana Costa"}),
        ("q=acme+ana", {"Ana Costa"}),
        ("q=bob@", {"Bob"}),
        ("q=50%25", set()),
        ("stage=mql", {"Bob"}),
        ("stage=mql&stage=lead", {"Ana Costa", "Bob", "Ana 2"}),
        ("stage=lead,recycled", {"Ana Costa", "Ana 2"}),
        ("score_min=50", {"Bob"}),
        ("score_max=10", {"Ana 2"}),
        ("country=DE", {"Ana Costa"}),
        ("consent=yes", {"Bob"}),
        ("owner=none", {"Ana Costa", "Bob", "Ana 2"}),
        ("owner=me", set()),
        ("created_from=2026-01-01&created_to=2026-01-31", {"Ana 2"}),
    ],
)
def test_list_shows_what_the_filters_select(manager, query, found):
    LeadFactory(name="Ana Costa", company=CompanyFactory(name="ACME"), country="DE", score=20)
    bob = LeadFactory(name="Bob", email="bob@example.org", score=60, consent=True)
    Lead.objects.filter(pk=bob.pk).update(stage=Stage.MQL)
    old = LeadFactory(name="Ana 2", score=5)
    Lead.objects.filter(pk=old.pk).update(created_at=now().replace(2026, 1, 15))

    assert set(names(manager.get(f"{URL}?{query}"))) == found


def test_owner_team_campaign_channel_and_company_can_be_chosen(manager):
    rep, channel = UserFactory(team=TeamFactory()), ChannelFactory()
    campaign, company = CampaignFactory(), CompanyFactory()
    mine = LeadFactory(
        owner=rep, team=rep.team, channel=channel, campaign=campaign, company=company
    )
    LeadFactory()
    row = {"owner": rep, "team": rep.team, "channel": channel, "campaign": campaign}

    for field, chosen in {**row, "company": company}.items():
        assert names(manager.get(URL, {field: chosen.pk})) == [mine.name], field


def test_filter_that_is_not_understood_shows_nothing_rather_than_everything(manager):
    LeadFactory()

    response = manager.get(f"{URL}?score_min=abc&owner=17x")

    assert names(response) == []
    assert "not understood" in response.content.decode()


@pytest.mark.parametrize(
    "sort", ["score", "-score", "name", "-name", "created", "-created", "touch", "-touch", "since"]
)
def test_pages_by_key_walk_the_whole_list_and_back(manager, sort):
    for number in range(120):
        LeadFactory(name=f"Lead {number // 3}", score=number % 7)

    first = manager.get(f"{URL}?sort={sort}")
    second = manager.get(first.context["older"])
    third = manager.get(second.context["older"])
    back = manager.get(third.context["newer"])

    walked = [lead.pk for page in (first, second, third) for lead in page.context["page"].rows]
    assert len(set(walked)) == len(walked) == 120
    assert third.context["older"] == first.context["newer"] == ""
    assert [x.pk for x in back.context["page"].rows] == walked[50:100]


@pytest.mark.parametrize("mark", ["x", "W10", "WyJhIiwxXQ", "bm9uZQ==", "W251bGwsbnVsbF0", "\x00"])
def test_damaged_page_mark_shows_the_first_page(manager, mark):
    lead = LeadFactory()

    assert names(manager.get(URL, {"after": mark, "sort": "-created"})) == [lead.name]


def test_sort_by_a_column_that_is_not_offered_is_refused(manager):
    LeadFactory(name="Low", score=1)
    LeadFactory(name="High", score=2)

    response = manager.get(f"{URL}?sort=owner__password")

    assert names(response) == ["High", "Low"]
    assert response.context["sort"] == "-score"


def test_last_used_order_is_remembered(manager):
    LeadFactory(name="Ana", score=1)
    LeadFactory(name="Bob", score=2)

    manager.get(f"{URL}?sort=name")

    assert names(manager.get(URL)) == ["Ana", "Bob"]


def test_tabs_select_what_they_say(manager):
    LeadFactory(name="Fresh", score=60, owner=UserFactory())
    sold = LeadFactory(name="Sold", score=70)
    Lead.objects.filter(pk=sold.pk).update(stage=Stage.SAL)

    tabs = {tab.label: names(manager.get(tab.url)) for tab in manager.get(URL).context["tabs"]}

    assert tabs == {
        "All": ["Sold", "Fresh"],
        "Mine": [],
        "New today": ["Sold", "Fresh"],
        "Ready for sales": ["Fresh"],
        "Recycled": [],
        "No owner": ["Sold"],
        "With sales": ["Sold"],
    }


def test_active_filters_show_as_chips_that_take_them_away(manager):
    company = CompanyFactory(name="Acme")

    page = manager.get(f"{URL}?stage=mql&score_min=40&company={company.pk}").content.decode()

    chips = re.findall(r'aria-label="Remove the filter ([^"]*)"', page)
    assert chips == ["Stage: MQL", "Score from: 40", "Company: Acme"]


@pytest.fixture
def extra_filter():
    register_filter("named", lambda leads, word, user: leads.filter(name=word),
                    label=lambda word: f"Exactly {word}")  # fmt: skip
    yield
    del EXTRA_FILTERS["named"]


def test_report_can_link_to_exactly_its_leads(manager, extra_filter):
    LeadFactory(name="Ana")
    LeadFactory(name="Bob")

    response = manager.get(f"{URL}?named=Ana")

    assert names(response) == ["Ana"]
    assert "Report: Exactly Ana" in response.content.decode()
    assert 'name="named" value="Ana"' in response.content.decode()


def test_filtering_answers_htmx_with_the_results_alone(manager):
    LeadFactory(name="Ana")

    page = manager.get(f"{URL}?q=ana", **HTMX).content.decode()

    assert "Ana" in page
    assert "<html" not in page


def test_empty_list_says_why_and_no_match_offers_to_clear(manager):
    assert "No leads yet." in manager.get(URL).content.decode()
    assert "No leads match." in manager.get(f"{URL}?q=nobody").content.decode()


@pytest.mark.parametrize("count", [5, 50])
def test_list_takes_ten_queries_however_many_rows(manager, count, django_assert_max_num_queries):
    for _ in range(count):
        LeadFactory(
            owner=UserFactory(team=TeamFactory()), company=CompanyFactory(),
            campaign=CampaignFactory(), channel=ChannelFactory(),
        )  # fmt: skip

    with django_assert_max_num_queries(10):
        response = manager.get(URL)

    assert len(response.context["page"].rows) == count
    assert len(response.content) < 100_000
