"""Guessing passwords is limited, and never keeps the owner of an account out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from crm.mailing.models import Mail
from crm.people import devices
from crm.people.invitations import token
from crm.users.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
NOON = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
OWN, OTHER = "ana@example.com", "ben@example.com"


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def ana():
    return UserFactory(email=OWN)


def log_in(client: Client, password: str = PASSWORD, *, email: str = OWN, network: int = 1):
    return client.post(
        "/login/", {"login": email, "password": password}, REMOTE_ADDR=f"192.0.2.{network}"
    )


def guess(times: int, *, email: str = OWN, network: int = 99):
    """Let a stranger guess; return the last answer."""
    for _ in range(times):
        answer = log_in(Client(), "wrong", email=email, network=network)
    return answer


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_five_wrong_passwords_end_in_429_with_the_time_to_wait(ana):
    assert guess(5).status_code == 200

    refused = guess(1)

    assert refused.status_code == 429
    assert refused["Retry-After"] == "300"
    assert "Wait 5 minutes" in refused.content.decode()


def test_strangers_are_refused_from_every_network_and_even_with_the_right_password(ana):
    for network in range(5):
        guess(1, network=network)
    stranger = Client()

    answer = log_in(stranger, network=77)

    assert answer.status_code == 429
    assert not is_in(stranger)


def test_a_browser_in_which_the_owner_logged_in_before_is_not_locked_out(ana):
    browser = Client()
    log_in(browser)
    browser.post("/logout/")
    guess(50)

    log_in(browser)

    assert is_in(browser)


def test_a_known_browser_has_ten_attempts_of_its_own(ana):
    browser = Client()
    log_in(browser)
    browser.post("/logout/")

    wrong = [log_in(browser, "wrong").status_code for _ in range(11)]

    assert wrong == [200] * 10 + [429]
    assert log_in(Client()).status_code == 302, "strangers have their own"


def test_a_browser_is_known_to_the_accounts_that_used_it_only(ana):
    browser = Client()
    UserFactory(email=OTHER)
    log_in(browser, email=OTHER)
    browser.post("/logout/")
    guess(5)

    assert log_in(browser).status_code == 429
    assert not is_in(browser)


def test_a_forged_device_is_a_stranger(ana):
    guess(5)
    forged = Client()
    forged.cookies[devices.COOKIE] = "WyJ4IixbMV1d:1abcde:forged"

    assert log_in(forged).status_code == 429


def test_a_shared_browser_remembers_eight_users(ana):
    browser = Client()
    users = [ana, *(UserFactory() for _ in range(8))]
    for user in users:
        log_in(browser, email=user.email)
        browser.post("/logout/")
    request = type("Request", (), {"COOKIES": {devices.COOKIE: device_cookie(browser)}})()

    device = devices.device_of(request)

    assert device.users == tuple(user.pk for user in reversed(users[1:]))


def device_cookie(client: Client) -> str:
    return client.cookies[devices.COOKIE].value


def test_the_cookie_is_hidden_from_scripts_and_says_nothing_of_sessions(ana):
    browser = Client()
    log_in(browser)

    assert browser.cookies[devices.COOKIE]["httponly"]
    fresh = Client()
    fresh.cookies[devices.COOKIE] = device_cookie(browser)
    assert fresh.get("/profile/").status_code == 302


def test_the_right_password_costs_no_attempt(ana):
    for _ in range(8):
        assert log_in(Client()).status_code == 302


def test_one_network_may_not_try_account_after_account(organisation):
    answers = [guess(1, email=f"user{n}@example.com").status_code for n in range(31)]

    assert answers == [200] * 30 + [429]
    assert log_in(Client(), network=5, email="user1@example.com").status_code == 200


def test_an_account_that_does_not_exist_is_refused_alike(ana):
    known = [guess(1, network=1).status_code for _ in range(7)]
    unknown = [guess(1, email="nobody@example.com", network=2).status_code for _ in range(7)]

    assert known == unknown


def test_the_owner_is_told_once_a_day(ana):
    guess(8)
    assert [mail.to for mail in Mail.objects.all()] == [OWN]
    assert Mail.objects.get().subject == "Somebody tried to log in as you"

    with time_machine.travel(NOON + timedelta(minutes=10), tick=False):
        guess(8)
    assert Mail.objects.count() == 1

    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        guess(8)
    assert Mail.objects.count() == 2


@pytest.mark.parametrize("fields", [{"is_active": False}, {"password": None}])
def test_who_cannot_log_in_is_not_told(fields):
    UserFactory(email=OWN, **fields)

    guess(8)

    assert not Mail.objects.exists()


def ask_for_link(times: int, network: int = 99):
    for _ in range(times):
        answer = Client().post("/password/reset/", {"email": OWN}, REMOTE_ADDR=f"192.0.2.{network}")
    return answer


def link_in(mail: Mail) -> str:
    found = re.search(r"https?://\S+/password/reset/\S+", mail.text)
    assert found
    return found[0].removeprefix(settings.SITE_URL)


def test_a_mailed_link_lets_the_owner_in_from_a_new_browser_while_others_guess(ana):
    guess(50)
    Mail.objects.all().delete()
    ask_for_link(1, network=1)
    browser = Client()
    form = browser.get(link_in(Mail.objects.get()), follow=True)
    browser.post(
        form.request["PATH_INFO"], {"password1": "new horse 77", "password2": "new horse 77"}
    )
    guess(50)

    log_in(browser, "new horse 77")

    assert is_in(browser)


def test_five_links_an_hour_are_mailed_and_the_answer_stays_the_same(ana):
    first = ask_for_link(1)
    last = ask_for_link(9)

    assert (last.status_code, last["Location"]) == (first.status_code, first["Location"])
    assert Mail.objects.count() == 5


def test_a_network_may_ask_for_twenty_links_a_minute(ana):
    assert ask_for_link(20).status_code == 302

    refused = ask_for_link(1)

    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert ask_for_link(1, network=1).status_code == 302


def test_a_session_may_try_the_old_password_five_times_a_minute(ana):
    browser = Client()
    browser.force_login(ana)
    typed = {"oldpassword": "wrong", "password1": "new horse 77", "password2": "new horse 77"}

    answers = [browser.post("/password/change/", typed).status_code for _ in range(6)]
    right = browser.post("/password/change/", {**typed, "oldpassword": PASSWORD})

    assert answers == [200] * 5 + [429]
    assert right.status_code == 429
    assert User.objects.get(pk=ana.pk).check_password(PASSWORD)


def test_the_browser_of_an_accepted_invitation_is_known(organisation):
    user = UserFactory(email=OWN, password=None, invited_at=now())
    browser = Client()
    browser.post(f"/invitation/{token(user)}/", {"name": "Ana", "password": "new horse 77"})
    browser.post("/logout/")
    guess(50)

    log_in(browser, "new horse 77")

    assert is_in(browser)
