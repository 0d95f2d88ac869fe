"""One number is one number, however and wherever it was written; it never makes two people one."""

import pytest
from django.urls import reverse

from crm.users.models import Role
from leads import companies
from leads.models import Lead, PhoneNumber
from leads.normalising import phone_number
from leads.services import create_lead, edit_lead
from tests.factories import LeadFactory, UserFactory

ONE = "+491712345678"
pytestmark = pytest.mark.django_db


@pytest.fixture
def german(organisation):
    organisation.country = "DE"
    organisation.save()


@pytest.mark.parametrize(
    "text",
    ["0171/2345678", "+49 171 2345678", "0049 171 2345678", "+49 (0)171 234 56 78",
     "0171–2345678", "tel:+49-171-2345678", "(0171) 234.56.78", "٠١٧١٢٣٤٥٦٧٨"],
)  # fmt: skip
def test_every_writing_of_a_number_is_one(text):
    assert phone_number(text, "DE") == ONE
    assert phone_number(phone_number(text, "DE"), "FR") == ONE


def test_an_extension_is_kept_in_one_writing():
    assert phone_number("030 1234567 x12", "DE") == "+49301234567 ext 12"
    assert phone_number("+49301234567 ext 12") == "+49301234567 ext 12"


def test_what_no_country_can_dial_stays_as_it_was_typed():
    assert phone_number("00123") == "00123"
    assert phone_number("12 34", "DE") == "12 34"


def test_a_number_is_dialled_from_its_owners_country_else_the_companys_else_ours(german):
    acme = companies.create_company(actor=None, name="Acme", country="FR")

    ours = create_lead(actor=None, name="Ana", phone="0171 2345678")
    theirs = create_lead(actor=None, name="Bo", phone="06 12 34 56 78", company=acme)
    own = create_lead(actor=None, name="Cy", phone="0532 123 45 67", company=acme, country="TR")

    assert [lead.phone for lead in (ours, theirs, own)] == [ONE, "+33612345678", "+905321234567"]
    assert (
        companies.create_company(actor=None, name="Bahn", phone="030 1234567").phone
        == "+49301234567"
    )


def test_a_number_is_understood_once_the_country_is_known(organisation):
    lead = create_lead(actor=None, name="Ana", phone="0171/2345678")
    assert lead.phone == "0171/2345678"

    edit_lead(lead, {"country": "DE"}, actor=None)

    assert Lead.objects.get().phone == PhoneNumber.objects.get().number == ONE


def test_the_check_while_typing_compares_what_would_be_kept(german, sign_in):
    LeadFactory(name="Ana", phone=ONE)
    client = sign_in(UserFactory(role=Role.ADMIN))

    def asked(**typed):
        return client.get(reverse("leads:duplicates"), typed).content.decode()

    assert "Same phone number" in asked(phone="0171/2345678")
    assert "Same phone number" not in asked(phone="0171/2345678", country="FR")
