"""Page views as they arrive: what is taken, what is not; none gets lost or counts twice."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
import uuid
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client

from bench.server import free_port, wait_for
from crm.tracking import buffer, counting
from crm.tracking.models import Hit, PageView, Session, Visitor

PERSON = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
    "Accept-Language": "en",
}
ANA = uuid.UUID(int=7, version=4).hex


@pytest.fixture(autouse=True)
def table_only(monkeypatch):
    """Keep page views in the table; tests of Redis say so themselves."""
    monkeypatch.setattr(settings, "REDIS_URL", "")


def report(url="https://www.example.com/pricing", *, headers=None, visitor=ANA, **more):
    """Report a page view as the script does; return the answer."""
    body = json.dumps({"v": visitor, "u": url, "t": "Pricing", "r": "", **more})
    return Client().post("/t", body, content_type="text/plain", headers=headers or PERSON)


def test_the_script_weighs_less_than_two_kilobytes():
    script = Path(settings.BASE_DIR / "static/js/track.js").read_bytes()

    assert len(gzip.compress(script)) < 2000
    assert b"eval" not in script


@pytest.mark.django_db
def test_the_script_has_a_short_address_and_may_be_kept_for_a_day():
    answer = Client().get("/t.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert "max-age=86400" in answer["Cache-Control"]
    assert b"sendBeacon" in answer.content


@pytest.mark.django_db
def test_a_view_is_appended_by_one_insert_and_answered_with_nothing(django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = report()

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    assert Hit.objects.count() == 1
    assert not PageView.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("wish", [{"DNT": "1"}, {"Sec-GPC": "1"}])
def test_who_does_not_want_to_be_followed_leaves_no_trace(wish):
    headers = {**PERSON, **wish}

    assert report(headers=headers).status_code == 204
    pixel = Client().get("/t.gif", {"u": "https://www.example.com/"}, headers=headers)

    assert pixel.status_code == 200
    assert not Hit.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"v":1,"u":2}', b"\xff\xfe", b"[" * 3000, b"x" * 5000,
        json.dumps({"v": ANA, "u": "javascript:alert(1)"}).encode(),
        json.dumps({"v": ANA, "u": "https://[broken"}).encode(),
        json.dumps({"v": "no id", "u": "https://www.example.com/"}).encode(),
    ],
)  # fmt: skip
def test_nonsense_is_answered_alike_and_not_kept(body):
    answer = Client().post("/t", body, content_type="text/plain", headers=PERSON)

    assert answer.status_code == 204
    assert not Hit.objects.exists()


@pytest.mark.django_db
def test_a_get_at_the_endpoint_is_refused():
    assert Client().get("/t").status_code == 405


@pytest.mark.django_db
def test_only_page_and_utm_values_of_an_address_are_kept():
    report("https://www.example.com/cart?token=secret&utm_source=Google&mail=a@b.example#private")

    (line,) = Hit.objects.values_list("event", flat=True)
    assert "secret" not in line
    assert "a@b.example" not in line
    assert "private" not in line
    assert json.loads(line)["utm"] == {"source": "google"}


@pytest.mark.django_db
def test_no_address_of_a_visitor_is_kept_anywhere(organisation):
    report()
    Client().get("/t.gif", {"u": "https://www.example.com/"}, headers=PERSON)
    lines = list(Hit.objects.values_list("event", flat=True))
    counting.count_waiting()

    stored = [*lines, *(str(row) for model in (Visitor, Session, PageView)
                        for row in model.objects.values())]  # fmt: skip
    assert not any("127.0.0.1" in text for text in stored)


@pytest.mark.django_db
def test_the_pixel_always_answers_with_the_same_picture(organisation):
    client = Client()
    answers = [
        client.get("/t.gif", headers={**PERSON, "Referer": "https://www.example.com/a"}),
        client.get("/t.gif"),
        client.get("/t.gif", {"u": "x" * 9000}, headers=PERSON),
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].content.startswith(b"GIF89a")
    assert not any(answer.cookies for answer in answers)
    counting.count_waiting()
    assert PageView.objects.get().path == "/a"


@pytest.mark.django_db
def test_without_javascript_the_pages_of_one_browser_are_one_session(organisation):
    for path in ("a", "b"):
        Client().get("/t.gif", headers={**PERSON, "Referer": f"https://www.example.com/{path}"})

    counting.count_waiting()

    assert Session.objects.get().views == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
        ("Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 HeadlessChrome/156.0 Safari/537.36",
         "HeadlessChrome"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.33", "Python Requests"),
        ("", "No user agent"),
    ],
)  # fmt: skip
def test_machines_are_named_and_make_no_session(agent, name, organisation):
    report(headers={**PERSON, "User-Agent": agent})

    counting.count_waiting()

    view = PageView.objects.get()
    assert view.is_bot
    assert view.bot.lower().startswith(name.lower()[:8])
    assert not Session.objects.exists()
    assert not Visitor.objects.exists()


@pytest.mark.django_db
def test_a_browser_without_a_language_or_driven_by_a_program_is_a_machine(organisation):
    report(headers={"User-Agent": PERSON["User-Agent"]})
    report(w=True)
    report()

    counting.count_waiting()

    assert sorted(PageView.objects.values_list("bot", flat=True)) == [
        "", "Driven by a program", "No language",
    ]  # fmt: skip


@pytest.mark.services
@pytest.mark.django_db
class TestThroughRedis:
    @pytest.fixture(autouse=True)
    def stream(self, monkeypatch):
        monkeypatch.setattr(settings, "REDIS_URL", os.environ["REDIS_URL"])
        monkeypatch.setattr(buffer, "STREAM", f"test:{uuid.uuid4().hex}")
        monkeypatch.setattr(buffer, "silent_until", 0.0)
        buffer.client.cache_clear()
        yield
        redis.Redis.from_url(os.environ["REDIS_URL"]).delete(buffer.STREAM)
        buffer.client.cache_clear()

    def test_a_view_waits_in_redis_and_is_counted_once(self, organisation, monkeypatch):
        report()
        assert not Hit.objects.exists()
        monkeypatch.setattr(buffer, "drop_from_redis", lambda places: None)  # killed before that

        counting.count_from_redis()
        counting.count_from_redis()

        assert PageView.objects.count() == Session.objects.get().views == 1

    def test_without_redis_the_database_takes_over(self, organisation, monkeypatch):
        monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
        buffer.client.cache_clear()

        answers = [report() for _ in range(3)]

        assert {answer.status_code for answer in answers} == {204}
        assert Hit.objects.count() == 3


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_answered_view_is_lost_when_the_server_is_stopped(organisation):
    """SIGTERM to a real gunicorn under load: whatever got its 204 is in the buffer."""
    environ = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": "", "LOG_LEVEL": "ERROR"}
    environ["ALLOWED_HOSTS"] = "127.0.0.1"
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "crm.wsgi", "-w", "2", "--threads", "4",
               "-b", f"127.0.0.1:{port}", "--log-level", "error"]  # fmt: skip
    server = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    answered: list[int] = []

    def visit() -> None:
        url = f"http://127.0.0.1:{port}/t"
        body = json.dumps({"v": uuid.uuid4().hex, "u": "https://www.example.com/"}).encode()
        while True:
            request = urllib.request.Request(url, data=body, headers=PERSON)
            try:
                answered.append(urllib.request.urlopen(request, timeout=10).status)  # noqa: S310
            except OSError:
                return

    try:
        wait_for(f"http://127.0.0.1:{port}")
        visitors = [threading.Thread(target=visit) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        while len(answered) < 60:
            threading.Event().wait(0.02)
        server.send_signal(signal.SIGTERM)
        for visitor in visitors:
            visitor.join(30)
        server.wait(30)
    finally:
        server.kill()

    assert set(answered) == {204}
    assert len(answered) <= Hit.objects.count() <= len(answered) + len(visitors)


def database_url() -> str:
    used = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{used['NAME']}"
    host, port = used["HOST"] or "127.0.0.1", used["PORT"] or 5432
    return f"postgres://{used['USER']}:{used['PASSWORD']}@{host}:{port}/{used['NAME']}"
