"""A person's addresses and phone numbers: several of each, one of them the main one."""

import pytest
from django.urls import reverse

from crm.users.models import Role
from leads.address_models import EmailAddress, PhoneNumber
from leads.checking import out_of_step
from leads.duplicates import duplicates_of
from leads.models import Lead
from leads.services import EmailTaken, edit_lead, new_lead, save_unless_known, take_back
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def client(organisation, sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def ana(admin):
    lead = LeadFactory(name="Ana", email="ana@acme.example")
    edit_lead(lead, {"more_emails": "ana@home.example"}, actor=admin)
    return Lead.objects.get(pk=lead.pk)


def addresses_of(lead):
    rows = EmailAddress.objects.filter(lead=lead)
    return list(rows.values_list("address", "is_main"))


def facts_of(lead):
    return Lead.objects.values_list("email", "more_emails").get(pk=lead.pk)


def save(client, lead, addresses, main=0, field="email"):
    url = reverse("leads:field", args=[lead.pk, field])
    return client.post(url, {field: addresses, f"{field}_main": main}, **HTMX)


def test_a_person_is_found_by_any_of_their_addresses(ana):
    for address in ("ana@acme.example", "ANA@home.example ", "Ana@Home.Example"):
        assert Lead.objects.with_address(address).get() == ana
    assert Lead.objects.search("home.example").get() == ana
    assert not Lead.objects.with_address("").exists()


def test_an_address_is_added_made_the_main_one_and_removed_on_the_record(client, ana):
    page = client.get(reverse("leads:field", args=[ana.pk, "email"]), **HTMX).content.decode()
    assert page.count('name="email"') == 3

    added = save(client, ana, ["ana@acme.example", "ana@home.example", "a@third.example"])
    assert 'href="mailto:a@third.example"' in added.content.decode()
    assert facts_of(ana) == ("ana@acme.example", "ana@home.example, a@third.example")

    save(client, ana, ["ana@acme.example", "ana@home.example", "a@third.example", ""], main=2)
    assert facts_of(ana) == ("a@third.example", "ana@acme.example, ana@home.example")

    save(client, ana, ["", "ana@acme.example", ""])
    assert addresses_of(ana) == [("ana@acme.example", True)]
    assert list(out_of_step()) == []


def test_the_form_of_all_facts_keeps_every_address_and_number(client, ana, admin):
    edit_lead(ana, {"phone": "+49301234567", "more_phones": ["+491712345678"]}, actor=admin)
    url = reverse("leads:edit", args=[ana.pk])
    page = client.get(url).content.decode()
    assert page.count('name="email"') == page.count('name="phone"') == 3

    client.post(
        url,
        {"name": "Ana Costa", "email": ["ana@acme.example", "ana@home.example", ""],
         "phone": ["+49301234567", "+491712345678"], "phone_main": "1"},
    )  # fmt: skip

    assert facts_of(ana) == ("ana@acme.example", "ana@home.example")
    numbers = PhoneNumber.objects.filter(lead=ana).values_list("number", "is_main")
    assert list(numbers) == [("+491712345678", True), ("+49301234567", False)]


def test_a_second_address_of_somebody_else_is_refused_and_nothing_changes(client, ana):
    bo = LeadFactory(name="Bo", email="bo@acme.example")

    refused = save(client, bo, ["bo@acme.example", "ana@home.example"])

    assert refused.status_code == 422
    assert "ana@home.example is already known" in refused.content.decode()
    assert addresses_of(bo) == [("bo@acme.example", True)]
    assert facts_of(bo) == ("bo@acme.example", "")


def test_a_new_person_with_a_known_second_address_is_refused(ana):
    with pytest.raises(EmailTaken) as taken:
        save_unless_known(new_lead(name="Anna", email="ana@home.example"))

    assert taken.value.lead == ana
    assert Lead.objects.count() == 1


def test_what_is_no_address_is_said_beside_the_field(client, ana):
    refused = save(client, ana, ["ana@acme.example", "nonsense"])

    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    assert facts_of(ana) == ("ana@acme.example", "ana@home.example")


def test_more_addresses_than_a_person_has_are_refused(client, ana):
    refused = save(client, ana, [f"a{n}@acme.example" for n in range(21)])

    assert refused.status_code == 422
    assert facts_of(ana) == ("ana@acme.example", "ana@home.example")


def test_without_a_main_one_the_next_takes_its_place(ana, admin):
    edit_lead(ana, {"email": ""}, actor=admin)

    assert facts_of(ana) == ("ana@home.example", "")
    assert addresses_of(ana) == [("ana@home.example", True)]


def test_making_another_the_main_one_loses_none_and_is_taken_back(ana, admin):
    batch = edit_lead(ana, {"email": "ana@home.example"}, actor=admin)
    assert facts_of(ana) == ("ana@home.example", "ana@acme.example")

    take_back(batch, actor=admin)

    assert facts_of(ana) == ("ana@acme.example", "ana@home.example")
    assert addresses_of(ana) == [("ana@acme.example", True), ("ana@home.example", False)]


def test_taking_back_an_address_that_another_has_by_now_is_refused_in_words(client, ana, admin):
    batch = edit_lead(ana, {"more_emails": ""}, actor=admin)
    LeadFactory(email="ana@home.example")

    page = client.post(reverse("leads:undo", args=[batch]), follow=True).content.decode()

    assert "Nothing was taken back." in page
    assert addresses_of(ana) == [("ana@acme.example", True)]


def test_every_phone_of_a_person_is_compared(admin):
    lead = LeadFactory(name="Ana", phone="+49301234567")
    edit_lead(lead, {"more_phones": ["+491712345678"]}, actor=admin)

    found = duplicates_of(name="Somebody", phone="+491712345678")

    assert [(one.lead, one.certain) for one in found] == [(lead, False)]


def test_the_record_shows_every_address_and_takes_no_query_for_it(client, ana, admin):
    plain = LeadFactory()
    url = plain.get_absolute_url()
    client.get(url)

    page = client.get(ana.get_absolute_url()).content.decode()

    assert 'href="mailto:ana@acme.example"' in page
    assert 'href="mailto:ana@home.example"' in page
