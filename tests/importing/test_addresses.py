"""Several addresses and numbers of one person in a file: kept, found again, taken back."""

import pytest

from crm.importing import undoing
from leads.checking import out_of_step
from leads.duplicates import duplicates_of
from leads.models import EmailAddress, Lead, PhoneNumber
from leads.services import edit_lead
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
ONE = "+491712345678"
HEAD = "id,name,email,additional email addresses,phone number,mobile phone number\n"
ANA = "1,Ana,ana@acme.example,ana@home.example; ANA@old.example,+49301234567,+491712345678\n"


def columns_of(lead):
    lead.refresh_from_db()
    return lead.email, lead.more_emails, lead.phone, lead.more_phones


def in_step():
    return list(out_of_step()) == []


def test_a_file_brings_in_every_address_and_number(bring_in):
    bring_in(HEAD + ANA)

    assert columns_of(Lead.objects.get()) == (
        "ana@acme.example", "ana@home.example, ana@old.example", "+49301234567", "+491712345678",
    )  # fmt: skip
    assert in_step()


def test_the_same_file_again_changes_nothing(bring_in):
    bring_in(HEAD + ANA)

    again = bring_in(HEAD + ANA, name="again.csv")

    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)


def test_a_row_with_another_address_of_a_person_means_that_person(bring_in):
    bring_in(HEAD + ANA)

    source = bring_in("name,email,job title\nAna,ana@home.example,CEO\n")

    lead = Lead.objects.get()
    assert (source.created, source.updated) == (0, 1)
    assert lead.job_title == "CEO"
    assert lead.email == "ana@acme.example"


def test_a_new_address_of_a_known_person_becomes_the_main_one_and_the_old_stays(bring_in):
    lead = LeadFactory(external_id="1", name="Ana", email="ana@acme.example")

    source = bring_in("id,email\n1,ana@new.example\n")
    assert columns_of(lead)[:2] == ("ana@new.example", "ana@acme.example")
    assert in_step()

    undoing.undo(source, actor=None)
    assert columns_of(lead)[:2] == ("ana@acme.example", "")
    assert in_step()


def test_addresses_of_two_people_in_one_row_are_refused(bring_in):
    ana, bo = LeadFactory(email="ana@acme.example"), LeadFactory(email="bo@acme.example")

    source = bring_in("name,email,other email\nAna,ana@acme.example,bo@acme.example\n")

    assert source.refused == 1
    assert (columns_of(ana)[1], columns_of(bo)[1]) == ("", "")


def test_an_undo_takes_the_rows_of_created_people_along(bring_in):
    source = bring_in(HEAD + ANA)

    undoing.undo(source, actor=None)

    assert not Lead.objects.exists()
    assert not EmailAddress.objects.exists()
    assert not PhoneNumber.objects.exists()


def test_somebody_with_an_address_added_by_hand_is_not_taken_back(bring_in):
    source = bring_in(HEAD + ANA)
    edit_lead(Lead.objects.get(), {"more_emails": "ana@own.example"}, actor=None)

    source = undoing.undo(source, actor=None)

    assert Lead.objects.get().more_emails == "ana@own.example"
    assert source.kept[0]["reason"] == "Edited since."


def test_deals_and_touches_find_a_person_by_any_address(bring_in):
    bring_in(HEAD + ANA)

    source = bring_in(
        "lead,kind,at\nana@home.example,Webinar attended,2024-02-01\n", kind="touches"
    )

    assert source.created == 1


@pytest.fixture
def german(organisation):
    organisation.country = "DE"
    organisation.save()


def test_two_people_of_one_number_are_two_and_each_is_named_to_the_other(german, bring_in):
    bring_in(
        "Name,Phone,Country,Company\nJürgen Müller,+49 171 2345678,Germany,Übersee\n"
        "J. Müller,0171/2345678,Germany,Übersee\n"
    )

    first, second = Lead.objects.order_by("pk")
    assert first.phone == second.phone == ONE
    found = duplicates_of(name="Somebody", phone=ONE, but=first.pk)
    assert [(one.lead, one.why, one.certain) for one in found] == [
        (second, "Same phone number", False)
    ]


def test_local_numbers_of_a_file_are_dialled_from_the_countries_of_their_rows(german, bring_in):
    bring_in(
        "name,email,phone,country\nMike,m@c.example,(212) 555-0147,United States\n"
        "Anh,anh@h.example,091 234 56 78,Vietnam\nHans,h@h.example,0171 2345678,\n"
    )

    phones = Lead.objects.order_by("pk").values_list("phone", flat=True)
    assert list(phones) == ["+12125550147", "+84912345678", ONE]


def test_a_file_with_given_and_family_name_in_two_columns(bring_in):
    source = bring_in(
        "First Name,Last Name,Salutation,Email,Company name\n"
        "Ingrid,Sand,Ms.,ingrid@v.example,Sand AS\nOla,Nordmann,,,Fjord AS\n"
        "María José,Núñez-Peña,Dr.,mj@m.example,\n"
    )

    rows = Lead.objects.order_by("pk")
    assert source.created == 3
    assert list(rows.values_list("name", "given_name", "family_name", "form_of_address")) == [
        ("Ingrid Sand", "Ingrid", "Sand", "Ms."),
        ("Ola Nordmann", "Ola", "Nordmann", ""),
        ("María José Núñez-Peña", "María José", "Núñez-Peña", "Dr."),
    ]


def test_a_name_in_one_column_is_split_and_taken_back_with_its_parts(bring_in):
    lead = LeadFactory(external_id="1", name="Ana Costa")

    source = bring_in('id,name\n1,"Müller, Jürgen"\n')
    lead.refresh_from_db()
    assert (lead.given_name, lead.family_name) == ("Jürgen", "Müller")

    undoing.undo(source, actor=None)
    lead.refresh_from_db()
    assert (lead.name, lead.given_name, lead.family_name) == ("Ana Costa", "Ana", "Costa")
