"""A change of rules says how many leads become ready; sales is offered as many as was chosen."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils.timezone import now

from campaigns.models import HeldLead, Rescoring, ScoringRule
from campaigns.services import previews, record_touch, releasing, rescore_all, rescoring, rules
from campaigns.services.explaining import active_rules
from crm.audit.models import AuditEntry
from crm.funnel.agreements import change_definition
from crm.funnel.models import Handoff, MqlDefinition, Offering, StageTransition
from crm.outbox.models import Effect
from crm.stages import Stage
from crm.users.models import Role
from leads.models import Lead
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
MONDAY = datetime(2026, 12, 7, 9, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture
def mira(db):
    return UserFactory(role=Role.MARKETING_MANAGER)


def lower_the_bar(by, **offering):
    """Put a definition in force that every lead with a job title of 30 points meets."""
    change_definition(MqlDefinition(threshold=10, required_fields=["email"]), by=by, **offering)


def directors(count):
    """Return leads that the rule "Decision maker" alone gives points to."""
    return [LeadFactory(job_title="CEO") for _ in range(count)]


def offered():
    return Lead.objects.filter(stage=Stage.MQL).count()


def test_score_only_offers_nobody_until_a_lead_responds_again(mira, run_effects):
    quiet, active = directors(2)

    lower_the_bar(mira, offering=Offering.NONE)
    run_effects()
    rescoring.ask_for_decayed()
    run_effects()

    assert not Handoff.objects.exists()
    assert HeldLead.objects.count() == 2
    assert Lead.objects.get(pk=quiet.pk).score >= 10

    record_touch(active, "form", now(), "form:1")
    run_effects()

    assert Handoff.objects.get().lead == active


def test_some_a_day_go_to_sales_on_working_days_the_highest_scores_first(mira, run_effects):
    with time_machine.travel(MONDAY - timedelta(days=2), tick=False):  # a Saturday
        many = directors(5)
        best = many[3]
        best.country = "DE"
        best.save()
        ScoringRule.objects.filter(name="Decision maker").update(points=30)
        Effect.objects.all().delete()
        lower_the_bar(mira, offering=Offering.DAILY, a_day=2)
        run_effects()
        assert releasing.offer_todays() == 0
    Lead.objects.filter(pk=best.pk).update(score=90)

    with time_machine.travel(MONDAY, tick=False):
        assert releasing.offer_todays() == 2
        assert releasing.offer_todays() == 0
        assert best.pk not in HeldLead.objects.values_list("lead", flat=True)
        run_effects()
        assert offered() == 2

    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        assert releasing.offer_todays() == 2
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        assert releasing.offer_todays() == 1
        assert not HeldLead.objects.exists()


def test_all_at_once_also_offers_whom_an_earlier_change_held_back(mira, run_effects):
    directors(2)
    lower_the_bar(mira, offering=Offering.NONE)
    run_effects()
    assert offered() == 0

    rescore_all(offering=Offering.ALL)
    run_effects()

    assert offered() == 2
    assert not HeldLead.objects.exists()


def test_a_manager_offers_all_held_leads_with_one_click(mira, sign_in, run_effects):
    directors(2)
    lower_the_bar(mira, offering=Offering.NONE)
    run_effects()
    client = sign_in(mira)
    assert (
        "2 leads are ready for sales and held back"
        in client.get("/settings/scoring/").content.decode()
    )

    client.post("/settings/scoring/held/offer/")
    run_effects()

    assert offered() == 2
    assert AuditEntry.objects.filter(what__contains="held back").count() == 1
    assert "held back" not in client.get("/settings/scoring/").content.decode()


def test_no_lead_slips_through_while_the_pass_is_under_way(mira, run_effects):
    directors(3)
    lower_the_bar(mira, offering=Offering.NONE)
    changed = Effect.objects.get(kind="funnel.definition_changed")
    rescoring.handle_definition(changed.payload)

    rescoring.rescore(Lead.objects.all())  # the hourly pass comes before the chunks
    run_effects()

    assert offered() == 0
    assert HeldLead.objects.count() == 3


def test_going_back_to_earlier_rules_offers_nobody(mira, run_effects):
    directors(1)
    lower_the_bar(mira, offering=Offering.NONE)
    run_effects()
    stronger = [
        {**rule, "points": 40} if rule["name"] == "Decision maker" else rule
        for rule in rules.rules_now()
    ]
    made = rules.apply(stronger, actor=mira, offering=Offering.NONE)

    rules.restore(type(made).objects.get(number=1), actor=mira)
    run_effects()

    assert Rescoring.objects.order_by("-pk")[0].offering == Offering.NONE
    assert offered() == 0


def test_the_preview_of_a_definition_counts_who_becomes_ready_imported_ones_apart(mira, sign_in):
    ready, imported = directors(2)
    LeadFactory(job_title="Student")
    transition = StageTransition.objects.create(
        lead=imported, new_stage=Stage.LEAD, at=now(), import_id=7
    )
    assert transition.import_id

    found = previews.compare(
        active_rules(), active_rules(), definition=MqlDefinition(threshold=10, required_fields=[])
    )
    page = sign_in(mira).post(
        "/settings/definition/preview/",
        {"threshold": "10", "consent": "none", "seen": "of-an-earlier-version"},
    )

    assert (found.crossing, found.imported, found.leaving) == (2, 1, 0)
    assert "2 leads would become ready for sales, 1 of them imported" in page.content.decode()
    assert MqlDefinition.objects.count() == 1


def test_the_preview_says_who_ceases_to_be_ready(mira):
    directors(2)
    MqlDefinition.objects.update(threshold=10)

    found = previews.compare(
        active_rules(), active_rules(), definition=MqlDefinition(threshold=90, required_fields=[])
    )

    assert (found.crossing, found.leaving) == (0, 2)


def test_the_form_of_a_definition_asks_how_many_to_offer(mira, sign_in):
    client = sign_in(mira)
    form = {
        "threshold": "10",
        "note": "More volume",
        "consent": "none",
        "offering": "daily",
        "a_day": "",
    }

    refused = client.post("/settings/definition/new/", form)

    assert refused.status_code == 422
    assert "how many leads to offer" in refused.content.decode()
    assert MqlDefinition.objects.count() == 1

    client.post("/settings/definition/new/", {**form, "a_day": "20"})

    payload = Effect.objects.get(kind="funnel.definition_changed").payload
    assert (payload["offering"], payload["a_day"]) == ("daily", 20)
