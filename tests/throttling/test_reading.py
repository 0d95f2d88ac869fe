"""Public pages of mailed links are read as often as people need, and no oftener."""

import pytest
from django.test import Client

from campaigns.newsletters.models import MarketingMail
from campaigns.newsletters.views import public
from crm.activities import calendar_views
from crm.mailing import tokens
from crm.people import views_setup
from crm.throttling.in_process import LocalLimit
from leads import views_consent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
NOBODYS = tokens.sign(tokens.UNSUBSCRIBE, 0)

PAGES = {
    f"/m/u/{NOBODYS}/": public.READ,
    f"/m/p/{NOBODYS}/": public.READ,
    "/m/c/nonsense/": public.FOLLOWED,
    "/consent/nonsense/": views_consent.READ,
    "/calendar/nonsense.ics": calendar_views.READ,
    "/invitation/nonsense/": views_setup.OPENED,
}


@pytest.fixture
def two_a_minute(monkeypatch):
    for limit in {id(limit): limit for limit in [*PAGES.values(), public.OPENED]}.values():
        monkeypatch.setattr(limit, "most", 2)
        monkeypatch.setattr(limit, "counts", {})


@pytest.mark.usefixtures("two_a_minute")
@pytest.mark.parametrize("page", PAGES)
def test_a_flood_of_reading_is_told_to_stay_away_and_others_are_not(page):
    here, there = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    read = [here.get(page).status_code for _ in range(2)]

    refused = here.get(page)

    assert 429 not in read
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert there.get(page).status_code != 429


@pytest.mark.usefixtures("two_a_minute")
def test_unsubscribing_is_never_refused():
    page = f"/m/u/{NOBODYS}/"
    for _ in range(3):
        Client().get(page)

    answers = {Client().post(page, {"List-Unsubscribe": "One-Click"}).status_code for _ in "123"}

    assert answers == {200}


@pytest.mark.usefixtures("two_a_minute")
def test_the_picture_in_a_mail_is_always_shown(monkeypatch):
    noted = []
    monkeypatch.setattr(public.clicks, "note_open", noted.append)

    answers = [Client().get(f"/m/o/{NOBODYS}/") for _ in range(4)]

    assert {answer.status_code for answer in answers} == {200}
    assert len(noted) == 2
    assert not MarketingMail.objects.exists()


def test_a_large_office_is_below_every_limit():
    assert all(isinstance(limit, LocalLimit) and limit.most >= 600 for limit in PAGES.values())
