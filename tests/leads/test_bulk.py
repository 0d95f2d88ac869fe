"""Many leads at once: given to an owner, exported, and kept as a view of one's own."""

import csv
import io

import pytest
from django.urls import reverse

from crm.audit.models import Change
from crm.users.models import Role
from leads.models import Lead, SavedView
from leads.ownership import assign_owner, take_back_assignment
from tests.factories import CompanyFactory, LeadFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
ASSIGN, EXPORT = reverse("leads:bulk-assign"), reverse("leads:export")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def manager(organisation, sign_in):
    return sign_in(role=Role.SALES_MANAGER)


def rows(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_chosen_leads_are_given_to_one_owner_and_taken_back(manager):
    rep = UserFactory(name="Rita")
    chosen, other = [LeadFactory(), LeadFactory()], LeadFactory()

    page = manager.post(
        ASSIGN, {"ids": [lead.pk for lead in chosen], "owner": rep.pk}, follow=True
    ).content.decode()

    assert set(Lead.objects.filter(owner=rep)) == set(chosen)
    assert "2 leads given to Rita" in page
    manager.post(
        page.split('action="/leads/changes/')[1].split('"')[0].join(["/leads/changes/", ""])
    )
    assert not Lead.objects.filter(owner=rep).exists()
    assert not Change.objects.of(other).exclude(batch=None).exists()


def test_taking_an_assignment_back_restores_each_leads_team(organisation):
    manager = UserFactory(role=Role.SALES_MANAGER)
    north, south = TeamFactory(name="North"), TeamFactory(name="South")
    mine = LeadFactory(owner=UserFactory(team=north), team=north)
    free, teamless = LeadFactory(team=north), LeadFactory()

    given = assign_owner(Lead.objects.all(), UserFactory(team=south), actor=manager)
    assert set(Lead.objects.values_list("team", flat=True)) == {south.pk}
    take_back_assignment(given.batch, actor=manager)

    assert dict(Lead.objects.values_list("pk", "team")) == {
        mine.pk: north.pk,
        free.pk: north.pk,
        teamless.pk: None,
    }


def test_all_that_match_the_filter_are_given_away(manager):
    rep = UserFactory()
    for number in range(60):
        LeadFactory(name=f"Ana {number}")
    LeadFactory(name="Bob")

    manager.post(ASSIGN, {"all": "1", "query": "q=ana", "owner": rep.pk})

    assert Lead.objects.filter(owner=rep).count() == 60


def test_dialog_asks_for_the_owner_and_keeps_the_chosen_leads(manager):
    lead = LeadFactory()

    page = manager.get(ASSIGN, {"ids": [lead.pk], "query": "q=x"}, **HTMX).content.decode()

    assert "Assign 1 lead" in page
    assert f'name="ids" value="{lead.pk}"' in page
    assert 'name="query" value="q=x"' in page


def test_leads_out_of_sight_are_not_given_away(organisation, sign_in):
    manager = sign_in(role=Role.SALES_MANAGER)  # sees the team's, and those of no team
    hidden = LeadFactory(owner=UserFactory())

    manager.post(ASSIGN, {"ids": [hidden.pk], "owner": UserFactory().pk})
    manager.post(ASSIGN, {"all": "1", "query": "", "owner": UserFactory().pk})

    assert not Change.objects.of(hidden).exclude(batch=None).exists()


def test_rep_may_not_give_leads_away(organisation, sign_in):
    rep = UserFactory()
    lead = LeadFactory(owner=rep)

    response = sign_in(rep).post(ASSIGN, {"ids": [lead.pk], "owner": UserFactory().pk})

    lead.refresh_from_db()
    assert response.status_code == 403
    assert lead.owner == rep


def test_export_holds_what_the_filter_selects(manager):
    LeadFactory(name="Ana", company=CompanyFactory(name="Acme"), phone="+49301234567")
    LeadFactory(name="Bob")

    (row,) = rows(manager.get(f"{EXPORT}?q=ana"))

    assert (row["name"], row["company"], row["stage"]) == ("Ana", "Acme", "lead")
    assert row["phone"] == "'+49301234567"


def test_exported_cells_run_no_formula(manager):
    for name in ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1"):
        LeadFactory(name=name)

    assert all(row["name"].startswith("'") for row in rows(manager.get(EXPORT)))


def test_export_holds_only_what_the_user_sees(organisation, sign_in):
    rep = UserFactory()
    LeadFactory(name="His", owner=rep)
    hidden = LeadFactory(owner=UserFactory())
    client = sign_in(rep)

    assert [row["name"] for row in rows(client.get(EXPORT))] == ["His"]
    assert rows(client.post(EXPORT, {"ids": [hidden.pk]})) == []


def test_chosen_leads_are_exported(manager):
    lead, _ = LeadFactory(name="Ana"), LeadFactory()

    assert [row["name"] for row in rows(manager.post(EXPORT, {"ids": [lead.pk]}))] == ["Ana"]


def test_view_is_saved_as_a_tab_renamed_and_deleted(manager):
    save = reverse("leads:view-create")

    manager.post(save, {"name": "Hot", "query": "sort=-score&score_min=80&after=x"})

    view = SavedView.objects.get()
    assert view.query == "score_min=80&sort=-score"
    tabs = manager.get(f"/leads/?{view.query}").context["tabs"]
    assert [(tab.label, tab.active) for tab in tabs][-1] == ("Hot", True)
    manager.post(reverse("leads:view-rename", args=[view.pk]), {"name": "Very hot"})
    view.refresh_from_db()
    assert view.name == "Very hot"
    manager.post(reverse("leads:view-delete", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_two_views_of_one_name_are_refused(manager):
    save = reverse("leads:view-create")
    manager.post(save, {"name": "Hot", "query": ""})

    response = manager.post(save, {"name": "hot", "query": ""})

    assert response.status_code == 422
    assert SavedView.objects.count() == 1


def test_anothers_view_does_not_exist(manager):
    view = SavedView.objects.create(user=UserFactory(), name="Hot")

    assert manager.post(reverse("leads:view-delete", args=[view.pk])).status_code == 404
    assert SavedView.objects.exists()
