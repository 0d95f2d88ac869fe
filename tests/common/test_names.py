"""Names are one line, by whatever way they come, and so are headers and file names."""

from email.message import Message

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import CharField

from campaigns.models import Campaign
from crm.common.names import NameField, on_one_line
from crm.correspondence.reading import read
from crm.mailing import senders
from crm.users.models import Role, Team, User
from leads.models import Company, Lead
from tests.factories import CampaignFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]

FORGED = "Rita\r\nBcc: everybody@example.com"
ONE_LINE = "Rita Bcc: everybody@example.com"
NAMES = {
    "name", "given_name", "family_name", "form_of_address", "job_title", "title", "subject",
    "subject_b", "preheader", "sender_name", "file_name", "accepted_name",
}  # fmt: skip
OUR_OWN = {
    "audit.AuditEntry": "",
    "outbox.Heartbeat": "name of a part of the machinery",
    "correspondence.FetchedFolder": "name of a folder on a mail server, never sent anywhere",
    "tracking.PageView": "title of somebody's page, kept as it was reported",
}


def named_fields():
    for model in apps.get_models():
        if model.__module__.partition(".")[0] in ("crm", "leads", "campaigns", "deals"):
            for field in model._meta.local_fields:
                if isinstance(field, CharField) and field.name in NAMES and not field.choices:
                    yield model._meta.label, field


def test_every_name_of_a_table_is_one_line():
    many = [
        f"{label}.{field.name}"
        for label, field in named_fields()
        if not isinstance(field, NameField) and label not in OUR_OWN
    ]

    assert many == []


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028"])
def test_no_way_stores_a_line_break(line_break):
    name = f"Fair{line_break} 2030"
    CampaignFactory(name=name)
    Team.objects.bulk_create([Team(name=name)])
    lead = LeadFactory()
    Lead.objects.filter(pk=lead.pk).update(name=name)

    assert Campaign.objects.get().name == "Fair 2030"
    assert Team.objects.filter(name="Fair 2030").exists()
    assert Lead.objects.get().name == "Fair 2030"


@pytest.mark.parametrize(
    ("address", "model"),
    [
        ("/settings/people/{}/edit/", User),
        ("/companies/{}/edit/", Company),
        ("/campaigns/{}/edit/", Campaign),
    ],
)
def test_forms_refuse_a_line_break_in_a_name(sign_in, address, model):
    admin = UserFactory(role=Role.ADMIN)
    lead = LeadFactory()
    made = {
        User: UserFactory(),
        Company: Company.objects.create(name="Acme"),
        Campaign: lead.campaign or CampaignFactory(),
    }
    row = made[model]
    before = row.name

    answer = sign_in(admin).post(address.format(row.pk), {"name": FORGED})

    assert answer.status_code == 422
    assert "Write this on one line" in answer.content.decode()
    row.refresh_from_db()
    assert row.name == before


def test_a_field_says_what_is_wrong():
    with pytest.raises(ValidationError, match="one line"):
        User._meta.get_field("name").run_validators(FORGED)
    assert on_one_line(FORGED) == ONE_LINE
    assert on_one_line("Ana Ångström") == "Ana Ångström"


def test_a_name_makes_no_header_of_its_own():
    sender = senders.sender_of(User(name=FORGED, email="rita@example.com"))

    message = Message()
    message["From"] = sender
    assert "\n" not in sender
    assert [*message.keys()] == ["From"]


def test_a_received_file_says_its_true_ending():
    raw = (
        b"From: ana@example.com\r\nTo: x@example.com\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        b"Hello\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''offer%E2%80%AEfdp.exe%0D%0AX\r\n\r\n"
        b"MZ\r\n--b--\r\n"
    )

    (file,) = read(raw).files

    assert not set("\r\n\u202e") & set(file.name)
    assert file.name.startswith("offerfdp.exe")
