"""A public form never loses a submission: odd characters are made inert, the rest waits."""

from unittest.mock import patch

import pytest
from django.test import Client

from campaigns.capture.models import CaptureForm, Submission
from campaigns.capture.views.public import READ
from crm.notifications.models import Notification
from crm.throttling.in_process import LocalLimit
from crm.tracking.models import Hit
from crm.tracking.views.public import VIEWS
from crm.users.models import Role
from leads.models import Lead
from tests.capture.conftest import token_of
from tests.factories import CaptureFormFactory, SubmissionFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
ALL = [
    {"name": name, "label": name, "required": name == "email"}
    for name in ("email", "name", "company", "job_title", "phone", "country", "message")
]
HOSTILE = [
    "\u202eevil\u202c", "\u2066a\u2069", "a\x00b", "a\x07b\x1b[31m", "\ufeffA\u200bna", "A\u00adna",
    "\u061cAna", "A\U000e0041na", "ی\u200cک", "👩\u200d👧", "=1+1", "<script>alert(1)</script>",
    "' OR 1=1 --", "A\u2028na", "e\u0301" * 90, "\u0958" * 90, "Ω" * 200, "{{ 7*7 }}", "\\u0000",
]  # fmt: skip


@pytest.fixture
def form():
    return CaptureFormFactory(name="Demo", fields=ALL, owner=UserFactory(role=Role.MARKETER))


@pytest.mark.parametrize("odd", HOSTILE)
@pytest.mark.parametrize("field", ["name", "company", "job_title", "message"])
def test_odd_characters_are_made_inert_and_the_lead_comes_in(form, send, field, odd):
    odd = odd[:55] if field == "job_title" else odd

    answer = send(form, email="nora@example.org", **{field: odd})

    assert answer.status_code == 302
    lead = Lead.objects.get()
    kept = Submission.objects.get().values.get(field, "")
    assert not set(kept) & set("\u202e\u202c\u2066\u2069\x00\x07\x1b\ufeff\u200b\u00ad\u061c")
    assert lead.submissions.count() == 1


@pytest.mark.parametrize("odd", HOSTILE)
def test_what_is_no_address_is_said_to_the_visitor_who_keeps_what_was_typed(form, send, odd):
    answer = send(form, email=f"{odd}@", name="Nora", phone=odd, country=odd)

    assert answer.status_code == 422
    assert "Nora" in answer.content.decode()
    assert not Submission.objects.exists()


def test_a_message_with_a_bidi_mark_is_not_lost(form, send):
    send(form, email="nora@example.org", message="We need 40 seats \u202e now")

    assert Lead.objects.get().notes == "We need 40 seats  now"


@pytest.fixture
def broken(form, send):
    """A submission that could not become a lead."""
    with patch("campaigns.capture.services.take_in", side_effect=RuntimeError("boom")):
        answer = send(form, email="nora@example.org", name="Nora", message="Call me")
    assert answer.status_code == 302
    return Submission.objects.get()


def test_what_cannot_become_a_lead_waits_for_review_and_its_marketer_is_told(form, broken):
    assert broken.problem
    assert broken.values["message"] == "Call me"
    assert not Lead.objects.exists()
    notice = Notification.objects.get(user=form.owner)
    assert notice.url == f"/forms/submissions/{broken.pk}/"


def test_a_marketer_sees_mends_and_releases_it(form, broken, sign_in):
    client = sign_in(role=Role.MARKETER)
    page = f"/forms/submissions/{broken.pk}/"

    assert "nora@example.org" in client.get(f"/forms/{form.pk}/review/").content.decode()
    assert "Call me" in client.get(page).content.decode()
    assert client.post(page, {"email": "not an address"}).status_code == 422
    assert not Lead.objects.exists()

    client.post(page, {"email": "nora@example.com", "name": "Nora Holm"})

    lead = Lead.objects.get()
    assert (lead.email, lead.name) == ("nora@example.com", "Nora Holm")
    assert lead.touches.count() == 1
    assert client.post(page, {"email": "x@example.com"}).status_code == 404


def test_a_marketer_discards_it_and_it_stays_on_record(form, broken, sign_in):
    client = sign_in(role=Role.MARKETER)

    client.post(f"/forms/submissions/{broken.pk}/discard/")

    broken.refresh_from_db()
    assert broken.discarded_at
    assert broken.discarded_by.role == Role.MARKETER
    assert "nora@" not in client.get(f"/forms/{form.pk}/review/").content.decode()
    assert client.post(f"/forms/submissions/{broken.pk}/rescue/").status_code == 404
    assert not Lead.objects.exists()


def test_sales_cannot_release(broken, sign_in):
    answer = sign_in(role=Role.REP).post(f"/forms/submissions/{broken.pk}/", {"email": "n@e.org"})

    assert answer.status_code == 403
    assert not Lead.objects.exists()


def test_what_was_set_aside_as_too_many_is_released_in_one_click(form, sign_in):
    for number in range(3):
        SubmissionFactory(form=form, spam="rate", values={"email": f"n{number}@example.org"},
                          consent_text="Write to me")  # fmt: skip
    SubmissionFactory(form=form, spam="rate", values={"email": "nonsense"})
    SubmissionFactory(form=form, spam="honeypot", values={"email": "bot@example.org"})

    sign_in(role=Role.MARKETER).post(f"/forms/{form.pk}/spam/release/")

    assert Lead.objects.count() == 3
    assert Submission.objects.for_review().count() == 1
    assert Submission.objects.spam().get().spam == "honeypot"
    assert all(lead.consents.get().state == "pending" for lead in Lead.objects.all())


def send_many(form, send, count):
    for number in range(count):
        send(form, email=f"n{number}@example.org")


def test_an_office_behind_one_address_sends_ten_a_minute_and_none_beyond_is_lost(form, send):
    send_many(form, send, 12)

    assert Lead.objects.count() == 10
    assert Submission.objects.too_many().count() == 2


def test_a_shared_device_takes_everybody_at_the_fair(form, send):
    CaptureForm.objects.update(shared_device=True)

    send_many(form, send, 12)

    assert Lead.objects.count() == 12


def test_who_sends_hundreds_is_asked_to_wait_with_what_was_typed(form, send):
    with patch("campaigns.capture.guarding.FLOOD", 3):
        send_many(form, send, 3)
        answer = send(form, email="last@example.org", name="Nora")

    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "Nora" in answer.content.decode()
    assert Submission.objects.count() == 3


def test_reading_a_form_is_limited_far_above_an_office(form, monkeypatch):
    assert READ.most >= 300
    monkeypatch.setattr("campaigns.capture.views.public.READ", LocalLimit(2, seconds=10**6))
    client = Client()

    answers = [client.get(form.public_path) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_the_page_counter_takes_an_office_and_no_flood(monkeypatch, settings):
    settings.REDIS_URL = ""
    assert VIEWS.most >= 1000
    monkeypatch.setattr("crm.tracking.views.public.VIEWS", LocalLimit(2, seconds=10**6))
    body = {"v": "a" * 32, "u": "https://example.com/", "t": "", "r": ""}

    answers = [Client().post("/t", body, content_type="application/json") for _ in range(4)]

    assert {answer.status_code for answer in answers} == {204}
    assert Hit.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"token=\xff\xfe&email=\xed\xa0\x80", "application/x-www-form-urlencoded"),
        (b"email=a%40b.org", "application/x-www-form-urlencoded; charset=utf-7"),
        (b"email=a%40b.org", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"[" * 2000, "application/json"),
        (b"&".join(b"f%d=1" % n for n in range(10_000)), "application/x-www-form-urlencoded"),
    ],
)
def test_broken_requests_are_no_error_of_ours(form, body, kind):
    answer = Client(raise_request_exception=False).generic(
        "POST", form.public_path, body, content_type=kind
    )

    assert answer.status_code < 500


@pytest.mark.parametrize(
    "query", ["?v=²", "?utm_source=%00%ED%A0%80", "?embed=%00", "?utm_term=" + "x" * 5000]
)
def test_odd_addresses_of_a_form_are_served(form, query):
    page = Client().get(form.public_path + query)

    assert page.status_code == 200
    assert token_of(page)
