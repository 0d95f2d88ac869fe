"""Which rep gets a lead, and why."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils.timezone import now

from crm.funnel import choosing, handoffs, routing
from crm.funnel.models import Handoff, Reason, RobinTurn, RoutingRule
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import Absence, Role
from tests.factories import (
    ChannelFactory,
    CompanyFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
    waiting_handoff,
)

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture(autouse=True)
def _organisation(organisation):
    return organisation


def offered(**fields):
    """Return a handoff that was just opened."""
    lead = LeadFactory(score=80, **fields)
    return handoffs.open_handoff(lead, evidence={"score": 80})


def routed(handoff):
    routing.route(handoff.pk)
    handoff.refresh_from_db()
    handoff.lead.refresh_from_db()
    return handoff


def reject_reason(path):
    return Reason.objects.create(
        name=f"To {path}", use="reject", return_path=path, side=Reason.Side.ROUTING
    )


def test_opened_handoff_is_routed_by_its_effect(run_effects):
    rep = UserFactory(team=TeamFactory())
    handoff = offered()

    run_effects()

    handoff.refresh_from_db()
    assert handoff.rep == rep


def test_company_owner_comes_before_every_rule():
    ana, bob = UserFactory(name="Ana"), UserFactory(name="Bob")
    RoutingRule.objects.create(name="All to Bob", rep=bob)

    handoff = routed(offered(company=CompanyFactory(name="Acme", owner=ana)))

    assert handoff.rep == ana
    assert handoff.routing_reason == "Ana owns Acme"


def test_absent_company_owner_is_passed_over():
    ana, bob = UserFactory(), UserFactory()
    Absence.objects.create(user=ana, first_day=date(2000, 1, 1), last_day=date(2100, 1, 1))

    handoff = routed(offered(company=CompanyFactory(owner=ana)))

    assert handoff.rep == bob


def test_company_owner_without_capacity_is_passed_over():
    ana, bob = UserFactory(capacity=1), UserFactory()
    waiting_handoff(rep=ana)

    handoff = routed(offered(company=CompanyFactory(owner=ana)))

    assert handoff.rep == bob


def test_company_owner_who_cannot_log_in_is_passed_over():
    imported, bob = UserFactory(password=None), UserFactory()

    handoff = routed(offered(company=CompanyFactory(owner=imported)))

    assert handoff.rep == bob


def test_first_rule_that_holds_decides():
    north, south = TeamFactory(name="North"), TeamFactory(name="South")
    UserFactory(team=south)
    nora = UserFactory(name="Nora", team=north)
    RoutingRule.objects.create(name="Spain", countries="ES", team=south, position=1)
    RoutingRule.objects.create(name="Nordics", countries="SE,NO", team=north, position=2)
    RoutingRule.objects.create(name="Rest", team=south, position=3)

    handoff = routed(offered(country="SE"))

    assert (handoff.rep, handoff.team) == (nora, north)
    assert handoff.routing_reason == (
        "Rule “Nordics”: round robin in North: Nora’s turn, 0 of 30 waiting"
    )


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"industries": ["Retail"]}, True),
        ({"industries": ["Banking"]}, False),
        ({"sizes": ["50-249"]}, True),
        ({"sizes": ["1000+"]}, False),
        ({"countries": "DE"}, True),
        ({"countries": "DE", "sizes": ["1000+"]}, False),
    ],
)
def test_rule_asks_country_industry_and_size_of_the_company(condition, fits):
    UserFactory()
    ruled = UserFactory(team=TeamFactory())
    RoutingRule.objects.create(name="Ours", rep=ruled, **condition)
    RobinTurn.objects.create(rep=ruled, given=100)
    company = CompanyFactory(industry="retail", size="50-249", country="DE")

    handoff = routed(offered(company=company))

    assert (handoff.rep == ruled) is fits


def test_rule_asks_the_channel():
    events, ads = ChannelFactory(), ChannelFactory()
    host = UserFactory()
    rule = RoutingRule.objects.create(name="Events", rep=host)
    rule.channels.add(events)
    leads = [LeadFactory(channel=channel) for channel in (events, ads, None)]

    assert [choosing.holds(rule, lead) for lead in leads] == [True, False, False]


def test_rule_that_is_off_does_not_count():
    UserFactory()
    ruled = UserFactory()
    RoutingRule.objects.create(name="Off", rep=ruled, is_active=False)

    assert routed(offered()).rep != ruled


def test_absent_rep_of_a_rule_is_replaced_from_his_team():
    team = TeamFactory()
    away, mate = UserFactory(team=team), UserFactory(team=team)
    UserFactory()
    RoutingRule.objects.create(name="Hers", rep=away)
    Absence.objects.create(user=away, first_day=date(2000, 1, 1), last_day=date(2100, 1, 1))

    assert routed(offered()).rep == mate


def test_absence_counts_on_the_day_of_the_organisation():
    """At 23:30 UTC on 1 March it is 2 March in Berlin: the absence of 1 March is over."""
    rep = UserFactory()
    Absence.objects.create(user=rep, first_day=date(2026, 3, 1), last_day=date(2026, 3, 1))

    with time_machine.travel("2026-03-01T22:30:00Z", tick=False):
        early = routed(offered())
    with time_machine.travel("2026-03-01T23:30:00Z", tick=False):
        late = routed(offered())

    assert (early.rep, late.rep) == (None, rep)


def test_round_robin_follows_the_weights():
    ana, bob = UserFactory(weight=2, capacity=100), UserFactory(weight=1, capacity=100)

    reps = [routed(offered()).rep for _ in range(30)]

    assert (reps.count(ana), reps.count(bob)) == (20, 10)
    assert all(reps[i : i + 3].count(ana) == 2 for i in range(0, 30, 3))


def test_weight_zero_gets_nothing_from_the_round_robin():
    UserFactory(weight=0)
    other = UserFactory()

    assert {routed(offered()).rep for _ in range(3)} == {other}


def test_who_comes_back_does_not_get_all_that_he_missed():
    ana, bob = UserFactory(), UserFactory()
    RobinTurn.objects.create(rep=ana, given=50)
    RobinTurn.objects.create(rep=bob, given=0)

    reps = [routed(offered()).rep for _ in range(6)]

    assert reps.count(bob) in (3, 4)


def test_rep_without_capacity_is_left_out():
    full, free = UserFactory(capacity=1), UserFactory(capacity=3)
    waiting_handoff(rep=full)

    assert {routed(offered()).rep for _ in range(3)} == {free}


def test_deadline_runs_in_business_minutes(organisation):
    UserFactory()

    with time_machine.travel(MONDAY.replace(hour=15), tick=False):
        handoff = routed(offered())

    assert handoff.due_at == MONDAY.replace(day=3, hour=11)
    assert handoff.remind_at == MONDAY.replace(day=3, hour=10)


def test_organisation_without_working_time_still_has_deadlines(organisation):
    organisation.workdays = [None] * 7
    organisation.save()
    UserFactory()

    handoff = routed(offered())

    assert handoff.due_at == handoff.routed_at + timedelta(minutes=240)


def test_lead_becomes_the_reps_and_he_is_told_by_mail(run_effects):
    team = TeamFactory()
    rep = UserFactory(team=team)
    handoff = offered(name="Eva Lund")

    run_effects()
    run_effects()

    handoff.lead.refresh_from_db()
    assert (handoff.lead.owner, handoff.lead.team) == (rep, team)
    told = Notification.objects.get(user=rep)
    assert (told.kind, told.url) == ("action", f"/handoff/{handoff.pk}/")
    assert Mail.objects.get(to=rep.email).subject == "Eva Lund is waiting for your answer"


def test_routing_twice_changes_nothing():
    UserFactory(), UserFactory()
    handoff = routed(offered())
    before = Handoff.objects.filter(pk=handoff.pk).values().get()

    again = routing.route(handoff.pk)

    assert again is False
    assert Handoff.objects.filter(pk=handoff.pk).values().get() == before
    assert sum(RobinTurn.objects.values_list("given", flat=True)) == 1


def test_answered_handoff_is_not_routed():
    rep = UserFactory()
    handoff = offered()
    handoffs.accept(handoff, actor=rep)

    routing.route(handoff.pk)

    handoff.refresh_from_db()
    assert (handoff.rep, handoff.routed_at) == (rep, None)


def test_handoff_that_is_gone_is_no_error():
    routing.handle({"handoff": 999_999})

    assert not Handoff.objects.exists()


def test_who_gave_the_lead_back_does_not_get_it_again():
    team = TeamFactory()
    ana, bob = UserFactory(team=team), UserFactory(team=team)
    handoff = routed(offered())
    first = handoff.rep

    handoffs.reject(handoff, reason=reject_reason("reroute"), actor=first)
    second = routed(handoff.lead.handoffs.get(attempt=2))

    assert {first, second.rep} == {ana, bob}


def test_who_gave_the_lead_back_gets_it_when_nobody_else_exists():
    only = UserFactory()
    handoff = routed(offered())

    handoffs.reject(handoff, reason=reject_reason("reroute"), actor=only)
    second = routed(handoff.lead.handoffs.get(attempt=2))

    assert second.rep == only


def test_rule_whose_whole_team_gave_the_lead_back_leaves_it_to_the_next():
    north, south = TeamFactory(name="North"), TeamFactory(name="South")
    nora, sam = UserFactory(team=north), UserFactory(team=south)
    RoutingRule.objects.create(name="North", team=north, position=1)
    RoutingRule.objects.create(name="South", team=south, position=2)
    handoff = routed(offered())
    assert handoff.rep == nora

    handoffs.reject(handoff, reason=reject_reason("reroute"), actor=nora)

    assert routed(handoff.lead.handoffs.get(attempt=2)).rep == sam


class TestNobodyAvailable:
    @pytest.fixture
    def team(self):
        team = TeamFactory(name="North")
        self.rep = UserFactory(name="Ana", team=team, capacity=0)
        self.manager = UserFactory(role=Role.SALES_MANAGER, team=team)
        UserFactory(role=Role.SALES_MANAGER, team=TeamFactory())
        RoutingRule.objects.create(name="All", team=team)
        return team

    def test_lead_waits_in_the_teams_queue_with_a_deadline(self, team):
        handoff = routed(offered())

        assert (handoff.rep, handoff.team, handoff.routed_at) == (None, team, None)
        assert handoff.due_at > now()
        assert handoff.lead.team == team
        assert handoff.routing_reason == (
            "Rule “All”: nobody in North is available (0 away, 1 full)"
        )

    def test_manager_of_the_team_is_told_once(self, team, run_effects):
        handoff = offered(name="Eva")

        run_effects()
        routing.route_unassigned()
        routing.route_unassigned()

        told = Notification.objects.filter(url=f"/handoff/{handoff.pk}/")
        assert [(n.user, n.title) for n in told] == [(self.manager, "Nobody can take Eva")]

    def test_it_is_routed_when_somebody_is_available_again(self, team):
        handoff = routed(offered())
        self.rep.capacity = 5
        self.rep.save()

        routing.route_unassigned()

        handoff.refresh_from_db()
        assert handoff.rep == self.rep
        assert not Notification.objects.unread().filter(user=self.manager).exists()

    def test_all_managers_are_told_where_a_team_has_none(self, team):
        self.manager.delete()
        others = UserFactory(role=Role.SALES_MANAGER)

        routed(offered())

        assert others.notifications.count() == 1


def test_lead_of_a_rep_who_left_goes_to_another():
    gone, other = UserFactory(), UserFactory()
    handoff = waiting_handoff(rep=gone)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)

    routing.route_unassigned()

    handoff.refresh_from_db()
    handoff.lead.refresh_from_db()
    assert handoff.rep == handoff.lead.owner == other


def test_lead_of_a_rep_who_became_a_marketer_goes_to_another():
    changed, other = UserFactory(), UserFactory()
    handoff = waiting_handoff(rep=changed)
    type(changed).objects.filter(pk=changed.pk).update(role=Role.MARKETER)

    routing.route_unassigned()

    handoff.refresh_from_db()
    assert handoff.rep == handoff.lead.owner == other


def test_lead_that_waits_for_a_manager_of_sales_stays_his():
    boss = UserFactory(role=Role.SALES_MANAGER)
    UserFactory()
    handoff = waiting_handoff(rep=boss)

    routing.route_unassigned()

    handoff.refresh_from_db()
    assert handoff.rep == boss


def test_manager_is_told_that_nobody_can_take_the_lead_of_a_rep_who_left():
    team = TeamFactory()
    gone, boss = UserFactory(team=team), UserFactory(role=Role.SALES_MANAGER, team=team)
    handoff = waiting_handoff(rep=gone, due_at=now() + timedelta(hours=1))
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)

    routing.route_unassigned()
    routing.route_unassigned()

    assert boss.notifications.get().title == f"Nobody can take {handoff.lead}"


def test_manager_gives_a_waiting_handoff_to_another_rep(organisation):
    ana, bob = UserFactory(name="Ana"), UserFactory(name="Bob", team=TeamFactory())
    boss = UserFactory(name="Mia", role=Role.SALES_MANAGER)
    handoff = waiting_handoff(rep=ana, due_at=now() - timedelta(hours=1), reminded_at=now())

    routing.reassign(handoff, bob, actor=boss)

    handoff.refresh_from_db()
    assert (handoff.rep, handoff.team, handoff.attempt) == (bob, bob.team, 1)
    assert not handoff.is_overdue
    assert handoff.reminded_at is None
    assert handoff.routing_reason == "Mia gave it to Bob, before: Ana"
    handoff.lead.refresh_from_db()
    assert handoff.lead.owner == bob


def test_answered_handoff_cannot_be_given_to_another():
    ana, boss = UserFactory(), UserFactory(role=Role.SALES_MANAGER)
    handoff = waiting_handoff(rep=ana)
    handoffs.accept(handoff, actor=ana)

    with pytest.raises(handoffs.AlreadyAnswered):
        routing.reassign(handoff, UserFactory(), actor=boss)

    handoff.refresh_from_db()
    assert handoff.rep == ana


def test_given_to_whom_has_it_already_a_handoff_keeps_its_deadline_and_nobody_is_told(db):
    boss, bob = UserFactory(role=Role.SALES_MANAGER), UserFactory()
    handoff = waiting_handoff(rep=bob)
    due = handoff.due_at

    routing.reassign(handoff, bob, actor=boss)

    handoff.refresh_from_db()
    assert (handoff.rep, handoff.due_at) == (bob, due)
    assert not Notification.objects.filter(user=bob).exists()
