"""A column of refusals never gives consent, whatever it is matched with."""

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError
from django.urls import reverse

from crm.importing import undoing, uploads
from crm.importing.fields import NotMappable
from crm.importing.guessing import guess
from crm.importing.refusals import is_refusal
from crm.mailing.models import Suppression
from crm.mailing.suppressing import suppress
from crm.users.models import Role
from leads.models import Lead
from tests.factories import LeadFactory, UserFactory
from tests.importing.conftest import errors_of

HUBSPOT = """Email,Name,Opted out of email: Marketing Information
ana@example.com,Ana,true
bela@example.com,Béla,
"""
HEADINGS = [
    "Opted out of email: Marketing Information", "HasOptedOutOfEmail", "Unsubscribed",
    "Email Opt Out", "Do not e-mail", "DO_NOT_CONTACT", "Don't email", "No newsletter",
    "Consent withdrawn", "Consent revoked at", "Newsletter abgemeldet", "Werbewiderspruch",
    "Désinscrit", "Désabonné", "Dado de baja", "Refused marketing", "Suppressed",
]  # fmt: skip


def consents():
    return dict(Lead.objects.values_list("email", "consent"))


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_column_of_refusals_cannot_be_matched_with_consent(bring_in, heading):
    with pytest.raises(NotMappable, match="cannot give consent"):
        bring_in(
            f"email,{heading}\nana@example.com,true\n",
            mapping={"email": "email", "consent": heading},
        )

    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    "heading", ["Consent", "Opt-in", "Newsletter", "Marketing mail", "Subscribed", "Opted in"]
)
def test_a_column_of_consent_is_none_of_refusals(heading):
    assert not is_refusal(heading)


def test_who_opted_out_elsewhere_is_recorded_as_opted_out_and_others_say_nothing(bring_in):
    bring_in(HUBSPOT)

    assert consents() == {"ana@example.com": False, "bela@example.com": False}
    assert [row.address for row in Suppression.objects.all()] == ["ana@example.com"]


@pytest.mark.parametrize("value", ["true", "YES", "1", "x", "2024-05-03", "Opted out", "Revoked"])
def test_a_word_or_a_date_of_opting_out_ends_a_consent(bring_in, value):
    LeadFactory(email="ana@example.com", consent=True)

    bring_in(f"Email,Unsubscribed\nana@example.com,{value}\n")

    assert consents() == {"ana@example.com": False}


@pytest.mark.parametrize("value", ["false", "no", "0", "never", "-"])
def test_who_did_not_opt_out_has_not_agreed_for_that(bring_in, value):
    bring_in(f"Email,Unsubscribed\nana@example.com,{value}\n")

    assert consents() == {"ana@example.com": False}
    assert not Suppression.objects.exists()


def test_what_says_neither_refuses_its_row(bring_in):
    source = bring_in("Email,Unsubscribed\nana@example.com,perhaps\n")

    assert "does not say" in errors_of(source)[0][1]
    assert not Lead.objects.exists()


def test_cells_of_refusal_under_a_heading_of_consent_give_none(bring_in):
    data = "email,consent\n" + "".join(
        f"p{n}@example.com,{value}\n"
        for n, value in enumerate(["Opted out", "unsubscribed 3 May", "Consent withdrawn", "yes"])
    )
    bring_in(data)

    assert consents() == {"p0@example.com": False, "p1@example.com": False,
                          "p2@example.com": False, "p3@example.com": True}  # fmt: skip


def test_opting_out_prevails_over_consent_in_the_row_the_file_and_the_next_file(bring_in):
    head = "email,consent,unsubscribed\n"
    bring_in(head + "a@example.com,yes,yes\nb@example.com,no,yes\nb@example.com,yes,\n")

    bring_in("email,consent\na@example.com,yes\nb@example.com,yes\n")

    assert consents() == {"a@example.com": False, "b@example.com": False}


def test_an_address_that_unsubscribed_gets_no_consent_by_a_file_as_a_new_lead(bring_in):
    suppress("ana@example.com", Suppression.Reason.UNSUBSCRIBED)

    source = bring_in("email,consent\nana@example.com,yes\n")

    assert consents() == {"ana@example.com": False}
    assert source.warned == 1


def test_undoing_the_import_takes_its_opting_out_back(bring_in):
    source = bring_in(HUBSPOT)

    undoing.undo(source, actor=None)

    assert not Suppression.objects.exists()
    assert not Lead.objects.exists()


def test_the_wizard_says_why_a_column_of_refusals_gives_no_consent(client, db):
    user = UserFactory(role=Role.MARKETER)
    client.force_login(user)
    source = uploads.receive(ContentFile(HUBSPOT.encode(), "h.csv"), kind="leads", actor=user)
    fields = {"map_email": "Email", "map_consent": source.columns[2], "time_zone": "UTC",
              "duplicates": "update"}  # fmt: skip

    answer = client.post(reverse("importing:map", args=[source.pk]), fields)

    assert answer.status_code == 422
    assert "cannot give consent" in answer.content.decode()
    source.refresh_from_db()
    assert not source.can_run


def test_the_command_refuses_it_too(command, db):
    with pytest.raises(CommandError, match="cannot give consent"):
        command("leads", b"email,HasOptedOutOfEmail\na@example.com,true\n",
                {"email": "email", "consent": "HasOptedOutOfEmail"})  # fmt: skip

    assert not Lead.objects.exists()


def test_columns_of_opting_out_are_guessed_by_their_names():
    assert guess("leads", ["Email", "HasOptedOutOfEmail"])["opted_out"] == "HasOptedOutOfEmail"
    assert guess("leads", ["Email", "Opted out of email: News"])["opted_out"]
    assert "consent" not in guess("leads", ["Email", "Newsletter abgemeldet"])
