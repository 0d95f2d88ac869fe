"""The samples for nginx and Caddy let through what Tandem takes, and not much more."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from crm.common import bodies
from crm.mailing.webhooks import register_limits

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KILO, MEGA = 1024, 1024 * 1024

PLACES = {
    "importing:create": "/imports/new/",
    "correspondence:inbound": "/inbound/mail/",
    "deals:file-add": "/deals/17/files/add/",
    "anymail:mailgun_inbound_webhook": "/anymail/mailgun/inbound_mime/",
}
"""An address of each kind of page that takes files; a kind that is not here fails the test."""
STRANGERS = (
    "/login/", "/logout/", "/password/reset/", "/password/reset/1-abc-def/", "/setup/",
    "/invitation/abc/", "/f/5d0bd1f0-1111-4222-8333-123456789abc/", "/consent/abc/",
    "/q/5d0bd1f0-1111-4222-8333-123456789abc/", "/m/u/abc/", "/m/p/abc/again/",
)  # fmt: skip
USERS = (
    "/",
    "/leads/1/edit/",
    "/campaigns/new/",
    "/files/",
    "/mail/1/",
    "/anymail/mailgun/tracking/",
)


def nginx_limit(path):
    """Return the bytes that the nginx sample lets through at `path`, by nginx's own order."""
    text = (DEPLOY / "nginx.conf").read_text()
    found = re.findall(r"location (?:(=|~) )?(\S+)\s+\{([^}]*)\}", text)
    limits = {(how, where): size_in(inside) for how, where, inside in found}
    default = size_in(text.split("location")[0])
    exact = [size for (how, where), size in limits.items() if how == "=" and where == path]
    fitting = [s for (how, where), s in limits.items() if how == "~" and re.search(where, path)]
    prefixes = [s for (how, where), s in limits.items() if not how and path.startswith(where)]
    return (exact + fitting + prefixes)[0] or default


def size_in(text):
    found = re.search(r"client_max_body_size (\d+)([km]);", text)
    return int(found[1]) * {"k": KILO, "m": MEGA}[found[2]] if found else 0


def caddy_limits(path):
    """Return the bytes of each bound of the Caddy sample that holds at `path`."""
    text = (DEPLOY / "Caddyfile").read_text()
    matchers = dict(re.findall(r"^\t@(\w+) (.+)$", text, re.MULTILINE))
    bounds = re.findall(r"request_body @(\w+) \{\s+max_size (\d+)(KiB|MiB)\s+\}", text)
    return [
        int(size) * {"KiB": KILO, "MiB": MEGA}[unit]
        for name, size, unit in bounds
        if fits(matchers[name], path)
    ]


def fits(matcher, path):
    kind, _, pattern = matcher.partition(" ")
    if kind == "not":
        return not fits(pattern, path)
    return pattern == path if kind == "path" else bool(re.search(pattern, path))


@pytest.fixture
def limits(monkeypatch):
    """The limits of the application, with a provider that hands over mail."""
    monkeypatch.setattr(bodies, "LIMITS", dict(bodies.LIMITS))
    monkeypatch.setattr(settings, "MAIL_PROVIDER", "mailgun")
    register_limits()
    return {
        name: limit() + bodies.ROOM
        for name, limit in bodies.LIMITS.items()
        if name in PLACES or not name.startswith("anymail:")
    }


def test_every_kind_of_page_that_takes_files_has_its_own_bound(limits):
    assert limits.keys() == PLACES.keys()
    for name, path in PLACES.items():
        for bound in (nginx_limit(path), *caddy_limits(path)):
            assert limits[name] <= bound <= limits[name] + MEGA, (path, bound)


@pytest.mark.parametrize("path", STRANGERS)
def test_strangers_pages_are_bounded_as_in_the_application(path):
    assert [nginx_limit(path), *caddy_limits(path)] == [bodies.STRANGERS] * 2


@pytest.mark.parametrize("path", USERS)
def test_users_pages_are_bounded_as_in_the_application(path):
    assert [nginx_limit(path), *caddy_limits(path)] == [bodies.USERS] * 2


def test_a_page_view_is_small():
    assert [nginx_limit("/t"), *caddy_limits("/t")] == [4 * KILO] * 2
    assert {nginx_limit("/t.js"), nginx_limit("/tasks/")} == {bodies.USERS}


def test_a_provider_hands_over_mail_with_its_files(limits):
    assert limits["anymail:mailgun_inbound_webhook"] > settings.INBOUND_MAX_BYTES * 4 // 3
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE >= bodies.USERS


def test_the_page_on_operations_leads_to_the_samples():
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()

    for name in ("nginx.conf", "tandem_proxy", "Caddyfile"):
        assert f"../deploy/{name}" in page
        assert (DEPLOY / name).exists()
