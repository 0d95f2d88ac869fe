"""Who may write which field of leads and companies: every way in gives the same answer.

Role × field × door. Fields come from `_meta`; the doors that take fields are tried here, every
other URL by tests/test_permissions.py, which compares the rows before and after each call, and
files by tests/importing/test_rights.py. A refusal leaves the whole row as it was.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model, Q
from django.test import Client
from django.urls import reverse

from campaigns.capture.models import OfferedFact
from crm.users.models import Role, User
from crm.users.permissions import EVERYBODY, MANAGERS, MARKETING, WRITERS
from leads import companies, ownership, services
from leads.facts import LABELS
from leads.forms import CompanyForm, LeadForm, NewLeadForm
from leads.models import Company, Lead
from leads.services import EDITABLE
from leads.writing import COMPANY, LEAD, NOBODY, NotTheirs
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    CompanyFactory,
    LeadFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]

ROLES = sorted(EVERYBODY)
FOLLOWING = {"search_key", "sort_key"}
MOMENT = "2020-01-01T00:00:00Z"
LEAD_VALUES: dict[str, Any] = {
    "id": 999_999, "name": "Bo Bell", "given_name": "Bo", "family_name": "Bell",
    "form_of_address": "Dr.", "email": "other@example.org", "more_emails": "more@example.org",
    "phone": "+49301234567", "more_phones": "+49301234568", "job_title": "CEO",
    "company": lambda: CompanyFactory(name="Nova"), "country": "FR", "channel": ChannelFactory,
    "campaign": CampaignFactory, "owner": UserFactory, "team": TeamFactory, "stage": "customer",
    "stage_since": MOMENT, "score": 99, "scored_at": MOMENT, "last_touch_at": MOMENT,
    "enriched_at": MOMENT, "recycled_until": "2030-01-01", "consent": True, "consent_at": MOMENT,
    "consent_source": "Fair", "consent_asked_at": MOMENT, "notes": "Other", "external_id": "X-1",
    "created_at": MOMENT, "created_by": UserFactory, "search_key": "x", "sort_key": "x",
}  # fmt: skip
COMPANY_VALUES: dict[str, Any] = {
    "id": 999_999, "name": "Nova", "domain": "nova.de", "industry": "Tools", "size": "10-49",
    "country": "FR", "phone": "+49301234567", "notes": "Other", "owner": UserFactory,
    "external_id": "X-1", "created_at": MOMENT, "search_key": "x", "sort_key": "x",
}  # fmt: skip
CONSENT = {
    name: {"consent": "on", "consent_source": "Fair"} for name in ("consent", "consent_source")
}
FOLLOWS = {
    name: {"consent", "consent_at", "consent_source", "consent_asked_at"} for name in CONSENT
}
"""What a form asks for along with a field of a new lead, and what that field brings along."""
EXPECTED = {
    "lead": {"owner": MANAGERS, "team": MANAGERS, "consent": MARKETING},
    "company": {"owner": MANAGERS},
}
"""The fields that not everybody who writes may write, said again: a slip in the rule is seen."""


def value_of(values: Mapping[str, Any], field: str) -> Any:
    value = values[field]
    return value() if callable(value) else value


def sent(field: str, value: Any) -> dict[str, Any]:
    """Return a value as a form sends it: the company by its name, other rows by their keys."""
    if isinstance(value, Company):
        return {field: value.name}
    return {field: getattr(value, "pk", "on" if value is True else value)}


def row_of(row: Model) -> dict[str, Any]:
    return type(row)._base_manager.filter(pk=row.pk).values().get()


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the fields whose columns differ, but for those that follow from others."""
    names = {name.removesuffix("_id") if name != "external_id" else name
             for name in after if after[name] != before[name]}  # fmt: skip
    return names - FOLLOWING


@contextmanager
def undone() -> Iterator[None]:
    """Take back all that happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def lead() -> Lead:
    return LeadFactory(name="Ana Abt", email="ana@example.org", phone="+49309999999")


@pytest.fixture
def company() -> Company:
    return CompanyFactory(name="Acme")


def client_of(sign_in: Callable[..., Client], role: Role) -> tuple[User, Client]:
    user = UserFactory(role=role, scope="all")
    return user, sign_in(user)


# The rules have a line for everything ---------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "writers", "values"),
    [(Lead, LEAD, LEAD_VALUES), (Company, COMPANY, COMPANY_VALUES)],
)
def test_every_column_has_its_writers_and_is_tried(model, writers, values):
    columns = {field.name for field in model._meta.concrete_fields}

    assert columns == set(writers) == set(values)


@pytest.mark.parametrize(("model", "writers"), [("lead", LEAD), ("company", COMPANY)])
def test_what_all_writers_may_write_is_the_rule_and_the_rest_is_named(model, writers):
    narrower = {name for name, roles in writers.items() if roles not in (WRITERS, NOBODY)}

    for name, roles in EXPECTED[model].items():
        assert set(writers[name]) == set(roles)
    assert {name.split("_")[0] for name in narrower} == {*EXPECTED[model], "external"}


def test_no_form_has_a_field_that_nobody_writes():
    for form, writers in ((LeadForm, LEAD), (NewLeadForm, LEAD), (CompanyForm, COMPANY)):
        assert not {name for name in form.base_fields if not writers[name]}


# A lead that is there -------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_the_form_of_a_lead_writes_what_the_role_may(sign_in, lead, role):
    _, client = client_of(sign_in, role)
    url = reverse("leads:edit", args=[lead.pk])
    facts = {name: value for name, value in LeadForm.facts_of(lead).items() if value}

    before = row_of(lead)

    for field in LEAD_VALUES:
        with undone():
            answer = client.post(url, {**facts, **sent(field, value_of(LEAD_VALUES, field))})

            after = row_of(lead)
            theirs = field in LeadForm.base_fields and role in LEAD[field]
            assert answer.status_code == (302 if role in WRITERS else 403), field
            assert (field in changed(before, after)) is theirs, field
            assert theirs or after == before, field


@pytest.mark.parametrize("role", ROLES)
def test_a_field_in_its_place_is_written_by_those_whose_it_is(sign_in, lead, role):
    _, client = client_of(sign_in, role)
    before = row_of(lead)

    for field in LEAD_VALUES:
        with undone():
            url = reverse("leads:field", args=[lead.pk, field])
            answer = client.post(url, sent(field, value_of(LEAD_VALUES, field)))

            after = row_of(lead)
            if field in LABELS and role in LEAD[field]:
                assert answer.status_code == 302, field
                assert field in changed(before, after), field
            else:
                no_such_door = role in WRITERS and field not in LABELS
                assert answer.status_code == (404 if no_such_door else 403), field
                assert after == before, field
    assert client.get(reverse("leads:detail", args=[lead.pk])).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_the_service_that_edits_a_lead_refuses_what_is_not_the_actors(lead, role):
    actor, before = UserFactory(role=role), row_of(lead)

    for field in LEAD_VALUES:
        value = value_of(LEAD_VALUES, field)
        with undone():
            if field in EDITABLE and role in LEAD[field]:
                services.edit_lead(lead, {field: value}, actor=actor)
                assert field in changed(before, row_of(lead))
            else:
                with pytest.raises(NotTheirs if field in EDITABLE else TypeError):
                    services.edit_lead(lead, {field: value}, actor=actor)
                assert row_of(lead) == before, field
        lead.refresh_from_db()


@pytest.mark.parametrize("role", ROLES)
def test_only_managers_give_leads_away_in_bulk(sign_in, lead, role):
    actor, client = client_of(sign_in, role)
    rep, before = UserFactory(), row_of(lead)
    rows = Lead.objects.filter(pk=lead.pk)

    answer = client.post(reverse("leads:bulk-assign"), {"ids": lead.pk, "owner": rep.pk})

    if role in MANAGERS:
        assert answer.status_code == 302
        assert changed(before, row_of(lead)) == {"owner"}
    else:
        assert answer.status_code == 403
        with pytest.raises(NotTheirs):
            ownership.assign_owner(rows, rep, actor=actor)
        assert row_of(lead) == before


@pytest.mark.parametrize("role", ROLES)
def test_a_fact_that_a_form_offers_is_accepted_by_writers_only(sign_in, lead, role):
    _, client = client_of(sign_in, role)
    for field in OfferedFact.FIELDS:
        before = row_of(lead)
        value = LEAD_VALUES[field] if field != "company" else "Nova"
        offer = OfferedFact.objects.create(
            lead=lead, submission=SubmissionFactory(), field=field, value=value
        )

        answer = client.post(reverse("capture:accept-fact", args=[offer.pk]))

        if role in WRITERS:
            assert answer.status_code in (204, 302)
            assert changed(before, row_of(lead)) & {field, f"more_{field}s"}
        else:
            assert answer.status_code == 403
            assert row_of(lead) == before


# A new lead -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_a_new_lead_has_only_what_its_maker_may_write(sign_in, role):
    user, client = client_of(sign_in, role)
    url = reverse("funnel:lead-create")
    plain = client.post(url, {"name": "Ana", "email": "one@example.org"})
    assert plain.status_code == (302 if role in WRITERS else 403)
    one = row_of(Lead.objects.get()) if role in WRITERS else {}

    for field in sorted(set(LEAD_VALUES) - {"name", "email"}):
        given = sent(field, value_of(LEAD_VALUES, field)) | CONSENT.get(field, {})
        with undone():
            answer = client.post(url, {"name": "Ana", "email": "two@example.org", **given})

            assert answer.status_code == (302 if role in WRITERS else 403), field
            if role not in WRITERS:
                assert not Lead.objects.exists()
                continue
            two = row_of(Lead.objects.order_by("pk")[1])
            unlike = changed(one, two) - {"id", "email", "stage_since", "created_at"}
            offered = field in NewLeadForm.base_fields and role in LEAD[field]
            assert unlike == (({field} | FOLLOWS.get(field, set())) if offered else set()), field
            assert two["owner_id"] == (user.pk if role == Role.REP else None)


@pytest.mark.parametrize(
    ("field", "roles"),
    [("consent", MARKETING), ("external_id", LEAD["external_id"]), ("created_at", NOBODY),
     ("score", NOBODY), ("stage", NOBODY), ("recycled_until", NOBODY)],
)  # fmt: skip
@pytest.mark.parametrize("role", ROLES)
def test_the_service_that_makes_a_lead_refuses_what_is_not_the_actors(role, field, roles):
    actor = UserFactory(role=role)
    if role in roles and role in WRITERS:
        services.create_lead(actor=actor, name="Ana", **{field: LEAD_VALUES[field]})
        return

    with pytest.raises(NotTheirs):
        services.create_lead(actor=actor, name="Ana", **{field: LEAD_VALUES[field]})

    assert not Lead.objects.exists()


# Companies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_the_form_of_a_company_writes_what_the_role_may(sign_in, company, role):
    _, client = client_of(sign_in, role)
    before, url = row_of(company), reverse("leads:company-edit", args=[company.pk])
    shown = client.get(url)
    assert shown.status_code == (200 if role in WRITERS else 403)

    for field in COMPANY_VALUES:
        with undone():
            given = sent(field, value_of(COMPANY_VALUES, field))
            answer = client.post(url, {"name": "Acme", **given})

            after = row_of(company)
            theirs = field in CompanyForm.base_fields and role in COMPANY[field]
            assert answer.status_code == (302 if role in WRITERS else 403), field
            assert changed(before, after) == ({field} if theirs else set())
            assert theirs or after == before, field
            assert (f'name="{field}"' in shown.content.decode()) is theirs, field


@pytest.mark.parametrize("role", ROLES)
def test_a_new_company_has_only_what_its_maker_may_write(sign_in, role):
    _, client = client_of(sign_in, role)
    plain = row_of(CompanyFactory(name="Acme"))

    for field in COMPANY_VALUES:
        with undone():
            given = sent(field, value_of(COMPANY_VALUES, field))
            answer = client.post(reverse("leads:company-create"), {"name": "Acme", **given})

            assert answer.status_code == (302 if role in WRITERS else 403), field
            if role not in WRITERS:
                assert Company.objects.count() == 1, field
                continue
            made = row_of(Company.objects.get(~Q(pk=plain["id"])))
            theirs = field in CompanyForm.base_fields and role in COMPANY[field]
            assert changed(plain, made) - {"id", "created_at"} == ({field} if theirs else set())


@pytest.mark.parametrize("role", ROLES)
def test_the_services_of_companies_refuse_what_is_not_the_actors(company, role):
    actor, before = UserFactory(role=role), row_of(company)

    for field in sorted(set(COMPANY_VALUES) - {"id", *FOLLOWING}):
        value = value_of(COMPANY_VALUES, field)
        with undone():
            if role in COMPANY[field]:
                companies.edit_company(company, {field: value}, actor=actor)
                assert changed(before, row_of(company)) == {field}
            else:
                with pytest.raises(NotTheirs):
                    companies.edit_company(company, {field: value}, actor=actor)
                with pytest.raises(NotTheirs):
                    companies.create_company(actor=actor, **{"name": "Third", field: value})
                assert row_of(company) == before, field
                assert Company.objects.count() == 1
        company.refresh_from_db()


def test_a_company_keeps_its_owner_when_a_rep_edits_the_rest(sign_in):
    owner = UserFactory()
    company = CompanyFactory(name="Acme", owner=owner)

    sign_in().post(reverse("leads:company-edit", args=[company.pk]), {"name": "Acme AG"})

    company.refresh_from_db()
    assert (company.name, company.owner) == ("Acme AG", owner)


# Taking back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(EVERYBODY - MANAGERS))
def test_who_is_no_manager_any_more_does_not_take_back_an_assignment(sign_in, lead, role):
    manager, rep = UserFactory(role=Role.SALES_MANAGER), UserFactory()
    given = ownership.assign_owner(Lead.objects.filter(pk=lead.pk), rep, actor=manager)
    User.objects.filter(pk=manager.pk).update(role=role)
    before = row_of(lead)

    answer = sign_in(manager).post(reverse("leads:undo", args=[given.batch]))

    assert answer.status_code == 403
    assert row_of(lead) == before


def test_a_viewer_takes_back_nothing_that_they_wrote_once(sign_in, lead):
    user = UserFactory()
    batch = services.edit_lead(lead, {"job_title": "CEO"}, actor=user)
    User.objects.filter(pk=user.pk).update(role=Role.VIEWER)
    user.refresh_from_db()
    before = row_of(lead)

    answer = sign_in(user).post(reverse("leads:undo", args=[batch]))
    with pytest.raises(NotTheirs):
        services.take_back(batch, actor=user)

    assert answer.status_code == 403
    assert row_of(lead) == before
