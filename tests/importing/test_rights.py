"""A file is no way around the rules: who may not write a field on the page, may not by file."""

from collections.abc import Collection
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm.funnel.models import StageTransition
from crm.importing import services, undoing, uploads
from crm.importing.fields import FIELDS, LEAD_FIELDS
from crm.importing.models import Import
from crm.importing.rights import KINDS, fields_of, roles_of
from crm.stages import Stage
from crm.users.models import Role
from crm.users.permissions import IMPORTERS, MANAGERS, MARKETING, SALES_MANAGERS
from deals.models import Deal
from leads.models import Consent, Lead
from leads.writing import NotTheirs
from tests.factories import DealFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]

LEADS: dict[str, Collection[Role]] = {
    **dict.fromkeys(
        ["external_id", "name", "given_name", "family_name", "form_of_address", "email",
         "more_emails", "phone", "more_phones", "job_title", "country", "company", "domain",
         "industry", "size", "company_country", "channel", "campaign", "notes", "lead_at",
         "mql_at", "disqualified_at"],
        IMPORTERS,
    ),
    "owner": MANAGERS,
    **dict.fromkeys(["consent", "opted_out"], MARKETING),
    **dict.fromkeys(
        ["stage", "sal_at", "sql_at", "opportunity_at", "customer_at", "recycled_at", "lost_at"],
        SALES_MANAGERS,
    ),
}  # fmt: skip
"""Each field of a file of leads, and who may bring it in. A new one needs its line here."""
KIND_OF = {
    "leads": IMPORTERS, "deals": SALES_MANAGERS,
    "spend": MARKETING, "metrics": MARKETING, "touches": MARKETING,
}  # fmt: skip
CELLS = {
    "owner": "Person", "consent": "yes", "opted_out": "yes", "stage": "Customer",
    "country": "FR", "company_country": "FR", "domain": "nova.de", "size": "10-49",
}  # fmt: skip
REFUSED = [(role, name) for name, roles in LEADS.items() for role in sorted(IMPORTERS - set(roles))]


def known_lead() -> Lead:
    return LeadFactory(name="Ana", email="ana@example.org")


def file_of(name: str) -> bytes:
    cell = CELLS.get(name, "2026-02-01" if name.endswith("_at") else "x")
    return f"email,column of it\nana@example.org,{cell}\n".encode()


def uploaded(user: Any, name: str) -> Import:
    source = uploads.receive(SimpleUploadedFile("f.csv", file_of(name)), kind="leads", actor=user)
    source.save()
    return source


def everything(lead: Lead) -> tuple[Any, ...]:
    """Return the lead's row and what hangs on it, as stored."""
    rows = Lead.objects.filter(pk=lead.pk).values().get()
    moves = list(StageTransition.objects.filter(lead=lead).values())
    return rows, moves, list(Consent.objects.filter(lead=lead).values()), Lead.objects.count()


def test_every_field_of_a_file_of_leads_has_its_line():
    assert {field.name for field in LEAD_FIELDS} == set(LEADS)
    assert {field.name: set(roles_of("leads", field)) & IMPORTERS for field in LEAD_FIELDS} == {
        name: set(roles) for name, roles in LEADS.items()
    }


def test_every_kind_of_file_has_its_line():
    assert set(Import.Kind.values) == set(KIND_OF) == set(FIELDS)
    assert {str(kind): set(roles) for kind, roles in KINDS.items()} == {
        kind: set(roles) for kind, roles in KIND_OF.items()
    }


@pytest.mark.parametrize(("role", "name"), REFUSED)
def test_a_column_that_is_not_theirs_is_refused_by_name_and_changes_nothing(sign_in, role, name):
    user, lead = UserFactory(role=role), known_lead()
    client, source = sign_in(user), uploaded(user, name)
    page, before = reverse("importing:map", args=[source.pk]), everything(lead)
    mapping = {"email": "email", name: "column of it"}
    sent = {f"map_{field}": column for field, column in mapping.items()}

    shown = client.get(page)
    answer = client.post(page, {**sent, "time_zone": "UTC", "duplicates": "update"})
    with pytest.raises(NotTheirs, match="column “column of it”"):
        services.set_mapping(source, mapping)
    Import.objects.filter(pk=source.pk).update(mapping=mapping, state=Import.State.CHECKED)
    run = client.post(reverse("importing:run", args=[source.pk]))
    source.refresh_from_db()
    with pytest.raises(NotTheirs):
        services.run_here(source)

    assert f'name="map_{name}"' not in shown.content.decode()
    assert answer.status_code == 422
    assert "column “column of it”" in answer.content.decode()
    assert run.status_code == 403
    assert everything(lead) == before


@pytest.mark.parametrize(("kind", "roles"), KIND_OF.items())
def test_a_kind_of_file_that_is_not_theirs_is_neither_uploaded_nor_run(sign_in, kind, roles):
    for role in sorted(set(Role) - set(roles)):
        user = UserFactory(role=role)
        file = SimpleUploadedFile("f.csv", b"lead,name\nana@example.org,Big\n")

        answer = sign_in(user).post(reverse("importing:create"), {"kind": kind, "file": file})
        with pytest.raises(NotTheirs):
            services.start(Import(kind=kind, created_by=user), actor=user)

        assert answer.status_code == (422 if role in IMPORTERS else 403)
    assert not Import.objects.exists()


def test_a_marketing_manager_does_not_run_a_sales_managers_file_of_deals(sign_in, run_effects):
    seller, lead = UserFactory(role=Role.SALES_MANAGER), LeadFactory(email="ana@example.org")
    file = SimpleUploadedFile("f.csv", b"lead,name\nana@example.org,Big\n")
    source = uploads.receive(file, kind="deals", actor=seller)
    services.set_mapping(source, {"lead": "lead", "name": "name"})
    services.check(source)
    before = everything(lead)

    answer = sign_in(role=Role.MARKETING_MANAGER).post(reverse("importing:run", args=[source.pk]))
    run_effects()

    assert answer.status_code == 403
    assert not Deal.objects.exists()
    assert everything(lead) == before


def test_who_lost_the_role_meanwhile_brings_nothing_more_in(bring_in, run_effects):
    user, lead = UserFactory(role=Role.SALES_MANAGER, scope="all"), known_lead()
    source = uploaded(user, "stage")
    services.set_mapping(source, {"email": "email", "stage": "column of it"})
    services.check(source)
    services.start(source, actor=user)
    user.role = Role.MARKETING_MANAGER
    user.save()
    before = everything(lead)

    run_effects()

    source.refresh_from_db()
    assert source.state == Import.State.FAILED
    assert "Stage now (column “column of it”)" in source.error
    assert everything(lead) == before


def test_a_marketer_does_not_take_back_what_a_file_wrote_for_sales(bring_in, sign_in):
    lead = known_lead()
    source = bring_in(file_of("sal_at"), mapping={"email": "email", "sal_at": "column of it"})
    before = everything(lead)

    answer = sign_in(role=Role.MARKETING_MANAGER).post(reverse("importing:undo", args=[source.pk]))

    assert answer.status_code == 403
    assert lead.stage != Lead.objects.get(pk=lead.pk).stage == Stage.SAL
    assert everything(lead) == before


@pytest.mark.parametrize("stage", [Stage.DISQUALIFIED, Stage.LOST])
def test_a_marketers_file_does_not_bring_back_what_sales_has_closed(bring_in, stage):
    lead = known_lead()
    bring_in(f"email,stage\nana@example.org,{stage.label}\n")
    before = everything(lead)

    source = bring_in(
        "email,mql\nana@example.org,2026-02-01\n", actor=UserFactory(role=Role.MARKETER)
    )

    assert source.refused == 1
    assert source.problems[0]["message"] == f"{stage.label} → MQL is not your move."
    assert everything(lead) == before


def test_a_marketer_still_brings_in_when_leads_qualified(bring_in):
    bring_in(
        "email,created,mql\nana@example.org,2026-01-01,2026-02-01\n",
        actor=UserFactory(role=Role.MARKETER),
    )

    assert Lead.objects.get().stage == Stage.MQL


def test_a_sales_manager_brings_in_the_whole_past_of_a_lead(bring_in):
    bring_in(
        "email,created,mql,sal,won_at\nana@example.org,2026-01-01,2026-02-01,2026-02-02,2026-03-01\n",
        actor=UserFactory(role=Role.SALES_MANAGER),
    )

    assert Lead.objects.get().stage == Stage.CUSTOMER


def test_the_page_names_what_it_leaves_out(sign_in):
    user = UserFactory(role=Role.MARKETER)
    file = SimpleUploadedFile("f.csv", b"email,Owner,sal\nana@example.org,Rita,2026-01-01\n")
    source = uploads.receive(file, kind="leads", actor=user)
    source.save()

    page = sign_in(user).get(reverse("importing:map", args=[source.pk])).content.decode()

    assert "Owner (column “Owner”), Accepted by sales (SAL) on (column “sal”)" in page


def test_the_command_line_acts_for_nobody_and_may_all():
    assert len(fields_of("leads", None)) == len(LEAD_FIELDS)


def test_an_undo_of_deals_is_sales_managers(bring_in):
    LeadFactory(email="ana@example.org")
    source = bring_in("lead,name\nana@example.org,Big\n", kind="deals")
    DealFactory()

    with pytest.raises(NotTheirs):
        undoing.ask_to_undo(source, actor=UserFactory(role=Role.MARKETING_MANAGER))

    assert Deal.objects.count() == 2
