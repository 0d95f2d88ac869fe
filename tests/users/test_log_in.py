"""Logging in, forgetting and changing a password."""

import re

import pytest
from django.conf import settings
from django.test import Client

from crm.mailing.models import Mail
from crm.users.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def log_in(client: Client, email: str, password: str = PASSWORD):
    return client.post("/login/", {"login": email, "password": password})


def ask_for_link(client: Client, email: str):
    return client.post("/password/reset/", {"email": email})


def link_in(mail: Mail) -> str:
    found = re.search(r"https?://\S+", mail.text.replace(f"at {settings.SITE_URL}.", ""))
    assert found
    return found[0].removeprefix(settings.SITE_URL)


def test_user_logs_in_with_the_address_in_any_case(client):
    user = UserFactory(email="ana@example.com")

    response = log_in(client, "Ana@Example.com")

    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_session_gets_a_new_key_at_log_in(client):
    UserFactory(email="ana@example.com")
    client.session.save()
    before = client.session.session_key

    log_in(client, "ana@example.com")

    assert client.session.session_key != before


def test_wrong_password_and_unknown_user_get_the_same_answer(client):
    UserFactory(email="ana@example.com")

    wrong = log_in(client, "ana@example.com", "wrong")
    unknown = log_in(client, "nobody@example.com", "wrong")

    def words(response):
        return response.context["form"].non_field_errors()

    assert (wrong.status_code, words(wrong)) == (unknown.status_code, words(unknown))
    assert "_auth_user_id" not in client.session


def test_imported_user_cannot_log_in(client):
    UserFactory(email="sdr@example.com", password=None)

    log_in(client, "sdr@example.com", "")
    log_in(client, "sdr@example.com", "anything at all")

    assert "_auth_user_id" not in client.session


def test_user_switched_off_cannot_log_in(client):
    UserFactory(email="ana@example.com", is_active=False)

    log_in(client, "ana@example.com")

    assert "_auth_user_id" not in client.session


def test_forgotten_password_is_replaced_by_a_link_that_works_once(client):
    user = UserFactory(email="ana@example.com")

    ask_for_link(client, "ana@example.com")
    link = link_in(Mail.objects.get())
    form = client.get(link, follow=True)
    client.post(
        form.request["PATH_INFO"], {"password1": "new horse 77", "password2": "new horse 77"}
    )
    user.refresh_from_db()

    assert user.check_password("new horse 77")
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()


def test_reset_mail_is_a_row_of_our_own_with_a_link_by_the_configured_site(client):
    UserFactory(email="ana@example.com")

    ask_for_link(client, "ana@example.com")

    mail = Mail.objects.get()
    assert mail.to == "ana@example.com"
    assert f"{settings.SITE_URL}/password/reset/" in mail.text
    assert f"{settings.SITE_URL}/password/reset/" in mail.html


@pytest.mark.parametrize("who", ["nobody@example.com", "sdr@example.com", "off@example.com"])
def test_asking_for_a_link_answers_the_same_whoever_asks(client, who):
    UserFactory(email="ana@example.com")
    UserFactory(email="sdr@example.com", password=None)
    UserFactory(email="off@example.com", is_active=False)
    known = ask_for_link(Client(), "ana@example.com")
    Mail.objects.all().delete()

    other = ask_for_link(client, who)

    assert (other.status_code, other["Location"]) == (known.status_code, known["Location"])
    assert not Mail.objects.exists()


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one():
    user = UserFactory()
    here, elsewhere = Client(), Client()
    here.force_login(user)
    elsewhere.force_login(user)

    response = here.post("/password/change/", {
        "oldpassword": PASSWORD, "password1": "new horse 77", "password2": "new horse 77",
    })  # fmt: skip

    assert response["Location"] == "/profile/"
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    assert Mail.objects.get().subject == "Your password was changed"


def test_password_is_not_changed_without_the_old_one(client):
    user = UserFactory()
    client.force_login(user)

    client.post("/password/change/", {
        "oldpassword": "wrong", "password1": "new horse 77", "password2": "new horse 77",
    })  # fmt: skip

    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_a_foreign_host_gets_400(client):
    UserFactory(email="ana@example.com")

    response = client.post(
        "/password/reset/", {"email": "ana@example.com"}, headers={"host": "evil.example"}
    )

    assert response.status_code == 400
    assert not Mail.objects.exists()


def test_log_in_leads_on_to_our_own_pages_only(client):
    UserFactory(email="ana@example.com")

    response = client.post(
        "/login/?next=https://evil.example/",
        {"login": "ana@example.com", "password": PASSWORD, "next": "https://evil.example/"},
    )

    assert response.url == "/"


@pytest.mark.parametrize("path", ["/signup/", "/email/", "/confirm-email/", "/accounts/signup/"])
def test_nobody_signs_up_by_himself(client, path):
    assert client.get(path).status_code == 404
