"""No page needs a cache: one that fails at every touch is never noticed."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from crm.mailing.models import Mail
from tests.factories import PASSWORD, CaptureFormFactory, QuoteFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


class NoCache(Exception):
    pass


@pytest.fixture(autouse=True)
def broken_cache(monkeypatch):
    def fail(*args, **kwargs):
        raise NoCache

    for method in ("get", "set", "add", "delete", "incr", "touch", "get_many", "set_many"):
        monkeypatch.setattr(type(cache._connections["default"]), method, fail)
    with pytest.raises(NoCache):
        cache.get("anything")


def test_people_log_in_change_and_forget_their_password_without_a_cache():
    UserFactory(email="ana@example.com")
    browser = Client()

    assert (
        browser.post("/login/", {"login": "ana@example.com", "password": "no"}).status_code == 200
    )
    answer = browser.post("/login/", {"login": "ana@example.com", "password": PASSWORD})
    assert answer.status_code == 302
    assert browser.get("/profile/").status_code == 200
    answer = browser.post("/password/change/", {
        "oldpassword": PASSWORD, "password1": "new horse 77", "password2": "new horse 77",
    })  # fmt: skip
    assert answer.status_code == 302
    assert browser.post("/logout/").status_code == 302
    assert browser.post("/password/reset/", {"email": "ana@example.com"}).status_code == 302
    mail = Mail.objects.get(subject="Choose a new password")
    link = re.search(r"/password/reset/\S+", mail.text)
    form = browser.get(link[0], follow=True)
    answer = browser.post(
        form.request["PATH_INFO"], {"password1": "old horse 77", "password2": "old horse 77"}
    )
    assert answer.status_code == 302


def test_customers_read_quotes_and_send_forms_without_a_cache():
    quote, form = QuoteFactory(sent=True), CaptureFormFactory()

    assert Client().get(quote.public_path).status_code == 200
    assert Client().get(f"/f/{form.uuid}/").status_code == 200
    assert Client().post(f"/f/{form.uuid}/", {"email": "eva@example.com"}).status_code == 302
