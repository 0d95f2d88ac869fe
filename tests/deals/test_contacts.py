"""The people of a deal: known leads, each with a part, never the same person twice."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deals import contacts
from deals.models import DealContact
from leads.models import Lead
from tests.factories import CompanyFactory, DealFactory, LeadFactory, UserFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def deal(sold, accepted):
    return sold(accepted(name="Nora", company=CompanyFactory(name="Acme")))


def test_a_known_lead_is_named_and_no_second_person_is_made(deal, sign_in, rep):
    ana = LeadFactory(name="Ana", email="ana@example.com", owner=rep, team=rep.team)
    before, client = Lead.objects.count(), sign_in(rep)
    url = reverse("deals:contact-add", args=[deal.pk])

    for text in ("ANA@example.com", f"Ana #{ana.pk}", "Ana"):
        client.post(url, {"lead": text, "role": "champion"}, headers=HTMX)

    assert Lead.objects.count() == before
    assert list(deal.contacts.values_list("lead", "role")) == [(ana.pk, "champion")]


def test_a_new_address_becomes_a_lead_of_the_deals_company_and_owner(deal, sign_in, rep):
    sign_in(rep).post(
        reverse("deals:contact-add", args=[deal.pk]),
        {"lead": "ben@acme.example", "name": "Ben", "role": "decision_maker"},
    )

    ben = Lead.objects.with_address("ben@acme.example").get()
    assert (ben.name, ben.company, ben.owner) == ("Ben", deal.company, rep)
    assert deal.contacts.get().get_role_display() == "Decision maker"
    assert deal.moves.first().note == "Contact: – → Ben, Decision maker"


def test_a_lead_out_of_sight_is_neither_named_nor_made_again(deal, sign_in, rep):
    LeadFactory(name="Hidden", email="hidden@example.com", owner=UserFactory())
    before = Lead.objects.count()

    answer = sign_in(rep).post(
        reverse("deals:contact-add", args=[deal.pk]),
        {"lead": "hidden@example.com", "role": "user"},
        headers=HTMX,
    )

    assert answer.status_code == 422
    assert Lead.objects.count() == before
    assert not DealContact.objects.exists()


def test_a_name_that_nobody_has_is_refused(deal, sign_in, rep):
    answer = sign_in(rep).post(
        reverse("deals:contact-add", args=[deal.pk]),
        {"lead": "Nobody at all", "role": "user"},
        headers=HTMX,
    )

    assert answer.status_code == 422
    assert "No lead that you see" in answer.content.decode()


def test_a_part_is_changed_in_its_place_and_told_in_the_history(deal, sign_in, rep):
    client = sign_in(rep)
    url = reverse("deals:contact-role", args=[deal.pk, deal.lead_id])

    client.post(url, {"role": "champion"}, headers=HTMX)
    client.post(url, {"role": "blocker"}, headers=HTMX)

    assert deal.contacts.get().role == "blocker"
    assert deal.moves.first().note == "Contact: Nora, Champion → Nora, Blocker"
    assert client.post(url, {"role": "boss"}, headers=HTMX).status_code == 400


def test_taking_a_person_off_keeps_the_lead_and_may_be_undone(deal, sign_in, rep):
    ana = LeadFactory(name="Ana", owner=rep, team=rep.team)
    contacts.set_role(deal, ana, "user", actor=rep)
    client = sign_in(rep)

    client.post(reverse("deals:contact-remove", args=[deal.pk, ana.pk]), headers=HTMX)
    assert not deal.contacts.exists()
    back = reverse("deals:contact-role", args=[deal.pk, ana.pk])
    client.post(f"{back}?role=user", headers=HTMX)

    assert deal.contacts.get().lead == ana


def test_people_out_of_sight_are_counted_not_named(deal, sign_in, rep):
    hidden = LeadFactory(name="Hidden Person", owner=UserFactory())
    contacts.set_role(deal, hidden, "user", actor=rep)

    page = sign_in(rep).get(reverse("deals:contacts", args=[deal.pk]), headers=HTMX)

    assert "Hidden Person" not in page.content.decode()
    assert "1 more that you do not see" in page.content.decode()


def test_the_list_of_people_needs_as_many_queries_for_100_as_for_5(deal, sign_in, rep):
    client, counts = sign_in(rep), []
    url = reverse("deals:contacts", args=[deal.pk])
    client.get(url, headers=HTMX)

    for number in (5, 95):
        for _ in range(number):
            person = LeadFactory(owner=rep, team=rep.team, company=CompanyFactory())
            DealContact.objects.create(deal=deal, lead=person)
        with CaptureQueriesContext(connection) as caught:
            client.get(url, headers=HTMX)
        counts.append(len(caught))

    assert counts[0] == counts[1]


def test_a_contact_is_named_once_even_when_two_do_it_at_once(deal, rep):
    ana = LeadFactory(name="Ana")

    first = contacts.add(deal, ana, "user", actor=rep)
    second = contacts.add(deal, ana, "champion", actor=rep)

    assert first == second
    assert DealFactory().contacts.count() == 0
