"""Teams; and what a manager plans for his: capacity, weight, absence."""

from datetime import date

import pytest

from crm.funnel.models import RoutingRule
from crm.people import services
from crm.users.models import Absence, Role, Team, User
from tests.factories import TeamFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
DAYS = {"first_day": "2026-08-01", "last_day": "2026-08-14"}


def test_team_with_members_is_not_deleted():
    team = TeamFactory()
    UserFactory(team=team, is_active=False)

    with pytest.raises(services.TeamInUse, match="1 person has to move"):
        services.delete_team(team)

    assert Team.objects.filter(pk=team.pk).exists()


def test_team_that_a_routing_rule_names_is_not_deleted(sign_in):
    team = TeamFactory(name="North")
    rule = RoutingRule.objects.create(name="Nordics", team=team)

    page = sign_in(role=Role.ADMIN).post(f"/settings/teams/{team.pk}/delete/", follow=True)

    assert "North is named by “Nordics”. Change that first." in page.content.decode()
    assert RoutingRule.objects.get() == rule


def test_empty_team_is_deleted():
    team = TeamFactory()

    services.delete_team(team)

    assert not Team.objects.exists()


def test_team_names_are_unique_in_any_case(sign_in):
    TeamFactory(name="North")
    browser = sign_in(role=Role.ADMIN)

    response = browser.post("/settings/teams/new/", {"name": " north "})

    assert response.status_code == 422
    assert Team.objects.count() == 1


def test_team_is_renamed(sign_in):
    team = TeamFactory(name="North")

    sign_in(role=Role.ADMIN).post(f"/settings/teams/{team.pk}/edit/", {"name": "South"})

    team.refresh_from_db()
    assert team.name == "South"


def test_manager_plans_capacity_and_weight_of_his_team(sign_in):
    team = TeamFactory()
    rep = UserFactory(team=team, capacity=30)

    response = sign_in(role=Role.SALES_MANAGER, team=team).post(
        f"/settings/people/{rep.pk}/work/", {"capacity": 5, "weight": 2, "role": "admin"}
    )

    rep.refresh_from_db()
    assert response.status_code == 302
    assert (rep.capacity, rep.weight, rep.role) == (5, 2, Role.REP)


def test_manager_sees_his_team_and_no_administrator():
    team = TeamFactory()
    manager = UserFactory(role=Role.SALES_MANAGER, team=team)
    rep = UserFactory(team=team)
    UserFactory(team=team, role=Role.ADMIN)
    UserFactory(team=TeamFactory())
    UserFactory(team=None)

    assert set(User.objects.managed_by(manager)) == {manager, rep}
    assert not User.objects.managed_by(rep).exists()


def test_manager_without_a_team_plans_for_nobody():
    manager = UserFactory(role=Role.SALES_MANAGER, team=None)
    UserFactory(team=None)

    assert not User.objects.managed_by(manager).exists()


def test_everybody_plans_his_own_absence(sign_in):
    viewer = UserFactory(role=Role.VIEWER)
    browser = sign_in(viewer)

    browser.post(f"/settings/people/{viewer.pk}/absences/new/", DAYS)

    absence = Absence.objects.get()
    assert (absence.user, absence.first_day) == (viewer, date(2026, 8, 1))


def test_absence_ends_after_it_began(sign_in):
    rep = UserFactory()
    backwards = {"first_day": "2026-08-14", "last_day": "2026-08-01"}

    response = sign_in(rep).post(f"/settings/people/{rep.pk}/absences/new/", backwards)

    assert response.status_code == 422
    assert not Absence.objects.exists()


def test_rep_cannot_remove_a_colleagues_absence(sign_in):
    team = TeamFactory()
    colleague = UserFactory(team=team)
    absence = Absence.objects.create(
        user=colleague, first_day=date(2026, 8, 1), last_day=date(2026, 8, 2)
    )

    response = sign_in(UserFactory(team=team)).post(f"/absences/{absence.pk}/remove/")

    assert response.status_code == 404
    assert Absence.objects.exists()


def test_the_absent_are_not_present_on_the_days_of_absence_alone():
    rep = UserFactory()
    Absence.objects.create(user=rep, first_day=date(2026, 8, 1), last_day=date(2026, 8, 2))

    present = [
        rep in User.objects.present(date(2026, month, day))
        for month, day in ((7, 31), (8, 1), (8, 2), (8, 3))
    ]

    assert present == [True, False, False, True]
