"""Two people edit one record: the second sees that the first was quicker, and nothing is lost."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from crm.funnel.models import MqlDefinition, Reason, RoutingRule
from crm.users.models import Organisation, Role
from leads.models import Lead
from leads.services import edit_lead
from tests.factories import (
    CampaignFactory,
    CompanyFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
SEEN = re.compile(r'name="seen" value="(\w+)"')


def lead() -> tuple[Any, str, str]:
    row = LeadFactory(name="Eva", phone="+49301234567")
    return row, f"/leads/{row.pk}/edit/", "name"


def company() -> tuple[Any, str, str]:
    row = CompanyFactory(name="Acme")
    return row, f"/companies/{row.pk}/edit/", "name"


def campaign() -> tuple[Any, str, str]:
    row = CampaignFactory(name="Webinar")
    return row, f"/campaigns/{row.pk}/edit/", "name"


def person() -> tuple[Any, str, str]:
    row = UserFactory(name="Rita", role=Role.REP)
    return row, f"/settings/people/{row.pk}/edit/", "name"


def reason() -> tuple[Any, str, str]:
    row = Reason.objects.all()[0]
    return row, f"/settings/reasons/{row.pk}/edit/", "name"


def rule() -> tuple[Any, str, str]:
    row = RoutingRule.objects.create(name="All", team=TeamFactory(), countries="DE")
    return row, f"/settings/routing/{row.pk}/edit/", "name"


def settings() -> tuple[Any, str, str]:
    return Organisation.objects.get(), "/settings/organisation/", "name"


RECORDS = [lead, company, campaign, person, reason, rule, settings]


@pytest.fixture
def admin(sign_in) -> Client:
    client: Client = sign_in(role=Role.ADMIN)
    return client


def opened(client: Client, path: str) -> dict[str, Any]:
    """Open a form; return what a browser would send back unchanged."""
    page = client.get(path)
    form = page.context["form"]
    found = SEEN.search(page.content.decode())
    assert found
    values = {name: form[name].value() for name in form.fields}
    ticked = {name: "on" if value is True else value for name, value in values.items()}
    return {k: v for k, v in ticked.items() if v is not None and v is not False} | {
        "seen": found[1]
    }


@pytest.mark.parametrize("make", RECORDS)
def test_unchanged_record_is_saved(admin, make):
    row, path, field = make()
    sent = opened(admin, path)

    response = admin.post(path, {**sent, field: "Mine"})

    row.refresh_from_db()
    assert response.status_code == 302
    assert getattr(row, field) == "Mine"


@pytest.mark.parametrize("make", RECORDS)
def test_second_of_two_is_told_and_overwrites_only_when_asked(admin, make):
    row, path, field = make()
    sent = {**opened(admin, path), field: "Mine"}
    type(row).objects.filter(pk=row.pk).update(**{field: "Theirs"})

    first = admin.post(path, sent)
    again = admin.post(path, sent)
    row.refresh_from_db()
    kept = getattr(row, field)
    forced = admin.post(path, {**sent, "overwrite": "1"})

    row.refresh_from_db()
    page = first.content.decode()
    assert (first.status_code, again.status_code, forced.status_code) == (409, 409, 302)
    assert "Your input is still here" in page
    assert 'value="Mine"' in page
    assert (kept, getattr(row, field)) == ("Theirs", "Mine")


def test_a_fact_edited_in_place_names_who_was_quicker(admin):
    row, anna = LeadFactory(job_title="CTO"), UserFactory(name="Anna")
    path = f"/leads/{row.pk}/fields/job_title/"
    page = admin.get(path, headers={"HX-Request": "true"}).content.decode()
    found = SEEN.search(page)
    assert found
    edit_lead(row, {"job_title": "CEO"}, actor=anna)

    response = admin.post(
        path, {"job_title": "CFO", "seen": found[1]}, headers={"HX-Request": "true"}
    )

    row.refresh_from_db()
    assert response.status_code == 409
    assert "Anna changed this" in response.content.decode()
    assert row.job_title == "CEO"


def test_what_others_do_to_other_fields_is_no_conflict(admin):
    row = LeadFactory(job_title="CTO")
    path = f"/leads/{row.pk}/fields/job_title/"
    page = admin.get(path, headers={"HX-Request": "true"}).content.decode()
    found = SEEN.search(page)
    assert found
    Lead.objects.filter(pk=row.pk).update(score=90, phone="+49301234567")

    admin.post(path, {"job_title": "CFO", "seen": found[1]}, headers={"HX-Request": "true"})

    row.refresh_from_db()
    assert row.job_title == "CFO"


def test_a_definition_is_not_made_from_one_that_is_no_longer_in_force(admin):
    path = "/settings/definition/new/"
    sent = {**opened(admin, path), "threshold": 55, "note": "Fewer, better"}
    MqlDefinition.objects.create(
        version=2, threshold=45, created_by=UserFactory(name="Mira"), note="A little more"
    )

    response = admin.post(path, sent)

    assert response.status_code == 409
    assert "Mira changed this" in response.content.decode()
    assert MqlDefinition.current().version == 2


def test_a_wrong_value_is_still_an_error_beside_its_field(admin):
    row, path, _ = lead()
    sent = opened(admin, path)

    response = admin.post(path, {**sent, "email": '"<script>"@x.com'})

    assert response.status_code == 422
    assert escape("<script>") in response.content.decode()
