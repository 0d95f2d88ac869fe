"""A lead becomes a deal."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep, plan_follow_up
from crm.stages import Stage
from deals import services
from deals.models import Deal
from deals.services import NotAllowedNow
from leads.models import Company, Lead
from tests.factories import CompanyFactory, LeadFactory


def test_an_accepted_lead_passes_sql_on_its_way_to_opportunity(accepted, sold):
    lead = accepted()

    sold(lead)

    lead.refresh_from_db()
    moves = list(lead.transitions.values_list("old_stage", "new_stage"))
    assert lead.stage == Stage.OPPORTUNITY
    assert moves[-2:] == [("sal", "sql"), ("sql", "opportunity")]


def test_converting_copies_no_person_and_no_company(accepted, sold):
    lead = accepted(company=CompanyFactory())
    people, companies = Lead.objects.count(), Company.objects.count()

    deal = sold(lead)

    assert (Lead.objects.count(), Company.objects.count()) == (people, companies)
    assert (deal.lead, deal.company) == (lead, lead.company)


def test_a_lead_without_a_company_gets_that_of_the_deal(accepted, sold):
    lead, company = accepted(), CompanyFactory(name="Acme")

    sold(lead, company=company)

    lead.refresh_from_db()
    assert lead.company == company
    assert "acme" in lead.search_key


def test_the_deal_belongs_to_the_rep_and_his_team(sold, rep):
    deal = sold()

    assert (deal.owner, deal.team, deal.qualified_by) == (rep, rep.team, rep)


def test_a_deal_begins_its_history_and_its_next_activity(sold, rep):
    due = now() + timedelta(days=1)

    deal = sold(next_step=NextStep(Activity.Kind.DEMO, due))

    assert [(m.old, m.new, m.actor) for m in deal.moves.all()] == [("", "New", rep)]
    step = FollowUp.objects.get(deal=deal)
    assert (step.lead, step.owner, step.due_at) == (deal.lead, rep, due)


def test_a_second_deal_with_the_same_lead_is_allowed(sold):
    first = sold()

    second = sold(first.lead)

    assert second.lead == first.lead
    assert first.lead.transitions.filter(new_stage=Stage.OPPORTUNITY).count() == 1


@pytest.mark.parametrize("stage", [Stage.LEAD, Stage.MQL, Stage.RECYCLED, Stage.DISQUALIFIED])
def test_a_lead_that_sales_has_not_accepted_is_not_converted(rep, stages, stage):
    lead = LeadFactory()
    Lead.objects.filter(pk=lead.pk).update(stage=stage)

    with pytest.raises(NotAllowedNow, match="must have accepted"):
        services.convert(
            lead, name="No", amount_minor=0, currency="EUR", stage=stages[0], actor=rep
        )

    lead.refresh_from_db()
    assert lead.stage == stage
    assert not Deal.objects.exists()


def test_a_lead_takes_its_open_follow_ups_along_and_makes_no_second_call(accepted, sold, rep):
    lead = accepted()
    meeting = plan_follow_up(lead, NextStep(Activity.Kind.MEETING, now()), owner=rep)
    call = plan_follow_up(lead, NextStep(Activity.Kind.CALL, now()), owner=rep)
    later = now() + timedelta(days=2)

    deal = sold(lead, next_step=NextStep(Activity.Kind.CALL, later))

    assert set(FollowUp.objects.open().filter(deal=deal)) == {meeting, call}
    assert FollowUp.objects.get(pk=call.pk).due_at == later


def test_the_dialog_plans_no_call_where_one_is_open(accepted, sign_in, rep):
    lead = accepted()
    plan_follow_up(lead, NextStep(Activity.Kind.CALL, now(), "Ring Ana"), owner=rep)

    page = sign_in(rep).get(f"/leads/{lead.pk}/convert/").content.decode()

    assert "“Ring Ana” goes along." in page
    assert '<option value="" selected>Nothing yet</option>' in page
