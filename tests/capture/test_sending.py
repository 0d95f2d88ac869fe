"""What happens when a form is sent: by people, twice, with mistakes, and by machines."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from campaigns.capture.models import Submission
from campaigns.models import Touch
from crm.funnel.models import Handoff
from crm.stages import Stage
from leads.models import Channel, Lead
from tests.capture.conftest import token_of
from tests.factories import CampaignFactory, CaptureFormFactory, LeadFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
NORA = {"email": "Nora@Example.org", "name": "Nora Holm", "company": "Holm Tools"}


@pytest.fixture
def form():
    campaign = CampaignFactory(name="Spring fair", channel=Channel.objects.get(key="events"))
    return CaptureFormFactory(name="Catalogue", campaign=campaign)


def test_a_form_sent_without_a_browser_makes_a_lead_with_campaign_touch_and_asked_consent(
    form, send
):
    answer = send(form, query="?utm_source=LinkedIn&utm_medium=social", consent="on", **NORA)

    assert answer.status_code == 302
    assert Client().get(answer["Location"]).status_code == 200
    lead = Lead.objects.get()
    assert (lead.email, lead.name, str(lead.company)) == (
        "nora@example.org", "Nora Holm", "Holm Tools",
    )  # fmt: skip
    assert lead.campaign == form.campaign
    assert lead.channel.key == "events"
    record = lead.consents.get()
    assert (record.state, record.source) == ("pending", "Form Catalogue")
    assert (record.wording, record.wording_version) == ("Yes, write me about news.", 1)
    touch = lead.touches.get()
    assert (touch.kind, touch.campaign, touch.detail) == (
        Touch.Kind.FORM, form.campaign, "Catalogue, from linkedin / social",
    )  # fmt: skip
    submission = Submission.objects.get()
    assert submission.lead == lead
    assert submission.consent_text == "Yes, write me about news."
    assert submission.utm_last == {"source": "linkedin", "medium": "social"}


def test_without_the_tick_there_is_no_consent(form, send):
    send(form, **NORA)

    lead = Lead.objects.get()
    assert not lead.consent
    assert lead.consent_at is None
    assert Submission.objects.get().consent_text == ""


def test_a_known_lead_keeps_what_is_known_and_gains_what_was_blank(form, send):
    known = LeadFactory(name="Eleonora Holm", email="nora@example.org", consent=True)

    send(form, **NORA)

    known.refresh_from_db()
    assert Lead.objects.count() == 1
    assert known.name == "Eleonora Holm"
    assert str(known.company) == "Holm Tools"
    assert known.consent
    assert known.touches.count() == 1


def test_blank_fields_wipe_nothing_out(form, send):
    known = LeadFactory(name="Nora", email="nora@example.org", phone="+4930123456")

    send(form, email="nora@example.org")

    known.refresh_from_db()
    assert (known.name, known.phone) == ("Nora", "+4930123456")


def test_sent_twice_it_is_one_submission_and_one_touch(form, send):
    token = token_of(Client().get(form.public_path))

    answers = [send(form, token=token, **NORA) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {302}
    assert Submission.objects.count() == Touch.objects.count() == 1


def test_a_mistake_is_answered_by_422_with_all_that_was_typed(form, send):
    answer = send(form, name="Nora Holm", email="nora at example", consent="on")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Nora Holm"' in page
    assert 'value="nora at example"' in page
    assert 'aria-invalid="true"' in page
    assert "checked" in page
    assert not Submission.objects.exists()
    assert not Lead.objects.exists()


def test_looking_at_a_form_writes_nothing(form, django_assert_num_queries):
    with django_assert_num_queries(2):  # the form, the organisation's name
        Client().get(form.public_path)

    assert not Submission.objects.exists()


def test_a_page_open_for_days_is_sent_once_more_with_what_was_typed(form, send):
    answer = send(form, wait=3 * 24 * 3600, **NORA)

    assert answer.status_code == 422
    assert 'value="Nora Holm"' in answer.content.decode()
    with time_machine.travel(now() + timedelta(days=3, minutes=1)):
        again = Client().post(form.public_path, {"token": token_of(answer), **NORA})
    assert again.status_code == 302
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ({"reply_by_fax": "http://pills.example"}, Submission.Spam.HONEYPOT),
        ({"wait": 1}, Submission.Spam.TOO_FAST),
        ({"token": "made:up:token"}, Submission.Spam.FORGED),
    ],
)
def test_machines_are_thanked_like_people_and_make_no_lead(form, send, extra, why):
    answer = send(form, **{**NORA, **extra})

    assert answer.status_code == 302
    assert answer["Location"].endswith("/thanks/")
    assert not Lead.objects.exists()
    assert not Touch.objects.exists()
    assert Submission.objects.get().spam == why
    assert Submission.objects.get().values["email"] == "Nora@Example.org"


def test_a_token_of_another_form_is_forged(form, send):
    other = token_of(Client().get(CaptureFormFactory().public_path))

    send(form, token=other, **NORA)

    assert Submission.objects.get().spam == Submission.Spam.FORGED


def test_a_flood_fills_no_table_and_is_told_so(form, send, monkeypatch):
    monkeypatch.setattr("campaigns.capture.guarding.FLOOD", 3)

    codes = [send(form, token="x", **NORA).status_code for _ in range(6)]

    assert codes == [302] * 3 + [429] * 3

    assert Submission.objects.count() == 3


def test_no_address_is_kept_of_who_sent_it(form, send):
    send(form, **NORA)

    assert "127.0.0.1" not in str(Submission.objects.values().get())
    assert len(Submission.objects.get().sender) == 64


def test_hostile_words_are_shown_and_kept_as_words(form, send):
    send(form, email="x@example.org", name="<script>alert(1)</script>")

    assert Lead.objects.get().name == "<script>alert(1)</script>"
    wrong = send(form, email="no", name='"><script>alert(1)</script>').content.decode()
    assert "<script>alert" not in wrong


def test_novels_are_refused_beside_their_field(form, send):
    assert send(form, email="a@example.org", name="a" * 5000).status_code == 422
    assert not Lead.objects.exists()


def test_a_visitor_who_does_not_want_to_be_followed_is_not(form):
    client, visitor = Client(headers={"Sec-GPC": "1"}), uuid.uuid4().hex
    token = token_of(client.get(form.public_path))

    with time_machine.travel(now() + timedelta(seconds=9)):
        client.post(form.public_path, {"token": token, "tandem_visitor": visitor, **NORA})

    assert Submission.objects.get().visitor is None
    assert Lead.objects.exists()


def test_a_closed_form_says_so_and_takes_nothing(form, send):
    token = token_of(Client().get(form.public_path))
    form.is_active = False
    form.save()

    assert Client().get(form.public_path).status_code == 410
    assert send(form, token=token, **NORA).status_code == 410
    assert not Submission.objects.exists()


def test_only_the_public_pages_may_stand_in_a_frame(form, send, sign_in):
    public = Client().get(form.public_path)
    inside = sign_in().get("/leads/")

    assert "frame-ancestors *" in public["Content-Security-Policy"]
    assert "X-Frame-Options" not in public
    assert "frame-ancestors 'none'" in inside["Content-Security-Policy"]
    assert inside["X-Frame-Options"] == "DENY"


def test_a_thank_you_address_is_gone_to_and_allowed_by_the_page(form, send):
    form.thank_you_url = "https://www.example.com/thanks"
    form.save()

    assert send(form, **NORA)["Location"] == "https://www.example.com/thanks"
    page = Client().get(form.public_path)
    assert "form-action 'self' https://www.example.com" in page["Content-Security-Policy"]
    assert send(form, query="?embed=1", **NORA)["Location"].endswith("/thanks/?embed=1")


def test_a_form_that_suffices_hands_the_lead_over_by_itself(form, send, run_effects):
    form.touch_kind = Touch.Kind.DEMO_REQUEST
    form.save()

    send(form, **NORA)
    with time_machine.travel(now() + timedelta(minutes=1)):
        run_effects()

    lead = Lead.objects.get()
    assert lead.stage == Stage.MQL
    assert lead.score == 40  # company 5 + demo 35
    assert Handoff.objects.waiting().get().lead == lead
