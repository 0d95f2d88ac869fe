"""What people are told when a value cannot be stored, and when the database or the disk fails."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.db import DataError, OperationalError
from django.test import Client
from django.utils.timezone import now

from crm.common.bodies import STRANGERS, USERS
from crm.common.logs import hide_secrets
from crm.common.retention import prune_all
from crm.importing.models import Import
from crm.outbox.services import sweep
from crm.people import switching_off
from crm.users.models import Role
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def failing(error):
    def fail(*args, **kwargs):
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("database is locked"), 503),
        (OSError(28, "No space left on device"), 503),
        (DataError("bigint out of range"), 400),
        (ValueError("A string literal cannot contain NUL (0x00) characters."), 400),
        (OverflowError("Python int too large to convert to SQLite INTEGER"), 400),
    ],
)
def test_a_failure_is_answered_by_whose_fault_it_is(sign_in, monkeypatch, error, status):
    client = sign_in(role=Role.ADMIN)
    monkeypatch.setattr("leads.models.LeadQuerySet.visible_to", failing(error))

    answer = client.get("/leads/")

    assert answer.status_code == status
    assert answer.get("Retry-After") == ("60" if status == 503 else None)


def test_a_locked_database_is_said_so_before_the_view_too(sign_in, monkeypatch):
    client = sign_in(role=Role.ADMIN)
    client.raise_request_exception = False
    locked = failing(OperationalError("database is locked"))
    monkeypatch.setattr("django.contrib.auth.get_user", locked)
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", locked)

    answer = client.get("/leads/")

    assert answer.status_code == 503
    assert "waits for its database" in answer.content.decode()


def test_our_own_faults_stay_500(sign_in, monkeypatch):
    client = sign_in(role=Role.ADMIN)
    client.raise_request_exception = False
    monkeypatch.setattr("leads.models.LeadQuerySet.visible_to", failing(ValueError("ours")))

    assert client.get("/leads/").status_code == 500


@pytest.mark.parametrize("path", ["/calendar/%00.ics", "/f/%00/", "/leads/9999999999999999999/"])
def test_an_address_that_leads_nowhere_is_no_failure(sign_in, path):
    assert sign_in(role=Role.ADMIN).get(path).status_code in (400, 404)


def test_bodies_are_bounded_by_the_kind_of_page(sign_in):
    lead, client = LeadFactory(name="Ana"), sign_in(role=Role.ADMIN)

    stranger = Client().post("/login/", {"login": "x" * STRANGERS})
    user = client.post(f"/leads/{lead.pk}/edit/", {"name": "x" * USERS})

    assert (stranger.status_code, user.status_code) == (413, 413)
    assert "256" in stranger.content.decode() or "0.25 MB" in stranger.content.decode()
    lead.refresh_from_db()
    assert lead.name == "Ana"
    assert client.post("/imports/new/", {"kind": "x" * (USERS - 600_000)}).status_code != 413
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "line",
    [
        "GET /invitation/WzEsIjFhMmIzYzRkNWU2ZjdhOGI5Il0:1abcde:x_y-z/",
        "Not Found: /password/reset/1-cz5k2x-0123456789abcdef0123456789abcdef/",
        "GET /calendar/kJ8s7d6f5g4h3j2k1l0q9w8e7r6t5y4u.ics",
        "GET /q/5d0bd1f0-1111-4222-8333-123456789abc/",
    ],
)
def test_no_link_that_lets_somebody_in_stands_in_the_log(line):
    event = hide_secrets(None, "info", {"event": line, "request": line, "ip": "192.0.2.7"})

    assert "…" in event["event"]
    assert event["event"] == event["request"]
    assert not [part for part in event["event"].split("/") if len(part) > 30]
    assert "ip" not in event


def test_addresses_of_visitors_are_logged_only_if_switched_on(settings):
    settings.LOG_ADDRESSES = True

    assert hide_secrets(None, "info", {"event": "x", "ip": "192.0.2.7"})["ip"] == "192.0.2.7"
    assert configured.SILENCED_SYSTEM_CHECKS == ["security.W005", "security.W021"]


def test_check_deploy_asks_for_the_proxy_and_the_sender(settings):
    settings.SECURE, settings.BEHIND_PROXY = True, None
    settings.DEFAULT_FROM_EMAIL = "Tandem <tandem@example.com>"

    def found():
        ids = {message.id for message in run_checks(include_deployment_checks=True)}
        return ids & {"common.W010", "common.W011"}

    assert found() == {"common.W010", "common.W011"}
    settings.BEHIND_PROXY, settings.DEFAULT_FROM_EMAIL = False, "crm@acme.example.net"
    assert found() == set()


def test_the_sessions_of_who_is_switched_off_end_for_good_and_old_rows_go(sign_in):
    user, admin = UserFactory(), UserFactory(role=Role.ADMIN)
    client, other = sign_in(user), sign_in(admin)
    assert client.get("/profile/").status_code == 200
    rows = Session.objects.count()

    switching_off.deactivate(user, actor=admin)
    sweep()
    Session.objects.create(
        session_key="old", session_data="", expire_date=now() - timedelta(days=1)
    )
    prune_all()

    assert client.get("/profile/").status_code == 302
    assert Session.objects.count() == rows - 1
    switching_off.reactivate(user, actor=admin)
    assert client.get("/profile/").status_code == 302
    assert other.get("/profile/").status_code == 200
    assert not Session.objects.filter(session_key="old").exists()
