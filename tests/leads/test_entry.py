"""Entering a lead by hand: refused clearly, and told in time who is known already."""

import pytest
from django.urls import reverse

from crm.users.models import Role
from leads.duplicates import duplicates_of
from leads.models import Company, Lead
from tests.factories import CompanyFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW, CHECK = reverse("funnel:lead-create"), reverse("leads:duplicates")


@pytest.fixture
def rep():
    return UserFactory(role=Role.REP)


@pytest.fixture
def client(organisation, sign_in, rep):
    return sign_in(rep)


def test_reps_new_lead_is_his_and_in_the_funnel(client, rep):
    response = client.post(NEW, {"name": "Ana Costa", "email": "ana@acme.com", "company": "Acme"})

    lead = Lead.objects.get()
    assert response.url == lead.get_absolute_url()
    company = Company.objects.get()
    assert (lead.owner, lead.company) == (rep, company)
    assert (company.name, company.domain) == ("Acme", "acme.com")
    assert lead.transitions.count() == 1


def test_marketers_new_lead_waits_without_an_owner(organisation, sign_in):
    sign_in(role=Role.MARKETER).post(NEW, {"email": "ana@example.org"})

    assert Lead.objects.get().owner is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "Ana", "email": "=1+1@x.com"},
        {"name": "Ana", "email": '"<script>"@x.com'},
        {"name": "Ana \u202etxt"},
        {"name": "Ana", "phone": "call me"},
        {"name": "Ana", "company": "x\u202e"},
        {"name": "Ana", "notes": "a\u2066b"},
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(client, data):
    response = client.post(NEW, data)

    assert response.status_code == 422
    assert response.context["form"].errors
    assert not Lead.objects.exists()
    assert not Company.objects.exists()


def test_nul_in_any_field_is_refused(client):
    for field in ("name", "email", "phone", "company", "notes", "job_title"):
        response = client.post(NEW, {"name": "Ana", field: "a\x00b"})

        assert response.status_code == 422, field


def test_known_address_is_refused_and_opens_for_who_may_see_it(client, rep):
    known = LeadFactory(name="Ana", email="ana@example.org", owner=rep)

    response = client.post(NEW, {"name": "Other", "email": "ANA@example.org"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "A lead with this address is already known." in page
    assert known.get_absolute_url() in page
    assert Lead.objects.count() == 1


def test_of_a_lead_out_of_sight_only_its_being_known_and_its_owner_are_told(client):
    owner = UserFactory(name="Bea Owner")
    known = LeadFactory(name="Secret Name", email="ana@example.org", owner=owner)

    page = client.get(CHECK, {"email": "ana@example.org"}).content.decode()

    assert "Already known. Ask Bea Owner." in page
    assert "Secret" not in page
    assert known.get_absolute_url() not in page


def test_similar_names_out_of_sight_are_not_told_at_all(client):
    LeadFactory(name="Ana Costa", email="ana@acme.com", owner=UserFactory())

    page = client.get(CHECK, {"name": "Ana Costa", "email": "a.costa@acme.com"}).content.decode()

    assert page.strip().endswith("#}") or "known" not in page


def test_half_typed_values_ask_for_nothing(client):
    response = client.get(CHECK, {"email": "ana@", "phone": "03", "name": "a\x00"})

    assert response.status_code == 200
    assert "known already" not in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"email": "ANA@acme.com"}, "Same e-mail address"),
        ({"phone": "+49301234567"}, "Same phone number"),
        ({"name": "costa, ana", "email": "x@acme.com"}, "Similar name, same company"),
        ({"name": "Anna Costa", "email": "x@acme.com"}, "Similar name, same company"),
        ({"name": "ana costa"}, "Same name"),
    ],
)
def test_the_same_person_is_recognised(typed, why):
    known = LeadFactory(name="Ana Costa", email="ana@acme.com", phone="+49301234567")

    found = duplicates_of(**typed)

    assert [(each.lead, each.why) for each in found] == [(known, why)]


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "Bob Meyer", "email": "bob@acme.com"},
        {"name": "Ana Costa", "email": "ana@other.com"},
        {"email": "someone@gmail.com"},
        {},
    ],
)
def test_another_person_is_not_taken_for_a_known_one(typed):
    LeadFactory(name="Ana Costa", email="ana@acme.com")
    LeadFactory(name="Carl", email="carl@gmail.com")

    assert duplicates_of(**typed) == []


def test_people_of_the_same_company_are_compared():
    company = CompanyFactory()
    known = LeadFactory(name="Ana Costa", email="", company=company)

    found = duplicates_of(name="Ana Kosta", company=company)

    assert [each.lead for each in found] == [known]


def test_duplicate_check_takes_few_queries_however_many_colleagues(
    client, django_assert_max_num_queries
):
    company = CompanyFactory(name="Acme")
    for number in range(50):
        LeadFactory(name=f"Ana Costa {number % 3}", company=company)

    with django_assert_max_num_queries(9):
        client.get(CHECK, {"name": "Ana Costa", "email": "a@acme.com", "company": "acme"})
