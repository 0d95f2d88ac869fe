"""Members of a campaign and how they responded; what belongs to it."""

import pytest

from campaigns import assets
from campaigns.assets import Asset, register_assets
from campaigns.members import members
from campaigns.models import MemberResponse, Touch
from crm.users.models import Role
from tests.factories import CampaignFactory, LeadFactory, TouchFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
HTMX = {"HX-Request": "true"}


def responses(campaign, user=None):
    found = members(campaign, user or UserFactory(role=Role.MARKETER))
    return dict(found.values_list("name", "response"))


def test_touches_say_the_response_until_somebody_does():
    campaign = CampaignFactory()
    LeadFactory(name="Quiet", campaign=campaign)
    clicked, came = LeadFactory(name="Clicked"), LeadFactory(name="Came")
    TouchFactory(lead=clicked, campaign=campaign, kind=Touch.Kind.EMAIL_CLICK)
    TouchFactory(lead=came, campaign=campaign, kind=Touch.Kind.WEBINAR)
    LeadFactory(name="Stranger")

    assert responses(campaign) == {"Quiet": "invited", "Clicked": "responded", "Came": "attended"}


def test_response_set_by_hand_stands_and_can_be_given_back(sign_in):
    campaign = CampaignFactory()
    lead = LeadFactory(name="Ana", campaign=campaign)
    client, path = sign_in(role=Role.MARKETER), f"/campaigns/{campaign.pk}/members/{lead.pk}/"

    answer = client.post(path, {"response": "declined"}, headers=HTMX)
    by_hand = responses(campaign)
    client.post(path, {"response": ""}, headers=HTMX)

    assert answer.content.lstrip().startswith(f'<tr id="member-{lead.pk}"'.encode())
    assert by_hand == {"Ana": "declined"}
    assert responses(campaign) == {"Ana": "invited"}


def test_a_response_that_is_none_is_refused(sign_in):
    campaign = CampaignFactory()
    lead = LeadFactory(campaign=campaign)

    answer = sign_in(role=Role.MARKETER).post(
        f"/campaigns/{campaign.pk}/members/{lead.pk}/", {"response": "delighted"}
    )

    assert answer.status_code == 422
    assert not MemberResponse.objects.exists()


def test_members_are_those_of_the_readers_scope():
    campaign, rep = CampaignFactory(), UserFactory(role=Role.REP)
    LeadFactory(name="Mine", campaign=campaign, owner=rep)
    LeadFactory(name="Theirs", campaign=campaign, owner=UserFactory())

    assert responses(campaign, rep) == {"Mine": "invited"}


@pytest.mark.parametrize("count", [5, 60])
def test_members_take_the_same_few_queries(count, sign_in, django_assert_num_queries):
    campaign, client = CampaignFactory(), sign_in(role=Role.MARKETER)
    for _ in range(count):
        TouchFactory(lead=LeadFactory(campaign=campaign), campaign=campaign)
    client.get(campaign.get_absolute_url(), {"tab": "members"})

    with django_assert_num_queries(6):
        client.get(campaign.get_absolute_url(), {"tab": "members"})


def test_apps_above_put_their_things_on_a_campaigns_page(sign_in, monkeypatch):
    monkeypatch.setattr(assets, "SHELVES", {})
    register_assets("Banners", lambda campaign: [Asset(f"Banner of {campaign}", "/x/", "3 seen")])
    campaign = CampaignFactory(name="Fair")

    page = sign_in(role=Role.MARKETER).get(campaign.get_absolute_url(), {"tab": "assets"})

    assert "Banner of Fair" in page.content.decode()
    assert "3 seen" in page.content.decode()
