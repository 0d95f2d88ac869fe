"""Who may make whom what, and who stays."""

import pytest

from crm.mailing.models import Mail
from crm.outbox import services as outbox
from crm.outbox.models import Effect
from crm.people import services, switching_off
from crm.users.models import Role, Scope, User
from tests.factories import DealFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return UserFactory(role=Role.ADMIN, name="Alice")


def test_manager_cannot_make_somebody_an_administrator():
    manager, rep = UserFactory(role=Role.SALES_MANAGER), UserFactory()

    with pytest.raises(services.NotAllowed):
        services.edit_user(rep, actor=manager, role=Role.ADMIN)

    rep.refresh_from_db()
    assert rep.role == Role.REP


def test_manager_cannot_edit_an_administrator(admin):
    manager = UserFactory(role=Role.MARKETING_MANAGER)

    with pytest.raises(services.NotAllowed):
        services.edit_user(admin, actor=manager, name="Mallory")

    admin.refresh_from_db()
    assert admin.name == "Alice"


def test_manager_cannot_create_an_administrator():
    with pytest.raises(services.NotAllowed):
        services.create_user(
            actor=UserFactory(role=Role.SALES_MANAGER), name="Eve", email="eve@example.com",
            role=Role.ADMIN, scope=Scope.ALL,
        )  # fmt: skip

    assert not User.objects.filter(name="Eve").exists()


def test_the_last_administrator_keeps_the_role(admin):
    UserFactory(role=Role.ADMIN, is_active=False)
    UserFactory(role=Role.ADMIN, password=None)

    with pytest.raises(services.LastAdministrator):
        services.edit_user(admin, actor=admin, role=Role.REP)
    with pytest.raises(services.LastAdministrator):
        switching_off.deactivate(admin, actor=admin)

    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)


def test_an_administrator_may_go_when_another_stays(admin):
    other = UserFactory(role=Role.ADMIN)

    switching_off.deactivate(admin, actor=other)

    admin.refresh_from_db()
    assert not admin.is_active


def test_somebody_switched_off_is_logged_out_and_stays_out(admin, organisation, sign_in):
    rep = UserFactory()
    browser = sign_in(rep)
    assert browser.get("/profile/").status_code == 200

    switching_off.deactivate(rep, actor=admin)

    assert browser.get("/profile/").status_code == 302


def test_a_new_team_is_told_to_the_apps_whose_rows_carry_it(admin, monkeypatch):
    monkeypatch.setitem(outbox.HANDLERS, "users.team_changed:test", lambda payload: None)
    rep, team = UserFactory(), TeamFactory()

    services.edit_user(rep, actor=admin, team=team)
    services.edit_user(rep, actor=admin, team=team, name="The same team")

    asked = Effect.objects.filter(kind="users.team_changed:test")
    assert [effect.payload for effect in asked] == [{"user": rep.pk}]


def test_administrator_invites_a_person_from_the_page(admin, organisation, sign_in):
    team = TeamFactory()

    response = sign_in(admin).post("/settings/people/new/", {
        "name": "Bob", "email": "Bob@Example.com", "role": "rep", "team": team.pk,
        "capacity": 12, "weight": 2,
    })  # fmt: skip

    bob = User.objects.get(email="bob@example.com")
    assert response.status_code == 302
    assert (bob.role, bob.scope, bob.team, bob.capacity, bob.weight) == ("rep", "own", team, 12, 2)
    assert bob.invited_at is not None
    assert not bob.can_log_in
    assert Mail.objects.get().to == "bob@example.com"


@pytest.mark.parametrize(
    "email", ["", "bob", '"<script>"@x.com', "=1+1@x.com", "bob\u202e@x.com", "taken@example.com"]
)
def test_an_odd_or_taken_address_is_refused_and_nobody_is_made(email, admin, organisation, sign_in):
    UserFactory(email="taken@example.com")
    before = User.objects.count()

    response = sign_in(admin).post(
        "/settings/people/new/",
        {"name": "Bob", "email": email, "role": "rep", "capacity": 1, "weight": 1},
    )

    assert response.status_code == 422
    assert User.objects.count() == before
    assert not Mail.objects.exists()


def test_an_unknown_role_or_scope_is_refused(admin, organisation, sign_in):
    rep = UserFactory()

    response = sign_in(admin).post(f"/settings/people/{rep.pk}/edit/", {
        "name": "x", "email": rep.email, "role": "god", "scope": "galaxy", "capacity": 1,
        "weight": 1,
    })  # fmt: skip

    rep.refresh_from_db()
    assert response.status_code == 422
    assert rep.role == Role.REP


def test_page_tells_that_the_last_administrator_stays(admin, organisation, sign_in):
    response = sign_in(admin).post(f"/settings/people/{admin.pk}/edit/", {
        "name": "Alice", "email": admin.email, "role": "viewer", "capacity": 1, "weight": 1,
    })  # fmt: skip

    assert response.status_code == 422
    assert "The last administrator has to stay" in response.content.decode()


def test_switching_off_can_be_taken_back(admin, organisation, sign_in):
    rep, browser = UserFactory(), sign_in(admin)

    browser.post(f"/settings/people/{rep.pk}/switch-off/")
    rep.refresh_from_db()
    was_off = not rep.is_active
    browser.post(f"/settings/people/{rep.pk}/switch-on/")
    rep.refresh_from_db()

    assert was_off
    assert rep.is_active


def test_list_asks_the_database_as_often_for_fifty_people_as_for_five(
    admin, organisation, sign_in, django_assert_max_num_queries
):
    browser = sign_in(admin)
    for count in (5, 45):
        team = TeamFactory()
        UserFactory.create_batch(count, team=team)
        with django_assert_max_num_queries(8):
            response = browser.get("/settings/people/")
        assert response.status_code == 200


def test_list_is_filtered_and_sorted_by_known_keys_only(admin, organisation, sign_in):
    UserFactory(name="Zoe Marketer", role=Role.MARKETER)
    UserFactory(name="Yan Rep", role=Role.REP)
    browser = sign_in(admin)

    found = browser.get("/settings/people/", {"q": "zoe", "role": "marketer"})
    odd = browser.get("/settings/people/", {"sort": "password", "role": "god", "team": "x"})

    assert [user.name for user in found.context["page"]] == ["Zoe Marketer"]
    assert odd.status_code == 200


def test_leads_deals_and_waiting_handoffs_go_along_to_the_new_team(admin, run_effects):
    old, new = TeamFactory(), TeamFactory()
    rep = UserFactory(team=old)
    waiting = waiting_handoff(rep=rep)
    deal = DealFactory(owner=rep, team=old)

    services.edit_user(rep, actor=admin, team=new)
    run_effects()

    waiting.refresh_from_db()
    deal.refresh_from_db()
    assert waiting.team == new
    assert waiting.lead.team == new
    assert deal.team == new
