"""The first run, from an empty database to the first page."""

import pytest
from django.test import Client

from crm.mailing.models import Mail
from crm.outbox import services as outbox
from crm.outbox.models import Effect
from crm.people.set_up import LOAD_DEMO
from crm.users.middleware import FirstRunMiddleware
from crm.users.models import Organisation, Role, Team, User
from tests.factories import UserFactory
from tests.matrix.users import HOURS

pytestmark = pytest.mark.django_db
COMPANY = {"name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin", **HOURS}
ME = {"name": "Alice", "email": "Alice@Example.com", "password": "correct horse battery"}


@pytest.fixture(autouse=True)
def nothing_set_up(set_up_done):
    FirstRunMiddleware.done = False


def walk(client: Client, *screens: dict[str, str]) -> None:
    for screen in screens:
        assert client.post("/setup/", screen).status_code == 302


@pytest.mark.parametrize("path", ["/", "/settings/", "/styleguide/", "/no/such/page/"])
def test_every_page_of_an_empty_installation_leads_to_the_set_up(client, path):
    assert client.get(path).url == "/setup/"


def test_four_screens_make_an_organisation_with_an_administrator_who_is_logged_in(client):
    walk(client, COMPANY, ME, {"team": "North", "role_0": "rep", "role_1": "rep", "role_2": "rep"},
         {"start": "empty"})  # fmt: skip

    me = User.objects.get()
    organisation = Organisation.get()
    assert (me.email, me.role, me.scope) == ("alice@example.com", Role.ADMIN, "all")
    assert (organisation.name, organisation.set_up_at is not None) == ("Acme", True)
    assert organisation.workdays[0] == ["09:00", "17:00"]
    assert Team.objects.get().name == "North"
    assert client.get("/profile/").status_code == 200


def test_each_screen_can_be_read(client):
    steps = []
    for screen in (COMPANY, ME, {"skip": "1", **ROLES}, {"start": "empty"}):
        page = client.get("/setup/")
        steps.append((page.status_code, page.context["step"]))
        client.post("/setup/", screen)

    assert steps == [(200, 1), (200, 2), (200, 3), (200, 4)]


ROLES = {"role_0": "rep", "role_1": "marketer", "role_2": "sales_manager"}


def test_set_up_invites_the_first_people(client):
    invited = {
        **ROLES,
        "team": "North",
        "email_0": "Rita@example.com",
        "email_1": "max@example.com",
    }

    walk(client, COMPANY, ME, invited)

    rita = User.objects.get(email="rita@example.com")
    assert (rita.role, rita.scope, str(rita.team)) == (Role.REP, "own", "North")
    assert User.objects.get(email="max@example.com").team is None
    assert {mail.to for mail in Mail.objects.all()} == {"rita@example.com", "max@example.com"}


def test_set_up_goes_on_where_it_was_left(client):
    walk(client, COMPANY)

    later = Client()
    assert later.get("/setup/").context["step"] == 2

    walk(later, ME)
    assert later.get("/setup/").context["step"] == 3


def test_only_the_administrator_goes_on_once_there_is_one(client):
    walk(client, COMPANY, ME)

    stranger = Client()
    answers = [stranger.get("/setup/"), stranger.get("/setup/?step=1"),
               stranger.post("/setup/", ME), stranger.post("/setup/?step=1", COMPANY)]  # fmt: skip

    assert [answer["Location"] for answer in answers] == ["/login/?next=/setup/"] * 4
    assert stranger.get("/login/").status_code == 200
    assert User.objects.count() == 1


def test_a_stranger_cannot_set_up_an_installation_that_has_an_administrator(client):
    UserFactory(role=Role.ADMIN)

    response = client.post("/setup/", COMPANY)

    assert response.url == "/login/?next=/setup/"
    assert not Organisation.objects.exists()


def test_the_first_screen_can_be_corrected(client):
    walk(client, COMPANY)

    again = client.post("/setup/?step=1", {**COMPANY, "name": "Better Acme"})

    assert again.status_code == 302
    assert Organisation.get().name == "Better Acme"
    assert client.get("/setup/").context["step"] == 2


@pytest.mark.parametrize("wrong", [{"name": ""}, {"time_zone": ""}, {"from_0": "19:00"}])
def test_a_wrong_organisation_is_refused(client, wrong):
    response = client.post("/setup/", {**COMPANY, **wrong})

    assert response.status_code == 422
    assert not Organisation.objects.exists()


@pytest.mark.parametrize("wrong", [{"password": "12345678"}, {"email": "no"}, {"name": ""}])
def test_a_wrong_administrator_is_refused(client, wrong):
    walk(client, COMPANY)

    response = client.post("/setup/", {**ME, **wrong})

    assert response.status_code == 422
    assert not User.objects.exists()


def test_imported_users_are_no_reason_to_ask_for_a_log_in(client):
    UserFactory(password=None, external_id="sdr-1", role=Role.REP)

    walk(client, COMPANY, ME)

    assert User.objects.administrators().count() == 1


def test_the_second_visit_is_404(client):
    walk(client, COMPANY, ME, {"skip": "1", **ROLES}, {"start": "empty"})

    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", {"start": "sample"}).status_code == 404
    assert Client().get("/setup/").status_code == 404


def test_sample_company_is_asked_for_once_and_the_page_waits_for_it(client, monkeypatch):
    monkeypatch.setitem(outbox.HANDLERS, LOAD_DEMO, lambda payload: None)
    walk(client, COMPANY, ME, {"skip": "1", **ROLES})

    response = client.post("/setup/", {"start": "sample"})
    waiting = client.get("/welcome/")
    asked = Effect.objects.filter(kind=LOAD_DEMO).count()
    outbox.carry(LOAD_DEMO)
    arrived = client.get("/welcome/", headers={"hx-request": "true"})

    assert response.url == "/welcome/"
    assert "Loading the sample company" in waiting.content.decode()
    assert asked == 1
    assert arrived.headers["HX-Redirect"] == "/"


def test_sample_company_can_be_asked_for_later_once(client, monkeypatch):
    monkeypatch.setitem(outbox.HANDLERS, LOAD_DEMO, lambda payload: None)
    walk(client, COMPANY, ME, {"skip": "1", **ROLES}, {"start": "empty"})

    offer = client.get("/welcome/").content.decode()
    before = Effect.objects.filter(kind=LOAD_DEMO).count()
    client.post("/welcome/")
    client.post("/welcome/")

    assert "Load a sample company?" in offer
    assert before == 0
    assert Effect.objects.filter(kind=LOAD_DEMO).count() == 1
