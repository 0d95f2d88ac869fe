"""People, companies, deals and campaigns are found as one remembers them, on both databases."""

import pytest
from django.urls import reverse

from campaigns.models import Campaign
from campaigns.services.planning import save_campaign
from crm.search.services import search
from crm.users.models import Role
from deals.models import Deal
from deals.services import edit
from leads.checking import out_of_step
from leads.companies import edit_company
from leads.models import Company, Lead
from leads.services import create_lead, edit_lead
from tests.factories import CampaignFactory, CompanyFactory, DealFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
PEOPLE = {
    "Müller, Jürgen": ["muller", "MÜLLER", "mueller", "jurgen muller", "Müller, Jürgen", "jürg"],
    "Nguyễn Thị Ánh": ["nguyen", "anh nguyen", "Nguyễn"],
    "María José Núñez-Peña": ["nunez", "pena nunez", "Núñez-Peña", "Nu\u0301n\u0303ez"],
    "Zoë Ångström": ["angstrom", "zoe", "ÅNGSTRÖM"],
    "Mike O'Neal": ["O'Neal", "o’neal", "oneal", "neal mike", "O`NEAL"],
    "Straße Weiß": ["strasse", "WEISS", "weiß"],
    "İbrahim IŞIK": ["ibrahim isik", "ışık"],
    "Łukasz Żółć": ["lukasz zolc"],
    "山田 太郎": ["山田", "太郎 山田"],
    "محمد بن راشد": ["راشد محمد"],
}


@pytest.fixture
def manager(organisation):
    organisation.country = "DE"
    organisation.save()
    return UserFactory(role=Role.ADMIN)


@pytest.mark.parametrize(("name", "words"), [(n, w) for n, ws in PEOPLE.items() for w in ws])
def test_a_person_is_found_without_accents_in_any_order(name, words):
    LeadFactory(name="Somebody Else", email="else@acme.example")
    lead = LeadFactory(name=name, email="x@acme.example")

    assert list(Lead.objects.search(words)) == [lead]


@pytest.mark.parametrize(
    "number",
    ["0171/2345678", "+49 171 2345678", "0049 171 2345678", "+49 (0)171 2345678", "2345678"],
)
def test_a_phone_is_found_in_any_writing(number, manager):
    lead = create_lead(actor=manager, name="Ana", phone="0171 2345678")
    edit_lead(lead, {"more_phones": ["030 1234567"]}, actor=manager)
    create_lead(actor=manager, name="Bo", phone="0171 9999999")

    assert list(Lead.objects.search(number)) == [lead]
    assert list(Lead.objects.search("030-123 45 67")) == [lead]


@pytest.mark.parametrize("words", ["frühjahr", "fruhjahr", "Aktion FRÜHJAHR", "fruehjahr"])
def test_companies_deals_and_campaigns_are_found_alike(words, manager):
    CompanyFactory(name="Frühjahr Aktion GmbH")
    DealFactory(name="Aktion Frühjahr", lead=LeadFactory(name="Bo"), owner=manager)
    CampaignFactory(name="Frühjahrsaktion")
    CampaignFactory(name="Herbst")

    groups = {group.name: len(group.hits) for group in search(manager, words)}

    assert groups == {"Companies": 1, "Deals": 1, "Campaigns": 1}


def test_what_is_no_word_finds_nobody(manager):
    LeadFactory()

    assert not Lead.objects.search("'' ,,").exists()
    assert Lead.objects.search("").count() == 1


@pytest.mark.parametrize(
    "url", ["leads:list", "deals:list", "campaigns:list", "leads:company-list"]
)
def test_every_list_and_the_palette_search_alike(url, manager, sign_in):
    company = CompanyFactory(name="Nuñez Şirket")
    lead = LeadFactory(name="Ana Nuñez Şirket", company=company)
    DealFactory(name="Nuñez Şirket renewal", lead=lead, owner=manager)
    CampaignFactory(name="Nuñez Şirket launch")
    client = sign_in(manager)

    page = client.get(reverse(url), {"q": "sirket nunez"}).content.decode()
    palette = client.get(reverse("search:palette"), {"q": "sirket nunez"}).content.decode()

    assert "Nuñez Şirket" in page
    assert palette.count("Nuñez Şirket") >= 4


def test_lists_are_ordered_without_accents_and_case(manager):
    for name in ("Zoe", "Émile", "ana", "Østen", "Über"):
        LeadFactory(name=name)

    names = Lead.objects.order_by("sort_key").values_list("name", flat=True)

    assert list(names) == ["ana", "Émile", "Østen", "Über", "Zoe"]


def test_keys_follow_every_change_of_a_name(manager):
    company = CompanyFactory(name="Old")
    lead = LeadFactory(name="Ana", company=company)
    deal = DealFactory(name="Old deal", lead=lead, owner=manager)
    campaign = CampaignFactory(name="Old campaign")

    edit_company(company, {"name": "Größe"}, actor=None)
    edit_lead(lead, {"name": "Zoë"}, actor=manager)
    edit(deal, {"name": "Überholung"}, actor=manager, version=deal.version)
    campaign.name = "Frühling"
    save_campaign(campaign)

    assert Company.objects.search("grosse").get() == company
    assert Lead.objects.search("grosse zoe").get() == lead
    assert Deal.objects.search("uberholung").get() == deal
    assert Campaign.objects.get(search_key__contains="fruhling") == campaign
    assert list(out_of_step()) == []
