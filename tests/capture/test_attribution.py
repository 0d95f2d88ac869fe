"""A form opened by a saved UTM link belongs to the link's campaign, without any script."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from leads.models import Lead
from tests.capture.conftest import token_of
from tests.factories import CampaignFactory, CaptureFormFactory, UtmLinkFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
QUERY = "utm_source=linkedin&utm_medium=social&utm_campaign=spring"
ODD = "?UTM_Source=LinkedIn&Utm_Medium=SOCIAL&UTM_CAMPAIGN=Spring"


@pytest.fixture
def form():
    return CaptureFormFactory(name="Guide", campaign=CampaignFactory(name="Evergreen"))


@pytest.fixture
def spring():
    campaign = CampaignFactory(name="Spring launch")
    UtmLinkFactory(campaign=campaign)
    return campaign


def came_by(lead):
    return lead.campaign, lead.touches.get().campaign


@pytest.mark.parametrize("query", [f"?{QUERY}", ODD])
def test_lead_and_touch_belong_to_the_links_campaign(form, spring, send, query):
    send(form, query=query, email="nora@example.org")

    assert came_by(Lead.objects.get()) == (spring, spring)


def test_an_unknown_link_leaves_the_forms_campaign(form, spring, send):
    send(form, query="?utm_source=linkedin&utm_medium=social&utm_campaign=other", email="n@e.org")

    assert came_by(Lead.objects.get()) == (form.campaign, form.campaign)


@pytest.mark.parametrize("query", [f"?a=b&{QUERY}#top", ODD])
def test_an_embedded_form_goes_by_the_address_of_its_page(form, spring, query):
    client, url = Client(), f"{form.public_path}?embed=1"
    page = client.get(url, headers={"Referer": f"https://shop.example.com/guide{query}"})
    hidden = re.search(r'name="tandem_page" value="([^"]+)"', page.content.decode())
    assert hidden
    kept = hidden[1].replace("&amp;", "&")

    with time_machine.travel(now() + timedelta(seconds=20)):
        client.post(url, {"token": token_of(page), "tandem_page": kept, "email": "n@example.org"})

    assert came_by(Lead.objects.get()) == (spring, spring)


@pytest.mark.parametrize(
    "referer", ["", "https://[broken", "https://a.example/?utm_source=%00", "x" * 9000]
)
def test_odd_referrers_do_no_harm(form, referer):
    answer = Client().get(f"{form.public_path}?embed=1", headers={"Referer": referer})

    assert answer.status_code == 200
    assert "tandem_page" not in answer.content.decode()


def test_the_snippet_sets_the_referrer_policy_and_the_height(form):
    assert 'referrerpolicy="no-referrer-when-downgrade"' in form.snippet
    assert f'height="{form.frame_height}"' in form.snippet
    assert "/f.js" in form.snippet
    assert b"postMessage" not in Client().get("/f.js").content
    assert Client().get("/f.js")["Content-Type"].startswith("text/javascript")
