"""Fault 4 again, from the door: nobody is kept out because a Redis hangs or is gone."""

import http.cookiejar
import statistics
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils.timezone import now

from campaigns.capture import guarding
from campaigns.capture.models import CaptureForm, Submission
from crm.mailing.models import Mail
from crm.throttling.models import AttemptCount
from crm.users.models import User
from deals.quotes.models import Quote
from tests.factories import PASSWORD, CaptureFormFactory, QuoteFactory, UserFactory
from tests.faults.processes import wait_until
from tests.faults.world import SIZE, World

pytestmark = [pytest.mark.faults, pytest.mark.services, pytest.mark.django_db]

LONGEST_WAIT = 1.0
"""Seconds that a lost Redis may cost a request ..."""
HICCUP = 3.0
"""... and that a busy machine may add to one of them."""
TOKEN = "t" * 32


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


@dataclass
class Site:
    """The web server with a Redis for broker and, as far as it is concerned, for cache."""

    port: int
    user: User
    form: CaptureForm
    quote: Quote

    def call(self, path: str, data: dict[str, str] | None = None) -> tuple[int, float]:
        """Return the status that a new browser gets, and the seconds it took."""
        body = urlencode(data).encode() if data else None
        headers = {"Cookie": f"csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        opener = urllib.request.build_opener(
            StayHere, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        began = time.monotonic()
        try:
            with opener.open(request, timeout=60) as answer:
                status = answer.status
        except urllib.error.HTTPError as answer:
            status = answer.code
        return status, time.monotonic() - began

    def log_in(self) -> tuple[int, float]:
        return self.call("/login/", {"login": self.user.email or "", "password": PASSWORD})

    def ask_for_link(self) -> tuple[int, float]:
        return self.call("/password/reset/", {"email": new_user().email or ""})

    def read_quote(self) -> tuple[int, float]:
        return self.call(self.quote.public_path)

    def send_form(self) -> tuple[int, float]:
        with time_machine.travel(now() - timedelta(minutes=1), tick=False):
            token = guarding.new_token(self.form.uuid)
        typed = {"name": "Eva", "email": "eva@faults.example", "token": token}
        return self.call(f"/f/{self.form.uuid}/", typed)


WAYS: dict[str, tuple[Callable[[Site], tuple[int, float]], int]] = {
    "log-in": (Site.log_in, 302),
    "reset": (Site.ask_for_link, 302),
    "quote": (Site.read_quote, 200),
    "form": (Site.send_form, 302),
}


def new_user() -> User:
    """Return a user with a password as the web server hashes it."""
    user = UserFactory()
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    user.save()
    return user


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    world.env["CACHE_URL"] = world.broker.url.replace("redis://", "rediscache://")
    yield Site(world.web(), new_user(), CaptureFormFactory(), QuoteFactory(sent=True))
    del world.env["CACHE_URL"]


@dataclass(frozen=True)
class Seconds:
    usual: float
    slowest: float


def measure(site: Site, rounds: int) -> dict[str, Seconds]:
    """Call each way `rounds` times; return the seconds that its answers took.

    All come from one network, so what was counted before is forgotten: the limits are not tried.
    """
    AttemptCount.objects.all().delete()
    found: dict[str, Seconds] = {}
    for name, (way, status) in WAYS.items():
        answers = [way(site) for _ in range(rounds)]
        assert {answer[0] for answer in answers} == {status}, name
        took = [seconds for _, seconds in answers]
        found[name] = Seconds(statistics.median(took), max(took))
    return found


def test_people_come_in_while_redis_hangs_and_when_it_is_gone(site: Site, world: World, tell):
    rounds = SIZE.rounds + 1
    measure(site, 1)
    before = measure(site, rounds)
    world.broker.hang()
    try:
        hung = measure(site, rounds)
    finally:
        world.broker.go_on()
    world.broker.stop()
    gone = measure(site, rounds)
    world.broker.start()

    for name in WAYS:
        tell(
            f"4 {name}: {before[name].usual * 1000:.0f} ms, with Redis hung "
            f"{hung[name].usual * 1000:.0f} ms, gone {gone[name].usual * 1000:.0f} ms"
        )
        for after in (hung[name], gone[name]):
            assert after.usual < before[name].usual + LONGEST_WAIT
            assert after.slowest < before[name].usual + HICCUP
    assert Submission.objects.filter(form=site.form).count() == 1 + 3 * rounds
    wait_until(lambda: not Mail.objects.waiting().exists(), "all mail has left")
