"""Given name, family name and form of address: split when typed as one, corrected by hand."""

import pytest
from django.urls import reverse

from campaigns.newsletters.contents import values_of
from crm.users.models import Role
from leads.models import Lead
from leads.names import split
from leads.services import create_lead, edit_lead, take_back
from tests.factories import LeadFactory, UserFactory


@pytest.mark.parametrize(
    ("typed", "given", "family", "address"),
    [
        ("Ana Costa", "Ana", "Costa", ""),
        ("Müller, Jürgen", "Jürgen", "Müller", ""),
        ("Prof. Dr. Hans van der Berg", "Hans", "van der Berg", "Prof. Dr."),
        ("Dr. María José Núñez-Peña", "María José", "Núñez-Peña", "Dr."),
        ("Frau Sand", "", "Sand", "Frau"),
        ("Mike O'Neal", "Mike", "O'Neal", ""),
        ("山田 太郎", "太郎", "山田", ""),
        ("Sukarno", "Sukarno", "", ""),
        ("ana@acme.example", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_typed_name_is_split(typed, given, family, address):
    assert split(typed) == (given, family, address)


def parts_of(lead):
    lead = Lead.objects.get(pk=lead.pk)
    return lead.name, lead.given_name, lead.family_name, lead.form_of_address


@pytest.mark.django_db
def test_a_name_in_two_parts_makes_the_whole(organisation):
    lead = create_lead(actor=None, given_name="Ola", family_name="Nordmann")

    assert parts_of(lead) == ("Ola Nordmann", "Ola", "Nordmann", "")


@pytest.mark.django_db
def test_what_was_corrected_by_hand_stays_until_another_name_is_typed(organisation):
    user = UserFactory(role=Role.ADMIN)
    lead = create_lead(actor=user, name="Nguyễn Thị Ánh")
    edit_lead(lead, {"given_name": "Ánh", "family_name": "Nguyễn Thị"}, actor=user)

    edit_lead(lead, {"job_title": "CEO", "phone": ""}, actor=user)
    assert parts_of(lead) == ("Nguyễn Thị Ánh", "Ánh", "Nguyễn Thị", "")

    batch = edit_lead(lead, {"name": "Dr. Ana Costa"}, actor=user)
    assert parts_of(lead) == ("Dr. Ana Costa", "Ana", "Costa", "Dr.")

    take_back(batch, actor=user)
    assert parts_of(lead) == ("Nguyễn Thị Ánh", "Ánh", "Nguyễn Thị", "")


@pytest.mark.django_db
def test_the_form_of_all_facts_corrects_a_split(organisation, sign_in):
    lead = LeadFactory(name="Maria Anna Weber")
    page = {"name": "Maria Anna Weber", "email": lead.email, "given_name": "Maria Anna",
            "family_name": "Weber", "form_of_address": "Dr."}  # fmt: skip

    sign_in(UserFactory(role=Role.ADMIN)).post(reverse("leads:edit", args=[lead.pk]), page)

    assert parts_of(lead) == ("Maria Anna Weber", "Maria Anna", "Weber", "Dr.")


@pytest.mark.django_db
def test_letters_greet_by_form_of_address_else_by_the_given_name(organisation):
    formal, plain = LeadFactory(name="Frau Dr. Sand"), LeadFactory(name="Müller, Jürgen")
    nameless = LeadFactory(name="ana@acme.example")

    greeted = [values_of(lead) for lead in (formal, plain, nameless)]

    assert [values["salutation"] for values in greeted] == ["Frau Dr. Sand", "Jürgen", ""]
    assert [values["first_name"] for values in greeted] == ["", "Jürgen", ""]
    assert [values["last_name"] for values in greeted] == ["Sand", "Müller", ""]
