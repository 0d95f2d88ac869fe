"""What a seller learns of a lead, and how it goes along into the deal."""

import re

import pytest

from campaigns.models import Touch
from crm.stages import Stage
from crm.users.models import Role
from deals import criteria
from deals.models import Deal, Pipeline
from deals.qualification import services
from deals.qualification.models import Qualification
from deals.qualification.services import StaleQualification
from leads.models import Company, Lead
from tests.factories import CompanyFactory, LeadFactory, TouchFactory

pytestmark = pytest.mark.django_db
KNOWN = {"need": "Plan both plants", "budget": "40,000, approved", "authority": "The COO",
         "timing": "Before May"}  # fmt: skip
CHECKLIST = ["The decision maker is named", "The present tool is known"]


@pytest.fixture
def checklist(organisation):
    Pipeline.objects.update(checklist=CHECKLIST)


@pytest.fixture
def client(sign_in, rep):
    return sign_in(rep)


def convert(client, lead, **values):
    return client.post(f"/leads/{lead.pk}/convert/", {"name": "Pilot", "currency": "EUR", **values})


def test_one_dialog_qualifies_and_opens_the_deal(client, accepted, stages, checklist):
    lead = accepted()

    convert(client, lead, stage=stages[0].pk, checked=CHECKLIST[:1], version=0, **KNOWN)

    deal = Deal.objects.get()
    known = Qualification.objects.get()
    lead.refresh_from_db()
    assert lead.stage == Stage.OPPORTUNITY
    assert (known.deal, known.lead, known.need) == (deal, lead, "Plan both plants")
    assert known.checked == CHECKLIST[:1]


def test_the_dialog_may_only_qualify(client, accepted, stages):
    lead = accepted()

    convert(
        client, lead, only=1, version=0, stage=Pipeline.objects.get().stages.all()[0].pk, **KNOWN
    )

    lead.refresh_from_db()
    assert lead.stage == Stage.SQL
    assert not Deal.objects.exists()
    assert services.of_lead(lead).known == list(Qualification.PARTS)


def test_an_existing_company_and_its_people_are_matched_and_nobody_is_made_twice(
    client, accepted, stages, rep
):
    company = CompanyFactory(name="Acme")
    colleague = LeadFactory(company=company, owner=rep, team=rep.team)
    stranger = LeadFactory(owner=rep, team=rep.team)
    lead = accepted(company=company)
    before = (Lead.objects.count(), Company.objects.count())

    convert(client, lead, stage=stages[0].pk, company="acme", people=[colleague.pk])

    deal = Deal.objects.get()
    assert (Lead.objects.count(), Company.objects.count()) == before
    assert deal.company == company
    assert [contact.lead for contact in deal.contacts.all()] == [colleague]
    assert convert(client, stranger, stage=stages[0].pk, people=[lead.pk]).status_code == 422


def test_every_touch_goes_along(client, accepted, stages):
    lead = accepted()
    touches = [TouchFactory(lead=lead) for _ in range(3)]

    convert(client, lead, stage=stages[0].pk)

    deal = Deal.objects.get()
    assert set(Touch.objects.filter(lead__deals=deal)) == set(touches)


def test_what_was_known_before_goes_into_the_deal(rep, accepted, stages):
    lead = accepted()
    services.write(services.of_lead(lead), {"need": "Fewer sheets"}, version=0, actor=rep)

    deal = services.convert(
        lead,
        {"competitor": "Spreadsheets"},
        version=1,
        actor=rep,
        name="Pilot",
        amount_minor=0,
        currency="EUR",
        stage=stages[0],
    )

    known = services.of_deal(deal)
    assert (known.need, known.competitor, deal.competitor) == (
        "Fewer sheets", "Spreadsheets", "Spreadsheets",
    )  # fmt: skip
    assert services.of_lead(lead).pk is None


def test_a_second_deal_of_the_lead_begins_with_nothing_known(rep, sold):
    first = sold()
    services.write(services.of_deal(first), KNOWN, version=0, actor=rep)

    assert services.of_lead(first.lead).is_empty


def test_who_writes_second_is_told_and_loses_nothing(client, rep, accepted, sign_in):
    lead = accepted()
    services.write(services.of_lead(lead), {"need": "One thing"}, version=0, actor=rep)

    answer = client.post(f"/leads/{lead.pk}/qualification/edit/", {"need": "Other", "version": 0})
    services_still = services.of_lead(lead).need
    overwritten = client.post(
        f"/leads/{lead.pk}/qualification/edit/", {"need": "Other", "version": 0, "overwrite": 1}
    )

    assert answer.status_code == 409
    assert "Other" in answer.content.decode()
    assert services_still == "One thing"
    assert overwritten.status_code == 302
    assert services.of_lead(lead).need == "Other"


def test_two_who_begin_at_once_write_one_row(rep, accepted):
    lead = accepted()
    first, second = services.of_lead(lead), services.of_lead(lead)
    services.write(first, {"need": "A"}, version=0, actor=rep)

    with pytest.raises(StaleQualification):
        services.write(second, {"need": "B"}, version=0, actor=rep)

    assert Qualification.objects.get().need == "A"


def test_the_history_of_the_deal_says_what_was_learned(client, sold):
    deal = sold()

    client.post(
        f"/deals/{deal.pk}/qualification/edit/", {**KNOWN, "competitor": "Rival", "version": 0}
    )

    deal.refresh_from_db()
    page = client.get(f"/deals/{deal.pk}/history/").content.decode()
    assert deal.competitor == "Rival"
    assert re.search(r"Budget\W.*changed", page)
    assert re.search(r"Competitor.*Rival", page, re.DOTALL)


def test_ticks_of_another_wording_are_kept(client, accepted, checklist, rep):
    lead = accepted()
    services.write(services.of_lead(lead), {"checked": ["An old wording"]}, version=0, actor=rep)

    client.post(f"/leads/{lead.pk}/qualification/edit/", {"checked": CHECKLIST[1:], "version": 1})

    assert services.of_lead(lead).checked == ["An old wording", CHECKLIST[1]]


def test_a_stage_may_want_the_qualification_complete(rep, sold, stages, checklist):
    deal = Deal.objects.get(pk=sold().pk)
    stages[0].exit_criteria = ["qualification.complete", "qualification.checklist"]
    stages[0].save()

    before = [found.met for _, found in criteria.of_stages(deal, [stages[0]])]
    services.write(services.of_deal(deal), {**KNOWN, "checked": CHECKLIST}, version=0, actor=rep)
    after = [found.met for _, found in criteria.of_stages(deal, [stages[0]])]

    assert (before, after) == ([False, False], [True, True])


def test_the_checklist_is_written_with_the_pipeline(sign_in):
    client = sign_in(role=Role.SALES_MANAGER)
    pipeline = Pipeline.objects.get()

    client.post(
        f"/settings/pipelines/{pipeline.pk}/",
        {"name": "Sales", "is_active": "on", "checklist": "One\n\nTwo\nOne\n"},
    )

    pipeline.refresh_from_db()
    assert pipeline.checklist == ["One", "Two"]


def test_the_panel_shows_from_acceptance_on(client, accepted, rep):
    fresh = LeadFactory(owner=rep, team=rep.team)
    lead = accepted()

    assert "Qualification" not in client.get(f"/leads/{fresh.pk}/qualification/").content.decode()
    assert "not known yet" in client.get(f"/leads/{lead.pk}/qualification/").content.decode()


def test_the_tab_of_a_deal_costs_few_queries(client, sold, django_assert_max_num_queries):
    deal = sold()

    with django_assert_max_num_queries(8):
        client.get(f"/deals/{deal.pk}/qualification/", headers={"HX-Request": "true"})


def test_opening_a_deal_makes_nobody_owner_of_a_new_company(client, accepted, stages):
    lead = accepted()

    convert(client, lead, stage=stages[0].pk, company="Nova")

    assert Deal.objects.get().company == Company.objects.get(name="Nova")
    assert Company.objects.get(name="Nova").owner is None
