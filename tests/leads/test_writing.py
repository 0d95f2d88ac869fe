"""Who may write which field of leads and companies: every way in gives the same answer."""

import pytest
from django.urls import reverse

from crm.users.models import Role
from crm.users.permissions import MANAGERS
from leads import companies, ownership, services
from leads.models import Company, Lead
from leads.writing import NotTheirs
from tests.factories import CompanyFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
OTHERS = sorted({Role.REP, Role.MARKETER} - MANAGERS)


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_but_managers_makes_themself_owner_of_a_company(organisation, sign_in, role):
    user, company = UserFactory(role=role), CompanyFactory(name="Acme", owner=UserFactory())
    client, before = sign_in(user), Company.objects.filter(pk=company.pk).values().get()
    edit = reverse("leads:company-edit", args=[company.pk])

    shown = client.get(edit).content.decode()
    client.post(edit, {"name": "Acme", "owner": user.pk})
    client.post(reverse("leads:company-create"), {"name": "Nova", "owner": user.pk})
    with pytest.raises(NotTheirs):
        companies.edit_company(company, {"owner": user}, actor=user)
    with pytest.raises(NotTheirs):
        companies.create_company(actor=user, name="Third", owner=user)

    assert 'name="owner"' not in shown
    assert Company.objects.filter(pk=company.pk).values().get() == before
    assert Company.objects.get(name="Nova").owner is None
    assert not Company.objects.filter(name="Third").exists()


def test_a_company_keeps_its_owner_when_a_rep_edits_the_rest(organisation, sign_in):
    owner = UserFactory()
    company = CompanyFactory(name="Acme", owner=owner)

    sign_in().post(reverse("leads:company-edit", args=[company.pk]), {"name": "Acme AG"})

    company.refresh_from_db()
    assert (company.name, company.owner) == ("Acme AG", owner)


@pytest.mark.parametrize("role", sorted(MANAGERS))
def test_a_manager_gives_a_company_to_somebody(organisation, sign_in, role):
    company, rep = CompanyFactory(name="Acme"), UserFactory()

    sign_in(role=role).post(
        reverse("leads:company-edit", args=[company.pk]), {"name": "Acme", "owner": rep.pk}
    )

    company.refresh_from_db()
    assert company.owner == rep


def test_who_is_no_manager_any_more_does_not_take_back_an_assignment(organisation, sign_in):
    manager, rep = UserFactory(role=Role.SALES_MANAGER), UserFactory()
    lead = LeadFactory()
    batch = ownership.assign_owner(Lead.objects.filter(pk=lead.pk), rep, actor=manager).batch
    manager.role = Role.REP
    manager.save()
    before = Lead.objects.filter(pk=lead.pk).values().get()

    answer = sign_in(manager).post(reverse("leads:undo", args=[batch]))

    assert answer.status_code == 403
    assert Lead.objects.filter(pk=lead.pk).values().get() == before


def test_consent_of_a_new_lead_is_marketings_to_say():
    with pytest.raises(NotTheirs):
        services.create_lead(actor=UserFactory(), name="Ana", consent=True, consent_source="Fair")

    assert not Lead.objects.exists()
