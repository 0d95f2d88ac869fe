"""Switching a person off: what they own gets a new owner, what they did stays theirs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils.timezone import now

from campaigns.models import Feedback
from crm.activities.models import Activity, FollowUp
from crm.audit.models import Change
from crm.funnel.models import Handoff, RobinTurn, RoutingRule
from crm.outbox.models import Effect
from crm.outbox.services import sweep
from crm.people import belongings, switching_off
from crm.people.belongings import KINDS
from crm.people.switch_off_form import QUEUE, SwitchOffForm
from crm.reports.models import SavedReport
from crm.users.models import Role, Transfer, User
from deals.models import Deal
from deals.playbooks.models import Playbook, PlaybookRun
from leads.models import Company, Lead
from tests.factories import (
    CampaignFactory,
    CaptureFormFactory,
    CompanyFactory,
    DealFactory,
    LeadFactory,
    NewsletterFactory,
    SegmentFactory,
    SequenceFactory,
    TeamFactory,
    UserFactory,
    waiting_handoff,
)
from tests.matrix.objects import verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def team():
    return TeamFactory(name="North")


@pytest.fixture
def admin():
    return UserFactory(name="Alex", role=Role.ADMIN)


@pytest.fixture
def rita(team):
    return UserFactory(name="Rita", team=team)


@pytest.fixture
def sam(team):
    return UserFactory(name="Sam", role=Role.SALES_MANAGER, team=team)


@pytest.fixture
def mira():
    return UserFactory(name="Mira", role=Role.MARKETING_MANAGER)


def handoff_of_others(rep):
    """One that waits for a rep although the lead is nobody's."""
    waiting = waiting_handoff(rep=rep)
    Lead.objects.filter(pk=waiting.lead_id).update(owner=None)
    return waiting


def carry_everything():
    """Carry out all that follows from the switch; hints are not taken inside a test."""
    while sweep():
        pass


def follow_up(owner, lead=None, **values):
    lead = lead or LeadFactory()
    return FollowUp.objects.create(
        lead=lead, owner=owner, title="Call", kind=Activity.Kind.CALL, due_at=now(), **values
    )


def run(owner):
    book, _ = Playbook.objects.get_or_create(name="Cold", use=Playbook.Use.LEADS)
    lead = LeadFactory()
    return PlaybookRun.objects.create(
        playbook=book, lead=lead, owner=owner, steps=[], lead_stage=lead.stage
    )


def mailed_report(user):
    saved = SavedReport.objects.create(user=user, report="funnel", name="Funnel", every="weekly")
    saved.recipients.add(UserFactory(role=Role.VIEWER))
    return saved


MAKERS = {
    "leads": lambda user: LeadFactory(owner=user, team=user.team),
    "companies": lambda user: CompanyFactory(owner=user),
    "handoffs": handoff_of_others,
    "deals": lambda user: DealFactory(owner=user),
    "follow-ups": follow_up,
    "playbooks": run,
    "campaigns": lambda user: CampaignFactory(owner=user),
    "forms": lambda user: CaptureFormFactory(owner=user),
    "segments": lambda user: SegmentFactory(owner=user),
    "newsletters": lambda user: NewsletterFactory(owner=user),
    "sequences": lambda user: SequenceFactory(owner=user),
    "rules": lambda user: RoutingRule.objects.create(name="All", rep=user),
    "reports": mailed_report,
}
"""Something of each kind that a user owns."""
TAKER_ROLES = {"rules": Role.REP, "reports": Role.SALES_MANAGER} | dict.fromkeys(
    ["campaigns", "forms", "segments", "newsletters", "sequences"], Role.MARKETER
)

ALONG = {
    "campaigns.Feedback.owner": "unread, with the campaigns",
    "funnel.RobinTurn.rep": "dropped at once",
}
WHO_DID_IT = {
    "created_by", "recorded_by", "actor", "by", "opened_by", "answered_by", "disputed_by",
    "ruled_by", "discarded_by", "decided_by", "added_by", "entered_by", "qualified_by", "asked_by",
    "updated_by", "started_by", "undone_by", "adopted_by", "author",
}  # fmt: skip
"""Columns that say who did something: they stay, so that the past names the right person."""
STAYS = {
    "users.Absence.user": "says when this person was away",
    "users.Transfer.giver": "says from whom",
    "users.Transfer.taker": "says to whom",
    "notifications.Notification.user": "was said to this person",
    "leads.SavedView.user": "a view of this person's own",
    "activities.CalendarFeed.user": "closed while they are off",
    "correspondence.EmailTemplate.owner": "words of this person's own; shared ones have no owner",
    "correspondence.UserMailbox.user": "this person's own address",
    "forecast.Quota.user": "the quota stays with what was won against it",
    "forecast.SnapshotLine.owner": "the past",
    "reports.SavedReport.recipients": "who is off gets no mail",
    "home.Rebalancing.giver": "the past",
    "home.RebalancedRow.taker": "the past",
}


def fields_to_users():
    for model in apps.get_models():
        if model.__module__.partition(".")[0] in ("crm", "leads", "campaigns", "deals"):
            for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
                if field.related_model is User:
                    yield f"{model._meta.label}.{field.name}"


def test_every_column_that_names_a_user_is_decided():
    moves = {kind.field for kind in KINDS.values()}
    found = set(fields_to_users())

    undecided = {
        field
        for field in found - moves - ALONG.keys() - STAYS.keys()
        if field.rpartition(".")[2] not in WHO_DID_IT
    }

    assert undecided == set()
    assert moves | ALONG.keys() | STAYS.keys() <= found, "decided, but not there any more"
    assert MAKERS.keys() == KINDS.keys()


def everything_to(user, taker):
    return {kind.key: taker for kind, _ in switching_off.owned_by(user)}


@pytest.mark.parametrize("key", MAKERS)
def test_what_a_person_owns_gets_the_chosen_owner(key, admin, rita):
    row, other = MAKERS[key](rita), MAKERS[key](UserFactory())
    column = KINDS[key].field.rpartition(".")[2]
    taker = UserFactory(role=TAKER_ROLES.get(key, Role.SALES_MANAGER), team=TeamFactory())
    theirs = getattr(other, column)
    takers = everything_to(rita, taker)
    assert [kind.key for kind, _ in switching_off.owned_by(rita)] == [key]

    switching_off.deactivate(rita, actor=admin, takers=takers)
    carry_everything()

    row.refresh_from_db()
    other.refresh_from_db()
    assert getattr(row, column) == taker
    assert getattr(other, column) == theirs
    done = Transfer.objects.get()
    assert (done.kind, done.count, done.moved, done.taker) == (key, 1, 1, taker)
    assert done.done_at is not None
    assert switching_off.owned_by(rita) == []
    assert not Effect.objects.dead().exists()


@pytest.mark.parametrize("key", MAKERS)
def test_nobody_takes_over_who_may_not_hold_it(key, admin, rita, sign_in):
    MAKERS[key](rita)
    viewer = UserFactory(role=Role.VIEWER)
    gone = UserFactory(role=Role.SALES_MANAGER, is_active=False)
    url = reverse("users:deactivate", args=[rita.pk])

    for taker in (viewer, gone, rita):
        with pytest.raises(switching_off.NoTaker):
            switching_off.deactivate(rita, actor=admin, takers={key: taker})
        assert sign_in(admin).post(url, {key: taker.pk}).status_code == 422
    with pytest.raises(switching_off.NoTaker):
        switching_off.deactivate(rita, actor=admin)

    rita.refresh_from_db()
    assert rita.is_active
    assert not Transfer.objects.exists()


def test_the_dialog_counts_and_offers_the_teams_manager(admin, rita, sam, sign_in):
    UserFactory(name="Other", role=Role.SALES_MANAGER)
    for _ in range(3):
        LeadFactory(owner=rita, team=rita.team)
    DealFactory(owner=rita, lead=Lead.objects.first())

    form = SwitchOffForm(person=rita)
    page = sign_in(admin).get(reverse("users:deactivate", args=[rita.pk])).content.decode()

    assert [field.label for field in form.fields.values()] == ["Leads: 3", "Open deals: 1"]
    assert {field.initial for field in form.fields.values()} == {str(sam.pk)}
    assert "Queue of North" in page
    assert "Leads: 3" in page


def test_without_a_manager_somebody_has_to_be_chosen(admin, rita):
    LeadFactory(owner=rita)
    for _ in range(2):
        UserFactory(role=Role.SALES_MANAGER, team=TeamFactory())
        UserFactory(role=Role.ADMIN)

    form = SwitchOffForm({}, person=rita)

    assert form.fields["leads"].initial == ""
    assert not form.is_valid()


def test_from_the_page_leads_go_to_the_queue_and_deals_to_the_manager(admin, rita, sam, sign_in):
    lead = LeadFactory(owner=rita, team=rita.team)
    call, offered = follow_up(rita, lead), waiting_handoff(rep=rita, lead=lead)
    deal = DealFactory(owner=rita)

    answer = sign_in(admin).post(
        reverse("users:deactivate", args=[rita.pk]), {"leads": QUEUE, "deals": sam.pk}
    )
    carry_everything()

    for row in (lead, call, offered, deal):
        row.refresh_from_db()
    assert answer.status_code == 302
    assert (lead.owner, lead.team, call.owner, call.team) == (None, rita.team, None, rita.team)
    assert (offered.rep, offered.team, deal.owner) == (None, rita.team, sam)
    page = sign_in(admin).get(answer.url).content.decode()
    assert "Queue of the team" in page
    assert "1 of 1" in page


def test_open_handoffs_and_follow_ups_follow_the_leads_and_a_breach_stays(admin, rita, sam):
    lead = LeadFactory(owner=rita)
    late = waiting_handoff(rep=rita, lead=lead)
    Handoff.objects.filter(pk=late.pk).update(due_at=now() - timedelta(hours=1), routed_at=now())
    call = follow_up(rita, lead)

    switching_off.deactivate(rita, actor=admin, takers={"leads": sam})
    carry_everything()

    late.refresh_from_db()
    call.refresh_from_db()
    assert (late.rep, call.owner) == (sam, sam)
    assert late.due_at > now()
    assert late.breached_at is not None


def test_many_records_move_in_slices_and_none_twice(admin, rita, sam, monkeypatch):
    monkeypatch.setattr(belongings, "AT_ONCE", 10)
    for _ in range(25):
        LeadFactory(owner=rita)
    for _ in range(3):
        DealFactory(owner=rita)

    switching_off.deactivate(rita, actor=admin, takers={"leads": sam, "deals": sam})
    first = Effect.objects.get(kind="users.transfer:leads")
    belongings.carry(first.payload)
    halfway = Transfer.objects.get(kind="leads").moved
    carry_everything()

    assert halfway == 10
    leads, deals = Transfer.objects.order_by("pk")
    assert (leads.moved, deals.moved) == (25, 3)
    assert leads.done_at <= deals.done_at
    assert Lead.objects.filter(owner=sam).count() == 25
    assert Change.objects.of_field(Lead, "owner").exclude(batch=None).count() == 25
    belongings.carry(first.payload)
    assert Transfer.objects.get(kind="leads").moved == 25


def test_a_slice_of_deals_is_smaller_than_one_of_leads(admin, rita, sam, monkeypatch):
    asked = {}
    for key in ("leads", "deals"):
        MAKERS[key](rita)
        kind = KINDS[key]

        def give(giver, taker, actor, most, kind=kind):
            asked[kind.key] = most
            return kind.give(giver, taker, actor, most)

        monkeypatch.setitem(KINDS, key, replace(kind, give=give))

    switching_off.deactivate(rita, actor=admin, takers={"leads": sam, "deals": sam})
    carry_everything()

    assert asked == {"leads": 200, "deals": 40}


def test_the_history_says_who_gave_it(admin, rita, sam, mira):
    lead, deal, campaign = LeadFactory(owner=rita), DealFactory(owner=rita), CampaignFactory()
    type(campaign).objects.update(owner=rita)
    takers = {"leads": sam, "deals": sam, "campaigns": mira}

    switching_off.deactivate(rita, actor=admin, takers=takers)
    carry_everything()

    assert Change.objects.of(lead).of_field(Lead, "owner").latest("pk").actor == admin
    for record, taker in ((deal, sam), (campaign, mira)):
        change = Change.objects.of(record).get(field="owner_id", before=str(rita.pk))
        assert (change.actor, change.after) == (admin, str(taker.pk))
    assert deal.moves.filter(actor=admin).exists()


def test_unread_feedback_goes_with_the_campaigns(admin, mira):
    maya = UserFactory(role=Role.MARKETER)
    CampaignFactory(owner=maya)
    unread = Feedback.objects.create(verdict=verdict(None, None), owner=maya)

    switching_off.deactivate(maya, actor=admin, takers={"campaigns": mira})
    carry_everything()

    unread.refresh_from_db()
    assert unread.owner == mira


def test_rules_and_turns_no_longer_name_the_person(admin, rita):
    RobinTurn.objects.create(rep=rita, given=3)
    rule = RoutingRule.objects.create(name="DACH", rep=rita)

    switching_off.deactivate(rita, actor=admin, takers={"rules": None})
    carry_everything()

    rule.refresh_from_db()
    assert (rule.rep, rule.team) == (None, rita.team)
    assert not RobinTurn.objects.exists()


def test_won_deals_done_follow_ups_and_quotas_stay(admin, rita, sam):
    won = DealFactory(owner=rita, status=Deal.Status.WON, closed_at=now())
    done = follow_up(rita, done_at=now())

    switching_off.deactivate(rita, actor=admin, takers=everything_to(rita, sam))
    carry_everything()

    won.refresh_from_db()
    done.refresh_from_db()
    assert (won.owner, done.owner) == (rita, rita)


def test_who_comes_back_gets_nothing_back_silently(admin, rita, sam, sign_in, monkeypatch):
    monkeypatch.setattr(belongings, "AT_ONCE", 2)
    for _ in range(3):
        LeadFactory(owner=rita)
    switching_off.deactivate(rita, actor=admin, takers={"leads": sam})
    belongings.carry(Effect.objects.get(kind="users.transfer:leads").payload)
    client = sign_in(admin)

    client.post(reverse("users:reactivate", args=[rita.pk]))
    carry_everything()

    assert Lead.objects.filter(owner=sam).count() == 2
    assert Lead.objects.filter(owner=rita).count() == 1
    stopped = Transfer.objects.get()
    assert stopped.stopped
    assert "What went to others stays with them" in client.get("/settings/people/").content.decode()
    page = client.get(reverse("users:work", args=[rita.pk])).content.decode()
    assert "Stopped: switched on again" in page


def test_nobody_goes_while_records_still_come_to_them(admin, rita, sam):
    LeadFactory(owner=rita)
    switching_off.deactivate(rita, actor=admin, takers={"leads": sam})

    with pytest.raises(switching_off.NoTaker, match="Wait"):
        switching_off.deactivate(sam, actor=admin)


def test_the_dialog_counts_each_kind_once(admin, rita, django_assert_max_num_queries):
    for make in MAKERS.values():
        make(rita)

    with django_assert_max_num_queries(3 * len(KINDS)):
        form = SwitchOffForm(person=rita)

    assert [kind.key for kind, _ in form.owned] == [kind.key for kind in belongings.kinds()]
    assert Company.objects.filter(owner=rita).exists()
