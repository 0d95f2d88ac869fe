"""Does this process answer, asks a balancer; does the whole work, asks the alarm."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils.timezone import now

from campaigns.newsletters.models import MarketingMail
from crm.mailing.models import Mail
from crm.outbox import alarms, services
from crm.outbox.models import Effect, Heartbeat
from crm.users.models import Role
from tests.factories import MarketingMailFactory, NewsletterFactory, UserFactory

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=6)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def alive():
    services.beat("worker")
    services.beat("sweep")


def reasons(client) -> tuple[int, str]:
    answer = client.get("/healthz/system")
    return answer.status_code, " ".join(answer.json()["reasons"])


def test_the_balancer_gets_200_from_a_process_with_its_database_whatever_lags(client):
    services.enqueue("note", "a", {}, due_at=now() - LONG_AGO)

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"database": "up"})


@pytest.mark.parametrize("path", ["/healthz", "/healthz/system"])
def test_without_the_database_both_answer_503(client, monkeypatch, path):
    def gone(*args, **kwargs):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(connection, "cursor", gone)

    assert client.get(path).status_code == 503


def test_the_alarm_is_quiet_while_all_works(client, alive):
    assert reasons(client) == (200, "")


@pytest.mark.parametrize("name", ["worker", "sweep"])
def test_no_sign_of_life_for_five_minutes_rings_the_alarm(client, name):
    assert reasons(client)[0] == 503

    Heartbeat.objects.create(name=name, at=now() - LONG_AGO)
    status, why = reasons(client)
    assert status == 503
    assert "No worker or beat" in why

    services.beat(name)
    assert reasons(client) == (200, "")


def test_late_effects_ring_the_alarm_but_not_those_for_later(client, alive):
    services.enqueue("note", "later", {}, due_at=now() + timedelta(days=1))
    assert reasons(client) == (200, "")

    services.enqueue("note", "late", {}, due_at=now() - LONG_AGO)
    status, why = reasons(client)

    assert status == 503
    assert "Effects have been waiting for 6 minutes" in why


def test_late_mail_rings_the_alarm(client, alive):
    Mail.objects.create(key="m", to="ana@example.com", subject="s", text="t",
                        due_at=now() - LONG_AGO)  # fmt: skip

    status, why = reasons(client)

    assert status == 503
    assert "Mail have" not in why
    assert "Mail has been waiting for 6 minutes" in why


def test_marketing_mail_is_late_only_when_its_newsletter_stands_still(client, alive):
    mail = MarketingMailFactory(due_at=now() - LONG_AGO)
    newsletter = NewsletterFactory(state="sending", content=mail.content, paid_until=now())
    MarketingMail.objects.update(newsletter=newsletter)
    assert reasons(client) == (200, "")

    newsletter.paid_until = now() - LONG_AGO
    newsletter.save()

    assert "Marketing mail has been waiting" in reasons(client)[1]


def test_a_disk_away_or_full_rings_the_alarm(client, alive, settings, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    settings.MEDIA_ROOT = tmp_path / "file" / "files"
    assert "folder of the files is away" in reasons(client)[1]

    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(alarms, "LEAST_FREE", 2**62)
    assert "disk of the files" in reasons(client)[1]


def test_a_cache_that_is_away_rings_the_alarm(client, alive, settings, monkeypatch):
    monkeypatch.setattr(cache, "set", lambda *args, **kwargs: None)

    assert "cache does not answer" in reasons(client)[1]


def test_what_waits_on_the_system_page_counts_mail_too(client):
    client.force_login(UserFactory(role=Role.ADMIN))
    Effect.objects.all().delete()
    services.enqueue("note", "a", {}, due_at=now() + timedelta(days=1))
    for number in range(2):
        Mail.objects.create(key=f"m{number}", to="ana@example.com", subject="s", text="t")

    page = client.get(reverse("outbox:system"))

    assert page.context["health"].waiting == 3
    assert "1 effects, 2 mail" in page.content.decode()


def test_the_system_page_asks_a_fixed_number_of_questions(client, django_assert_max_num_queries):
    client.force_login(UserFactory(role=Role.ADMIN))

    with django_assert_max_num_queries(14):
        client.get(reverse("outbox:system"))
