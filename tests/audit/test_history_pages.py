"""The history in words: names of today, amounts, ways; each reads what they may see."""

import pytest

from crm.audit.acting import acting
from crm.audit.models import Change
from crm.audit.words import lines_of
from crm.users.models import Role
from leads.models import Lead
from tests.factories import (
    CampaignFactory,
    CompanyFactory,
    DealFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def facts(record):
    lines = lines_of(Change.objects.of(record).select_related("actor").order_by("pk"))
    return [(f.label, f.before, f.after) for line in lines for f in line.facts]


def test_a_key_is_shown_as_the_name_that_its_row_has_today():
    old, new = UserFactory(name="Ana Costa"), UserFactory(name="Ben Kurz")
    lead = LeadFactory(owner=old)
    Lead.objects.update(owner=new)

    type(new).objects.filter(pk=new.pk).update(name="Ben Lang")

    assert ("Owner", "Ana Costa", "Ben Lang") in facts(lead)
    assert not Change.objects.of(lead).filter(after__contains="Ben").exists()


def test_money_is_shown_as_money():
    deal = DealFactory(amount_minor=100_00, currency="EUR")

    type(deal).objects.update(amount_minor=250_00)

    assert ("Amount", "€100.00", "€250.00") in facts(deal)


def test_managers_read_the_history_of_settings_by_kind_and_person(sign_in, organisation):
    manager = UserFactory(name="Mona Fels", role=Role.SALES_MANAGER)
    with acting(manager, door="screen"):
        type(organisation).objects.update(name="Acme & Sons")

    page = sign_in(manager).get("/audit/settings/", {"model": "users.organisation"})
    text = page.content.decode()

    assert page.status_code == 200
    assert "Acme &amp; Sons" in text
    assert "Mona Fels" in text
    assert "Screen" in text


def test_the_history_of_settings_holds_no_leads(sign_in):
    lead = LeadFactory(name="Ana Costa")
    Lead.objects.filter(pk=lead.pk).update(name="Ana Silva")

    page = sign_in(role=Role.ADMIN).get("/audit/settings/", {"model": "leads.lead"})

    assert "Ana Silva" not in page.content.decode()


@pytest.mark.parametrize(("scoped", "status"), [("own", 404), ("all", 200)])
def test_who_does_not_see_a_lead_does_not_read_its_history(sign_in, scoped, status):
    lead = LeadFactory(owner=UserFactory(team=TeamFactory()))

    page = sign_in(role=Role.REP, scope=scoped).get(f"/history/leads/lead/{lead.pk}/")

    assert page.status_code == status


def test_a_rep_reads_no_history_of_a_setting(sign_in, organisation):
    assert sign_in(role=Role.REP).get("/history/users/organisation/1/").status_code == 404


@pytest.mark.parametrize("path", ["users/nothing/1", "sessions/session/1", "audit/change/1"])
def test_what_keeps_no_history_has_no_page(sign_in, path):
    assert sign_in(role=Role.ADMIN).get(f"/history/{path}/").status_code == 404


@pytest.mark.parametrize("make", [CompanyFactory, CampaignFactory, DealFactory])
def test_a_record_shows_its_history(sign_in, make):
    record = make()
    type(record).objects.update(name="Another name")

    page = sign_in(role=Role.ADMIN).get(
        f"/history/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/"
    )

    assert page.status_code == 200
    assert "Another name" in page.content.decode()


def test_a_long_history_is_read_page_by_page(sign_in, django_assert_max_num_queries):
    company = CompanyFactory()
    for number in range(60):
        type(company).objects.update(industry=f"Industry {number}")
    client = sign_in(role=Role.ADMIN)

    with django_assert_max_num_queries(8):
        first = client.get(f"/history/leads/company/{company.pk}/")
    older = client.get(f"/history/leads/company/{company.pk}/?{first.context['older']}")

    assert "Industry 59" in first.content.decode()
    assert "Industry 3<" in older.content.decode()
    assert older.context["older"] == ""
