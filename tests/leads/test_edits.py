"""Edits leave a history that says who and when, and can be taken back while they stand."""

import pytest

from crm.audit.models import Change
from crm.outbox.models import Effect
from crm.users.models import Role
from leads import ownership, services
from leads.consents import record_consent
from leads.models import Lead
from tests.factories import ChannelFactory, CompanyFactory, LeadFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return UserFactory(role=Role.SALES_MANAGER, team=TeamFactory())


def history(lead):
    edits = Change.objects.of(lead).exclude(batch=None).order_by("pk")
    return [(c.field, c.value_before, c.value_after) for c in edits]


def test_edit_is_written_with_its_history_and_asks_for_a_new_score(editor):
    company = CompanyFactory(name="Acme")
    lead = LeadFactory(name="Ana", job_title="CEO")

    services.edit_lead(lead, {"name": " Ana  Costa", "company": company}, actor=editor)

    lead.refresh_from_db()
    assert (lead.name, lead.company) == ("Ana Costa", company)
    assert lead.search_key == f"ana costa acme {lead.email}"
    assert history(lead) == [
        ("name", "Ana", "Ana Costa"),
        ("family_name", "", "Costa"),
        ("company_id", None, company.pk),
    ]
    assert {change.actor for change in Change.objects.of(lead).exclude(batch=None)} == {editor}
    assert Effect.objects.filter(kind=services.LEAD_CHANGED).count() == 1


def test_edit_that_changes_nothing_leaves_no_trace(editor):
    lead = LeadFactory(name="Ana")

    assert services.edit_lead(lead, {"name": "Ana "}, actor=editor) is None
    assert history(lead) == []
    assert not Effect.objects.filter(kind=services.LEAD_CHANGED).exists()


def test_edit_does_not_write_stage_score_owner_or_consent(editor):
    for field in ("stage", "score", "owner", "consent"):
        with pytest.raises(TypeError):
            services.edit_lead(LeadFactory(), {field: 1}, actor=editor)


def test_another_leads_address_is_refused_and_nothing_is_changed(editor):
    LeadFactory(email="taken@example.org")
    lead = LeadFactory(name="Ana", email="ana@example.org")

    with pytest.raises(services.EmailTaken):
        services.edit_lead(lead, {"name": "B", "email": "TAKEN@example.org"}, actor=editor)

    lead.refresh_from_db()
    assert (lead.name, lead.email) == ("Ana", "ana@example.org")
    assert history(lead) == []


def test_lead_keeps_a_name_or_an_address(editor):
    lead = LeadFactory(name="Ana", email="")

    with pytest.raises(services.LeadNotAccepted):
        services.edit_lead(lead, {"name": ""}, actor=editor)


def test_edit_is_taken_back(editor):
    old, new = ChannelFactory(), ChannelFactory()
    lead = LeadFactory(name="Ana", channel=old)
    batch = services.edit_lead(lead, {"name": "Bea", "channel": new}, actor=editor)

    services.take_back(batch, actor=editor)

    lead.refresh_from_db()
    assert (lead.name, lead.channel) == ("Ana", old)
    assert lead.search_key.startswith("ana ")
    assert history(lead)[-3:] == [
        ("name", "Bea", "Ana"), ("given_name", "Bea", "Ana"), ("channel_id", new.pk, old.pk),
    ]  # fmt: skip


def test_edit_is_not_taken_back_over_a_later_one(editor):
    lead = LeadFactory(name="Ana")
    batch = services.edit_lead(lead, {"name": "Bea"}, actor=editor)
    services.edit_lead(lead, {"name": "Cleo"}, actor=UserFactory())

    with pytest.raises(services.ChangedSince):
        services.take_back(batch, actor=editor)

    lead.refresh_from_db()
    assert lead.name == "Cleo"


def test_edit_is_not_taken_back_by_somebody_else(editor):
    lead = LeadFactory(name="Ana")
    batch = services.edit_lead(lead, {"name": "Bea"}, actor=editor)

    assert services.take_back(batch, actor=UserFactory()) == 0


def test_consent_is_recorded_with_time_and_source(editor):
    lead = LeadFactory()

    assert record_consent(lead, source="Fair", actor=editor)
    assert not record_consent(lead, source="Form", actor=editor)

    lead.refresh_from_db()
    assert (lead.consent, lead.consent_source) == (True, "Fair")
    assert lead.consent_at is not None
    assert ("consent", False, True) in history(lead)
    assert ("consent_source", "", "Fair") in history(lead)


def test_many_leads_get_one_owner_and_his_team(editor, django_assert_max_num_queries):
    old, new = UserFactory(team=TeamFactory()), UserFactory(team=TeamFactory())
    leads = [LeadFactory(owner=old, team=old.team) for _ in range(30)]
    kept = LeadFactory(owner=new, team=new.team)

    with django_assert_max_num_queries(10):
        given = ownership.assign_owner(Lead.objects.all(), new, actor=editor)

    assert given.count == 30
    assert set(Lead.objects.values_list("owner", "team")) == {(new.pk, new.team_id)}
    assert sorted(history(leads[0])) == [
        ("owner_id", old.pk, new.pk),
        ("team_id", old.team.pk, new.team.pk),
    ]
    assert history(kept) == []


def test_leads_are_freed_for_the_queue_of_their_team(editor):
    rep = UserFactory(team=TeamFactory())
    lead = LeadFactory(owner=rep, team=rep.team)

    ownership.assign_owner(Lead.objects.all(), None, actor=editor)

    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (None, rep.team)


def test_assignment_is_taken_back_except_where_it_was_changed_since(editor):
    old, new, third = UserFactory(team=TeamFactory()), UserFactory(), UserFactory()
    one, other, free = LeadFactory(owner=old), LeadFactory(owner=old), LeadFactory()
    given = ownership.assign_owner(Lead.objects.all(), new, actor=editor)
    ownership.assign_owner(Lead.objects.filter(pk=other.pk), third, actor=editor)

    assert ownership.take_back_assignment(given.batch, actor=editor) == 2

    owners = dict(Lead.objects.values_list("pk", "owner"))
    assert owners == {one.pk: old.pk, other.pk: third.pk, free.pk: None}


def test_leads_follow_their_owner_to_another_team():
    rep = UserFactory(team=TeamFactory())
    lead = LeadFactory(owner=rep, team=rep.team)
    rep.team = TeamFactory()
    rep.save()

    ownership.follow_team({"user": rep.pk})

    lead.refresh_from_db()
    assert lead.team == rep.team
