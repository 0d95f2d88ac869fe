"""The record of a lead: facts edited where they stand, the way on through the list, undo."""

import pytest
from django.urls import reverse

from crm.users.models import Role
from leads.models import Lead
from tests.factories import CompanyFactory, LeadFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def client(organisation, sign_in, admin):
    return sign_in(admin)


def field_url(lead, field):
    return reverse("leads:field", args=[lead.pk, field])


def undo_url(page):
    return page.split('action="/leads/changes/')[1].split('"')[0]


def test_record_shows_its_facts_and_loads_the_panels_of_others(client):
    lead = LeadFactory(name="Ana", job_title="CEO", company=CompanyFactory(name="Acme"))

    page = client.get(lead.get_absolute_url()).content.decode()

    assert "CEO" in page
    assert "Acme" in page
    for panel in ("stepper", "actions", "activity", "handoffs"):
        assert f'hx-get="/leads/{lead.pk}/{panel}/"' in page


def test_what_may_be_done_next_stands_in_the_page_and_renews_itself(client):
    page = client.get(LeadFactory(stage="sal").get_absolute_url()).content.decode()

    actions = page.split('id="lead-actions"')[1]
    assert actions.index('hx-trigger="lead-changed from:body"') < actions.index("Qualify")
    assert actions.index("Qualify") < actions.index('id="lead-stepper"')


def test_record_takes_fifteen_queries(client, django_assert_max_num_queries):
    leads = [LeadFactory(company=CompanyFactory(), owner=UserFactory()) for _ in range(50)]

    with django_assert_max_num_queries(15):
        client.get(f"{leads[25].get_absolute_url()}?list=q%3Dlead%26sort%3D-score")


def test_next_and_previous_keep_the_order_of_the_list(client):
    low, mid, high = (LeadFactory(name=f"Ana {score}", score=score) for score in (1, 2, 3))
    LeadFactory(name="Bob", score=2)

    response = client.get(f"{mid.get_absolute_url()}?list=q%3Dana%26sort%3D-score")

    assert response.context["previous"].startswith(high.get_absolute_url())
    assert response.context["next"].startswith(low.get_absolute_url())
    assert response.context["back"] == "/leads/?q=ana&sort=-score"


def test_next_leads_to_no_record_out_of_sight(organisation, sign_in):
    rep = UserFactory()
    mine = LeadFactory(owner=rep, score=50)
    LeadFactory(owner=UserFactory(), score=40)

    response = sign_in(rep).get(f"{mine.get_absolute_url()}?list=")

    assert "next" not in response.context


def test_fact_is_edited_where_it_stands_and_taken_back(client):
    lead = LeadFactory(job_title="CEO")

    form = client.get(field_url(lead, "job_title"), **HTMX).content.decode()
    saved = client.post(field_url(lead, "job_title"), {"job_title": "CTO"}, **HTMX)

    lead.refresh_from_db()
    assert 'value="CEO"' in form
    assert lead.job_title == "CTO"
    assert "lead-changed" in saved["HX-Trigger"]
    client.post(f"/leads/changes/{undo_url(saved.content.decode())}")
    lead.refresh_from_db()
    assert lead.job_title == "CEO"


def test_company_is_edited_by_its_name(client):
    lead = LeadFactory()

    client.post(field_url(lead, "company"), {"company": "Acme"}, **HTMX)

    lead.refresh_from_db()
    assert lead.company.name == "Acme"
    assert lead in Lead.objects.search("acme")


def test_refused_fact_is_shown_again_with_the_reason(client):
    lead = LeadFactory(email="ana@example.org")

    response = client.post(field_url(lead, "email"), {"email": "=1+1@x.com"}, **HTMX)

    lead.refresh_from_db()
    assert response.status_code == 422
    assert "does not start with" in response.content.decode()
    assert lead.email == "ana@example.org"


def test_address_of_another_lead_is_refused_in_place(client):
    LeadFactory(email="taken@example.org")
    lead = LeadFactory(email="ana@example.org")

    response = client.post(field_url(lead, "email"), {"email": "taken@example.org"}, **HTMX)

    assert response.status_code == 422


@pytest.mark.parametrize("field", ["stage", "score", "consent", "pk"])
def test_what_services_own_is_no_editable_fact(client, field):
    assert client.get(field_url(LeadFactory(), field)).status_code == 404


def test_rep_does_not_give_a_lead_away(organisation, sign_in):
    rep = UserFactory()
    lead = LeadFactory(owner=rep)

    response = sign_in(rep).post(field_url(lead, "owner"), {"owner": UserFactory().pk})

    lead.refresh_from_db()
    assert response.status_code == 403
    assert lead.owner == rep


def test_manager_gives_a_lead_away_in_its_row(client):
    lead, rep = LeadFactory(), UserFactory(name="Rita", team=TeamFactory())

    response = client.post(f"{field_url(lead, 'owner')}?row=1", {"owner": rep.pk}, **HTMX)

    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (rep, rep.team)
    assert "Rita" in response.content.decode()


def test_all_facts_are_edited_in_one_form_without_javascript(client):
    lead = LeadFactory(name="Ana")

    response = client.post(reverse("leads:edit", args=[lead.pk]), {"name": "Bea", "country": "DE"})

    lead.refresh_from_db()
    assert response.url == lead.get_absolute_url()
    assert (lead.name, lead.country, lead.email) == ("Bea", "DE", "")


def test_consent_is_recorded_with_its_source(client):
    lead = LeadFactory()
    url = reverse("leads:consent", args=[lead.pk])

    refused = client.post(url, {"given": "on", "source": ""})
    client.post(url, {"given": "on", "source": "At the fair"})

    lead.refresh_from_db()
    assert refused.status_code == 422
    assert (lead.consent, lead.consent_source) == (True, "At the fair")


def test_what_somebody_else_did_cannot_be_undone(client, organisation, sign_in):
    lead = LeadFactory(name="Ana")
    saved = client.post(field_url(lead, "name"), {"name": "Bea"}, **HTMX).content.decode()

    response = sign_in(role=Role.ADMIN).post(f"/leads/changes/{undo_url(saved)}")

    lead.refresh_from_db()
    assert response.status_code == 404
    assert lead.name == "Bea"


def test_undo_comes_too_late_after_another_change(client):
    lead = LeadFactory(name="Ana")
    saved = client.post(field_url(lead, "name"), {"name": "Bea"}, **HTMX).content.decode()
    client.post(field_url(lead, "name"), {"name": "Cleo"}, **HTMX)

    page = client.post(f"/leads/changes/{undo_url(saved)}", follow=True).content.decode()

    lead.refresh_from_db()
    assert lead.name == "Cleo"
    assert "nothing was taken back" in page


def test_peek_shows_the_lead_in_the_drawer(client):
    lead = LeadFactory(name="Ana")

    page = client.get(reverse("leads:peek", args=[lead.pk]), **HTMX).content.decode()

    assert "drawer-content" in page
    assert "<html" not in page


@pytest.mark.parametrize("name", ["detail", "peek", "edit", "consent", "lead-duplicates"])
def test_anothers_lead_does_not_exist(organisation, sign_in, name):
    lead = LeadFactory(owner=UserFactory())
    role = Role.MARKETER if name == "consent" else Role.REP

    response = sign_in(role=role, scope="own").get(reverse(f"leads:{name}", args=[lead.pk]))

    assert response.status_code == 404


def test_script_in_a_name_is_text(client):
    lead = LeadFactory(name="<script>alert(1)</script>", notes="<img src=x onerror=alert(1)>")

    for url in (lead.get_absolute_url(), reverse("leads:list")):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
