"""UTM links: names tidied, addresses built, each link once, visits counted."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.capture import utm
from campaigns.capture.models import UtmLink
from crm.users.models import Role
from tests.factories import CampaignFactory, UtmLinkFactory

VALUES = {"source": "google", "medium": "cpc", "campaign": "spring"}


@given(st.text(max_size=150))
def test_a_tidy_name_is_plain_and_stays_as_it_is(name):
    tidied = utm.tidy(name)

    assert tidied == utm.tidy(tidied)
    assert tidied == tidied.lower()
    assert not set(tidied) & set(" /?&#=%+\"'<>")


def test_a_name_in_any_case_is_one_name():
    assert utm.tidy("  Spring Fair 2026! ") == "spring-fair-2026"


def test_a_link_keeps_the_page_and_its_own_parameters_and_says_utm_once():
    url = utm.link("https://example.com/a?id=7&utm_source=old&utm_id=9#part", VALUES)

    parts = urlsplit(url)
    assert (parts.path, parts.fragment) == ("/a", "part")
    assert parse_qs(parts.query) == {
        "id": ["7"], "utm_id": ["9"], "utm_source": ["google"], "utm_medium": ["cpc"],
        "utm_campaign": ["spring"],
    }  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(utm.PARTS), st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True))
)
def test_what_a_link_says_is_read_again(values):
    query = urlsplit(utm.link("https://example.com/", values)).query

    assert utm.read({key: value[0] for key, value in parse_qs(query).items()}) == values


@pytest.mark.django_db
@pytest.mark.usefixtures("organisation")
def test_a_link_is_saved_tidied_and_only_once(sign_in):
    marketer, campaign = sign_in(role=Role.MARKETER), CampaignFactory(name="Spring Fair")
    data = {"campaign_id": campaign.pk, "base_url": "www.example.com/fair", "source": "LinkedIn ",
            "medium": "Paid Social"}  # fmt: skip

    for _ in range(2):
        assert marketer.post("/utm/new/", data).status_code == 302

    link = UtmLink.objects.get()
    assert link.url == (
        "https://www.example.com/fair?utm_source=linkedin&utm_medium=paid-social"
        "&utm_campaign=spring-fair"
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("organisation")
@pytest.mark.parametrize("page", ["javascript:alert(1)", "ftp://example.com", "no address"])
def test_a_link_leads_to_a_page_of_the_web(sign_in, page):
    data = {"campaign_id": CampaignFactory().pk, "base_url": page, "source": "a", "medium": "b"}

    answer = sign_in(role=Role.MARKETER).post("/utm/new/", data)

    assert answer.status_code == 422
    assert not UtmLink.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("organisation")
def test_a_campaign_shows_its_forms_and_links(sign_in):
    link = UtmLinkFactory()
    UtmLinkFactory(source="elsewhere")

    for path in (
        f"/campaigns/{link.campaign.pk}/?tab=assets",
        f"/utm/?campaign={link.campaign.pk}",
    ):
        answer = sign_in().get(path)
        assert b"linkedin / social / spring" in answer.content
        assert b"elsewhere" not in answer.content
