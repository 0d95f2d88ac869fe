"""An invitation lets one person in, once."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils.timezone import now

from crm.mailing.models import Mail
from crm.people import invitations
from crm.users.models import Role, User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
GOOD = {"name": "Bob Bauer", "password": "correct horse battery"}


@pytest.fixture
def admin() -> User:
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def bob(organisation) -> User:
    return UserFactory(name="Bob", password=None, email="bob@example.com")


def path_of(user: User) -> str:
    return invitations.link(user).removeprefix(settings.SITE_URL)


def test_invited_person_chooses_a_password_and_is_in(client, admin, bob):
    invitations.invite(bob, actor=admin)

    page = client.get(path_of(bob))
    response = client.post(path_of(bob), GOOD)

    bob.refresh_from_db()
    assert page.status_code == 200
    assert response.url == "/"
    assert client.get("/profile/").status_code == 200
    assert (bob.name, bob.can_log_in, bob.joined_at is not None) == ("Bob Bauer", True, True)


def test_mail_holds_a_link_by_the_configured_site(admin, bob):
    invitations.invite(bob, actor=admin)

    mail = Mail.objects.get()
    assert mail.to == "bob@example.com"
    assert invitations.link(bob) in mail.text
    assert invitations.link(bob) in mail.html
    assert invitations.link(bob).startswith(settings.SITE_URL)


def test_invitation_works_once(client, admin, bob):
    invitations.invite(bob, actor=admin)
    path = path_of(bob)
    client.post(path, GOOD)
    client.logout()

    again = client.post(path, {"name": "Mallory", "password": "another good password"})

    bob.refresh_from_db()
    assert again.status_code == 410
    assert bob.name == "Bob Bauer"
    assert bob.check_password("correct horse battery")


def test_only_the_newest_invitation_works(client, admin, bob):
    invitations.invite(bob, actor=admin)
    first = path_of(bob)
    invitations.invite(bob, actor=admin)

    assert client.get(first).status_code == 410
    assert client.get(path_of(bob)).status_code == 200
    assert Mail.objects.count() == 2


def test_invitation_expires_after_seven_days(client, admin, bob):
    invitations.invite(bob, actor=admin)
    path = path_of(bob)

    with time_machine.travel(now() + timedelta(days=7, minutes=1)):
        assert client.get(path).status_code == 410


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "other@example.com"}])
def test_invitation_dies_with_the_person_switched_off_or_moved(client, admin, bob, change):
    invitations.invite(bob, actor=admin)
    path = path_of(bob)

    User.objects.filter(pk=bob.pk).update(**change)

    assert client.get(path).status_code == 410


def test_a_forged_link_does_not_work(client, admin, bob):
    invitations.invite(bob, actor=admin)

    assert client.get(path_of(bob)[:-2] + "x/").status_code == 410
    assert client.get("/invitation/nonsense/").status_code == 410


def test_a_weak_password_is_refused(client, admin, bob):
    invitations.invite(bob, actor=admin)

    response = client.post(path_of(bob), {"name": "Bob", "password": "password"})

    bob.refresh_from_db()
    assert response.status_code == 422
    assert not bob.can_log_in


def test_whoever_has_a_password_is_not_invited(admin, bob):
    bob.set_password("x")
    bob.save()

    with pytest.raises(invitations.CannotInvite):
        invitations.invite(bob, actor=admin)

    assert not Mail.objects.exists()


def test_imported_person_is_invited_once_he_has_an_address(admin, organisation, sign_in):
    rep = User.objects.create(name="sdr 1", external_id="sdr-1", scope="own", email=None)
    rep.set_unusable_password()
    rep.save()
    browser = sign_in(admin)

    without = browser.post(f"/settings/people/{rep.pk}/invite/")
    refused = not Mail.objects.exists()
    browser.post(f"/settings/people/{rep.pk}/edit/", {
        "name": "Sandra", "email": "sandra@example.com", "role": "rep", "scope": "own",
        "capacity": 30, "weight": 1,
    })  # fmt: skip
    browser.post(f"/settings/people/{rep.pk}/invite/")

    assert without.status_code == 302
    assert refused
    assert Mail.objects.get().to == "sandra@example.com"
