"""Companies: found by name or domain, renamed with their leads, shown with what a user sees."""

import pytest
from django.urls import reverse

from crm.users.models import Role
from leads import companies
from leads.models import Company, Lead
from tests.factories import CompanyFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW = reverse("leads:company-create")


def test_company_is_found_by_its_name_in_any_case():
    acme = CompanyFactory(name="ACME Gmbh")

    assert companies.match_or_create("acme  gmbh", actor=None) == acme
    assert Company.objects.count() == 1


def test_company_is_found_by_its_domain_before_its_name():
    acme = CompanyFactory(name="Acme", domain="acme.com")
    CompanyFactory(name="Acme Europe")

    assert companies.match_or_create("Acme Europe", "www.acme.com", actor=None) == acme


def test_domain_of_free_mail_says_nothing_about_the_company():
    CompanyFactory(name="Acme", domain="gmail.com")

    assert companies.match("Other", "gmail.com") is None


def test_unknown_company_is_made_with_what_is_known():
    made = companies.match_or_create(" Nova  AG ", "https://nova.de", country="DE", actor=None)

    assert (made.name, made.domain, made.country) == ("Nova AG", "nova.de", "DE")


def test_leads_are_found_by_the_new_name_of_their_company(django_assert_max_num_queries):
    company = CompanyFactory(name="Old")
    for _ in range(20):
        LeadFactory(company=company)
    other = LeadFactory(company=CompanyFactory(name="Old too"))

    with django_assert_max_num_queries(6):
        companies.edit_company(company, {"name": "Ölwerk"}, actor=None)

    assert Lead.objects.search("ölwerk").count() == 20
    assert set(Lead.objects.search("old")) == {other}


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "x" * 201])
def test_name_that_cannot_be_kept_is_refused(name):
    with pytest.raises(companies.CompanyNotAccepted):
        companies.create_company(actor=None, name=name)


def test_company_with_letters_beyond_ascii_is_found(organisation, sign_in):
    CompanyFactory(name="Österreichische Bahn")

    page = sign_in().get(reverse("leads:company-list"), {"q": "österreich"})

    assert "Österreichische Bahn" in page.content.decode()


@pytest.mark.parametrize("count", [5, 50])
def test_company_list_takes_ten_queries(
    organisation, sign_in, count, django_assert_max_num_queries
):
    client = sign_in(role=Role.ADMIN)
    for _ in range(count):
        LeadFactory(company=CompanyFactory(owner=UserFactory()))

    with django_assert_max_num_queries(10):
        response = client.get(reverse("leads:company-list"))

    assert {company.lead_count for company in response.context["page"].rows} == {1}


def test_rep_sees_of_a_company_only_his_leads(organisation, sign_in):
    rep, company = UserFactory(), CompanyFactory()
    LeadFactory(name="His", company=company, owner=rep)
    LeadFactory(name="Hidden", company=company, owner=UserFactory())

    page = sign_in(rep).get(company.get_absolute_url()).content.decode()

    assert "His" in page
    assert "Hidden" not in page


def test_company_is_created_and_edited_in_the_browser(organisation, sign_in):
    client = sign_in()

    made = client.post(NEW, {"name": "Acme", "domain": "acme.com"})
    company = Company.objects.get()
    client.post(reverse("leads:company-edit", args=[company.pk]), {"name": "Acme AG"})

    company.refresh_from_db()
    assert made.url == company.get_absolute_url()
    assert company.name == "Acme AG"


def test_company_without_a_name_is_refused_with_what_was_typed(organisation, sign_in):
    response = sign_in().post(NEW, {"name": "", "domain": "acme.com"})

    assert response.status_code == 422
    assert "acme.com" in response.content.decode()
    assert not Company.objects.exists()


def test_names_are_suggested_while_typing(organisation, sign_in):
    CompanyFactory(name="Acme")
    CompanyFactory(name="Nova")

    page = sign_in().get(reverse("leads:company-options"), {"company": "ac"}).content.decode()

    assert 'value="Acme"' in page
    assert "Nova" not in page
