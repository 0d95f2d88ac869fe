"""A lead is written once, as its person would write it, and enters the funnel."""

import pytest

from crm.funnel.causes import Cause, Code
from crm.funnel.intake import take_in
from crm.outbox.models import Effect
from crm.stages import Stage
from crm.users.models import Role
from leads import services
from leads.models import Lead
from tests.factories import CompanyFactory, LeadFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_new_lead_enters_the_funnel_and_asks_for_its_score():
    rep = UserFactory()

    lead = take_in(actor=rep, name="Ana Costa", email="ana@example.org", cause=Cause(Code.BY_HAND))

    entered = lead.transitions.get()
    assert (entered.new_stage, entered.actor, entered.code) == (Stage.LEAD, rep, "by_hand")
    assert lead.created_by == rep
    effect = Effect.objects.get(kind=services.LEAD_CHANGED)
    assert effect.payload == {"lead": lead.pk}


def test_words_are_kept_composed_trimmed_and_searchable():
    company = CompanyFactory(name="Öl  & Gas")

    lead = take_in(
        actor=None, name="  Zoe\u0301   Mu\u0308ller ", email=" Zoe@Example.ORG ", company=company
    )

    assert lead.name == "Zoé Müller"
    assert lead.email == "zoe@example.org"
    assert lead.search_key == "zoe muller ol & gas zoe@example.org mueller oel"


def test_phone_is_kept_as_the_world_dials_it_when_the_country_is_known():
    lead = take_in(actor=None, name="Ana", phone="030 1234567", country="de")

    assert (lead.phone, lead.country) == ("+49301234567", "DE")


def test_phone_without_a_country_is_kept_as_it_was_typed():
    assert take_in(actor=None, name="Ana", phone="030  1234567").phone == "030 1234567"


def test_owner_brings_his_team_and_consent_its_time():
    rep, admin = UserFactory(team=TeamFactory()), UserFactory(role=Role.ADMIN)

    lead = take_in(actor=admin, name="Ana", owner=rep, consent=True, consent_source="Fair")

    assert lead.team == rep.team
    assert lead.consent_at is not None


@pytest.mark.parametrize(
    "address",
    ["a\u202eb@x.com", '"<script>"@x.com', "=1+1@x.com", "a\x00@x.com", "a b@x.com", "@x.com", "x"],
)
def test_hostile_address_is_refused_with_a_clear_error(address):
    with pytest.raises(services.LeadNotAccepted) as refusal:
        take_in(actor=None, name="Ana", email=address)

    assert refusal.value.errors["email"]
    assert not Lead.objects.exists()


@pytest.mark.parametrize("name", ["Ana\x00", "Ana \u202etxt.exe", "\ud800"])
def test_name_with_a_character_that_cannot_be_shown_is_refused(name):
    with pytest.raises(services.LeadNotAccepted) as refusal:
        take_in(actor=None, name=name)

    assert "cannot be shown" in refusal.value.errors["name"]


def test_lead_needs_a_name_or_an_address():
    with pytest.raises(services.LeadNotAccepted):
        take_in(actor=None, name="  ", email="")

    assert not Lead.objects.exists()


def test_known_address_is_refused_in_any_case_and_names_the_lead():
    known = LeadFactory(email="ana@example.org")

    with pytest.raises(services.EmailTaken) as refusal:
        take_in(actor=None, name="Ana", email="ANA@example.org")

    assert refusal.value.lead == known
    assert Lead.objects.count() == 1


def test_creation_takes_few_queries(django_assert_max_num_queries):
    rep = UserFactory()

    with django_assert_max_num_queries(14):
        take_in(actor=rep, name="Ana Costa", email="ana@example.org")
