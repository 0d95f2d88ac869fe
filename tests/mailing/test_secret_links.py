"""No copy of a mail that we keep lets anybody in once its link is used or void."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from crm.common.retention import prune_all
from crm.correspondence import own_addresses
from crm.mailing import services as mailing
from crm.mailing.links import TOKEN
from crm.mailing.models import Mail
from crm.people import invitations
from crm.users.models import Role
from leads.consents import ask_consent, confirm_consent
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
NEW = "correct horse battery"


def newest():
    mailing.send_due()
    return Mail.objects.order_by("-pk")[0]


def has_secret(mail):
    mail.refresh_from_db()
    return [bool(TOKEN.search(body)) for body in (mail.text, mail.html)]


def invited():
    bob = UserFactory(password=None, email="bob@example.com")
    invitations.invite(bob, actor=UserFactory(role=Role.ADMIN))
    return bob, newest()


def asked_for_password():
    user = UserFactory(email="rita@example.com")
    Client().post("/password/reset/", {"email": user.email})
    return user, newest()


def test_an_accepted_invitation_is_not_readable_in_stored_mail():
    bob, mail = invited()
    assert has_secret(mail) == [True, True]

    invitations.accept(invitations.token(bob), name="Bob", password=NEW)

    assert has_secret(mail) == [False, False]
    assert "Choose a password here" in mail.text


def test_an_invitation_that_is_sent_anew_leaves_the_old_link_unreadable():
    bob, old = invited()

    invitations.invite(bob, actor=UserFactory(role=Role.ADMIN))

    assert has_secret(old) == [False, False]
    assert has_secret(newest()) == [True, True]


def test_a_used_reset_is_not_readable_in_stored_mail():
    _, mail = asked_for_password()
    assert has_secret(mail) == [True, True]
    client = Client()
    page = client.get(mail.text.split(settings.SITE_URL)[2].split()[0], follow=True)

    client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})

    assert has_secret(mail) == [False, False]


def test_a_password_that_is_changed_ends_the_links_to_reset_it(sign_in):
    user, mail = asked_for_password()
    user.set_password("old horse battery")
    user.save()
    client = sign_in(user)

    client.post(
        "/password/change/",
        {"oldpassword": "old horse battery", "password1": NEW, "password2": NEW},
    )

    assert has_secret(mail) == [False, False]


def test_a_confirmed_own_address_and_consent_are_not_readable_in_stored_mail():
    user, lead = UserFactory(), LeadFactory(email="ana@example.com")
    own_addresses.choose(user, "rita@private.example.com")
    own = newest()
    record = ask_consent(lead, source="Form", wording="Yes")
    asked = newest()
    assert has_secret(own) == has_secret(asked) == [True, True]

    own_addresses.confirm(own_addresses.token(own_addresses.UserMailbox.objects.get()), user)
    confirm_consent(record)

    assert has_secret(own) == has_secret(asked) == [False, False]


def test_links_that_nobody_used_are_blanked_when_they_end():
    _, mail = invited()
    prune_all()
    assert has_secret(mail) == [True, True]

    with time_machine.travel(now() + timedelta(days=8), tick=False):
        prune_all()

    assert has_secret(mail) == [False, False]
    assert mail.link_until is None


def test_what_has_not_left_yet_keeps_its_link():
    bob = UserFactory(password=None, email="bob@example.com")
    invitations.invite(bob, actor=UserFactory(role=Role.ADMIN))
    waiting = Mail.objects.get()

    invitations.invite(bob, actor=UserFactory(role=Role.ADMIN))

    assert has_secret(waiting) == [True, True]


def test_links_of_mail_from_before_end_too():
    _, mail = invited()
    Mail.objects.update(link_until=None)

    import_module("crm.mailing.migrations.0005_secret_links_end").end_links(apps, None)

    mail.refresh_from_db()
    assert mail.link_until is not None
