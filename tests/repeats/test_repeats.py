"""What counts as the same form, what is answered to it, and what happens when it was refused."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from time import sleep
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.importing.models import Import
from crm.repeats import services
from crm.repeats.models import AnsweredForm
from crm.users.models import Organisation, Role, Team, User, usual_week
from leads.models import Company
from tests.factories import DealFactory, LeadFactory, UserFactory

HTMX = {"HX-Request": "true"}
COMPANY = "/companies/new/"


TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')


def token_of(client: Client, url: str = COMPANY) -> str:
    return TOKEN.findall(client.get(url).content.decode())[0]


def text_of(answer: Any) -> str:
    return TOKEN.sub("", answer.content.decode())


@pytest.fixture
def client(organisation, sign_in):
    return sign_in(role=Role.ADMIN)


def send(client: Client, token: str, url: str = COMPANY, **typed: Any) -> Any:
    return client.post(url, {"name": "Acme", **typed, "csrfmiddlewaretoken": token})


def test_the_second_answer_leads_to_the_record_that_the_first_made(client):
    token = token_of(client)

    first, second = send(client, token), send(client, token)

    company = Company.objects.get()
    assert (first.status_code, first["Location"]) == (302, company.get_absolute_url())
    assert (second.status_code, second["Location"]) == (302, company.get_absolute_url())


def test_what_the_user_is_told_is_told_again(client):
    token = token_of(client, "/settings/teams/new/")
    told = [
        send(client, token, "/settings/teams/new/", name="North")
        and [str(one) for one in client.get("/settings/teams/").context["messages"]]
        for _ in range(2)
    ]

    assert told[0] == told[1] != []
    assert Team.objects.filter(name="North").count() == 1


def test_the_same_words_from_a_new_page_make_another_record(client):
    send(client, token_of(client))
    send(client, token_of(client))

    assert Company.objects.count() == 2


def test_other_words_from_the_same_page_make_another_record(client):
    token = token_of(client)

    send(client, token)
    send(client, token, name="Beta")

    assert set(Company.objects.values_list("name", flat=True)) == {"Acme", "Beta"}


def test_another_users_form_is_their_own(client, sign_in):
    token = token_of(client)

    send(client, token)
    send(sign_in(role=Role.ADMIN), token)

    assert Company.objects.count() == 2


def test_a_form_of_no_page_of_ours_is_taken_each_time(client):
    client.post(COMPANY, {"name": "Acme"})
    client.post(COMPANY, {"name": "Acme"})

    assert Company.objects.count() == 2
    assert not AnsweredForm.objects.exists()


def test_a_refused_form_can_be_sent_again_as_it_was(client):
    UserFactory(email="eva@example.com")
    token, url = token_of(client, "/settings/people/new/"), "/settings/people/new/"
    typed = {"email": "eva@example.com", "role": "rep", "capacity": 9, "weight": 1}

    refused = send(client, token, url, **typed)
    assert refused.status_code == 422
    assert not AnsweredForm.objects.exists()
    User.objects.filter(email="eva@example.com").update(email="old@example.com")
    taken = send(client, token, url, **typed)

    assert taken.status_code == 302


def test_a_form_whose_view_failed_leaves_nothing_and_can_be_sent_again(client, monkeypatch):
    token = token_of(client)
    client.raise_request_exception = False
    kept = services.keep
    monkeypatch.setattr(services, "keep", lambda *args: 1 / 0)

    assert send(client, token).status_code == 500
    assert (Company.objects.count(), AnsweredForm.objects.count()) == (0, 0)

    monkeypatch.setattr(services, "keep", kept)
    assert send(client, token).status_code == 302


def test_a_value_that_cannot_be_stored_is_the_senders_fault_here_too(client, monkeypatch):
    def refuse(*args):
        raise DataError("value too long")

    token = token_of(client)
    monkeypatch.setattr(services, "keep", refuse)

    assert send(client, token).status_code == 400


def test_a_fragment_is_answered_with_the_same_fragment(client):
    lead = LeadFactory()
    url = reverse("activities:log", args=[lead.pk, "note"])
    token = token_of(client, url)
    typed = {"text": "Called", "csrfmiddlewaretoken": token}

    first, second = (client.post(url, typed, headers=HTMX) for _ in range(2))

    assert Activity.objects.filter(lead=lead).count() == 1
    assert (second.status_code, text_of(second)) == (first.status_code, text_of(first))
    assert second.headers.get("HX-Trigger") == first.headers.get("HX-Trigger")


def test_a_file_with_other_content_is_another_form(client):
    deal = DealFactory()
    url, token = reverse("deals:file-add", args=[deal.pk]), token_of(client)

    for content in (b"one", b"one", b"two"):
        file = SimpleUploadedFile("price.txt", content)
        client.post(url, {"files": file, "csrfmiddlewaretoken": token})

    assert deal.files.count() == 2


def test_forms_are_forgotten_after_two_days(client):
    send(client, token_of(client))
    with time_machine.travel(now() + timedelta(days=1)):
        assert services.drop_old() == 0
    with time_machine.travel(now() + timedelta(days=3)):
        assert services.drop_old() == 1


def test_a_page_that_only_shows_asks_nothing_of_us(client):
    with CaptureQueriesContext(connection) as asked:
        client.get(COMPANY)

    assert not [one for one in asked.captured_queries if "repeats_" in one["sql"]]


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_by_several_at_once_makes_one_record():
    Organisation.objects.create(pk=1, workdays=usual_week(), set_up_at=now())
    user, count = UserFactory(role=Role.ADMIN), 4
    client, barrier = Client(), Barrier(count)
    client.force_login(user)
    token = token_of(client)

    def send_it(number: int) -> tuple[int, str]:
        own = Client()
        own.cookies = client.cookies
        try:
            barrier.wait()
            answer = send(own, token)
            return answer.status_code, answer.headers.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        answers = set(pool.map(send_it, range(count)))

    assert answers == {(302, Company.objects.get().get_absolute_url())}


@pytest.mark.django_db(transaction=True)
def test_the_second_goes_on_when_the_first_is_refused():
    """The row of a form that failed is gone with its transaction: who waited for it is first."""
    held = Event()

    def fail() -> None:
        with transaction.atomic():
            AnsweredForm.objects.create(pk="key")
            held.set()
            sleep(0.3)
            transaction.set_rollback(True)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(fail)
        held.wait()
        answer = services.answer_once(HttpRequest(), "key", lambda request: HttpResponse("taken"))
        failing.result()

    assert answer.content == b"taken"
    assert AnsweredForm.objects.get().content == "taken"


def test_a_file_to_import_that_waits_already_is_opened_again(client):
    url, token = "/imports/new/", token_of(client, "/imports/new/")

    def upload(content: bytes = b"name,email\nAna,ana@example.com\n") -> str:
        file = SimpleUploadedFile("leads.csv", content)
        typed = {"kind": "leads", "file": file, "csrfmiddlewaretoken": token}
        return client.post(url, typed)["Location"]

    first, second, other = upload(), upload(), upload(b"name\nEva\n")

    assert first == second != other
    assert Import.objects.count() == 2
    Import.objects.update(state=Import.State.DONE)
    assert upload() not in (first, other)
