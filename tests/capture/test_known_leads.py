"""Somebody we know sends a form again: sales is told, and what is new is offered."""

import pytest
from django.urls import reverse

from campaigns.capture.models import CaptureForm, OfferedFact
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import Role
from leads.addresses import PHONES
from tests.factories import CampaignFactory, CaptureFormFactory, LeadFactory, TeamFactory
from tests.factories import UserFactory as User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
ASKED = [
    {"name": name, "label": name, "required": name == "email"}
    for name in ("email", "name", "job_title", "phone", "company", "message")
]
SENT = {"email": "nora@example.org", "name": "Nora Holm", "job_title": "Head of Planning",
        "phone": "+49 30 7654321", "message": "We need 40 seats in March."}  # fmt: skip


@pytest.fixture
def form():
    return CaptureFormFactory(name="Demo", fields=ASKED, touch_kind=CaptureForm.Kind.DEMO)


@pytest.fixture
def rita():
    return User(name="Rita", role=Role.REP, team=TeamFactory())


@pytest.fixture
def nora(rita):
    return LeadFactory(
        name="Nora Holm", email="nora@example.org", phone="+49301234567", job_title="Planner",
        owner=rita, team=rita.team, notes="Met at a fair",
    )  # fmt: skip


def test_the_owner_is_told_with_the_message_and_by_mail_of_a_demo(form, send, nora, rita):
    send(form, **SENT)

    notice = Notification.objects.get(user=rita)
    assert notice.title == "Nora Holm sent “Demo”"
    assert notice.body == "We need 40 seats in March."
    assert notice.url == nora.get_absolute_url()
    assert Mail.objects.filter(to=rita.email).count() == 1


def test_the_message_stands_with_its_touch_on_the_record(form, send, nora, sign_in, rita):
    send(form, **SENT)

    touch = nora.touches.get()
    assert (touch.kind, "We need 40 seats in March." in touch.detail) == ("demo_request", True)
    nora.refresh_from_db()
    assert nora.notes == "Met at a fair"


def test_a_long_message_is_whole_on_the_record(form, send, nora, sign_in, rita):
    long = " ".join(f"Word {number}" for number in range(100))

    send(form, **SENT | {"message": long})

    assert nora.touches.get().detail.endswith("…”")
    shown = sign_in(rita).get(reverse("activities:lead-timeline", args=[nora.pk]))
    assert "Word 99" in shown.content.decode()


def test_new_facts_are_offered_and_nothing_is_overwritten(form, send, nora):
    send(form, **SENT)
    send(form, **SENT)

    nora.refresh_from_db()
    assert (nora.job_title, nora.phone) == ("Planner", "+49301234567")
    offered = dict(OfferedFact.objects.values_list("field", "value"))
    assert offered == {"job_title": "Head of Planning", "phone": "+49307654321"}


def test_the_owner_accepts_what_is_right_and_dismisses_the_rest(form, send, nora, rita, sign_in):
    send(form, **SENT)
    client = sign_in(rita)
    title, phone = (OfferedFact.objects.get(field=name) for name in ("job_title", "phone"))
    assert "Head of Planning" in client.get(f"/forms/leads/{nora.pk}/offers/").content.decode()

    client.post(f"/forms/offers/{phone.pk}/accept/")
    client.post(f"/forms/offers/{title.pk}/dismiss/")

    nora.refresh_from_db()
    assert PHONES.of(nora) == ["+49301234567", "+49307654321"]
    assert nora.job_title == "Planner"
    send(form, **SENT)
    assert not OfferedFact.objects.filter(accepted=None).exists()


def test_an_outsider_decides_on_nobodys_facts(form, send, nora, sign_in):
    send(form, **SENT)
    fact = OfferedFact.objects.get(field="job_title")

    answer = sign_in(role=Role.REP).post(f"/forms/offers/{fact.pk}/accept/")

    assert answer.status_code == 404
    nora.refresh_from_db()
    assert nora.job_title == "Planner"


def test_without_an_owner_the_teams_manager_is_told_else_the_campaigns_owner(form, send, nora):
    boss = User(role=Role.SALES_MANAGER, team=nora.team)
    nora.owner = None
    nora.save()
    send(form, **SENT)
    assert Notification.objects.get().user == boss

    maya = User(role=Role.MARKETER)
    form.campaign = CampaignFactory(owner=maya)
    form.save()
    LeadFactory(email="ben@example.org")
    send(form, **{**SENT, "email": "ben@example.org"})
    assert Notification.objects.filter(user=maya).exists()


def test_a_new_leads_first_form_offers_and_tells_nothing_of_this(form, send):
    send(form, **SENT)

    assert not OfferedFact.objects.exists()
    assert not Notification.objects.exists()
