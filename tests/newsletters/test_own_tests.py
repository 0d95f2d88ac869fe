"""Everybody sends themself a test of what they see, and reads it; nobody else does."""

import pytest

from campaigns.newsletters import planning
from crm.mailing import services
from crm.mailing.models import Mail
from crm.users.models import Organisation, Role
from tests.factories import NewsletterFactory, UserFactory
from tests.sequences.building import Kind, sequence_of, wait

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
LETTER = (
    Kind.EMAIL,
    {"subject": "Hello {{ first_name }}", "blocks": [{"kind": "text", "text": "How are you?"}]},
)


@pytest.mark.parametrize("role", Role)
def test_whoever_sees_a_newsletter_sends_themself_a_test_and_reads_it(sign_in, role):
    me = UserFactory(role=role, email="me@example.com")
    newsletter = NewsletterFactory()
    page = sign_in(me).get(newsletter.get_absolute_url()).content.decode()
    assert "Send me a test" in page

    answer = sign_in(me).post(f"/newsletters/{newsletter.pk}/test/me/", follow=True)

    mail = Mail.objects.get()
    assert (mail.to, mail.asked_by) == ("me@example.com", me)
    assert answer.redirect_chain[-1][0] == f"/mailbox/{mail.pk}/"
    assert mail.subject in answer.content.decode()
    assert sign_in(me).get(f"/mailbox/{mail.pk}/html/").content.decode() == mail.html
    assert mail.subject in sign_in(me).get("/mailbox/tests/").content.decode()


@pytest.mark.parametrize("role", Role)
def test_whoever_sees_a_sequence_sends_themself_its_mail(sign_in, role):
    me = UserFactory(role=role, name="Ana Costa", email="me@example.com")
    sequence = sequence_of(LETTER)
    path = f"/sequences/steps/{sequence.steps.get().pk}/test/"
    assert path in sign_in(me).get(f"/sequences/{sequence.pk}/").content.decode()

    sign_in(me).post(path)

    mail = Mail.objects.get()
    assert (mail.to, mail.asked_by, mail.subject) == ("me@example.com", me, "[Test] Hello Ana")
    assert "1 Acme Road" in mail.html
    assert "1 Acme Road" in mail.text


def test_a_step_without_a_mail_has_no_test(sign_in):
    sequence = sequence_of(wait(1))

    answer = sign_in(role=Role.MARKETER).post(f"/sequences/steps/{sequence.steps.get().pk}/test/")

    assert answer.status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_nobody_elses_test_and_no_other_mail_is_read(sign_in, role):
    newsletter = NewsletterFactory()
    sign_in(role=Role.MARKETER).post(f"/newsletters/{newsletter.pk}/test/me/")
    me = UserFactory(role=role)
    services.send_all([Mail(key="reset", to=me.email, subject="Reset", text="secret link")])
    other = sign_in(me)

    for mail in Mail.objects.all():
        assert other.get(f"/mailbox/{mail.pk}/").status_code == 404
        assert other.get(f"/mailbox/{mail.pk}/html/").status_code == 404
    assert b"No test yet" in other.get("/mailbox/tests/").content
    assert other.get("/mailbox/").status_code == 403


def test_a_marketer_reads_the_test_that_went_to_a_colleague(sign_in):
    UserFactory(email="mira@example.com")
    marketer, newsletter = sign_in(role=Role.MARKETER), NewsletterFactory()

    marketer.post(f"/newsletters/{newsletter.pk}/test/", {"to": "mira@example.com"})

    assert marketer.get(f"/mailbox/{Mail.objects.get().pk}/").status_code == 200


def test_two_presses_send_one_test_and_a_new_letterhead_another(sign_in):
    marketer, newsletter = sign_in(role=Role.MARKETER), NewsletterFactory()
    path = f"/newsletters/{newsletter.pk}/test/me/"

    marketer.post(path), marketer.post(path)
    assert Mail.objects.count() == 1

    Organisation.objects.update(postal_address="9 New Road")
    marketer.post(path)
    assert "9 New Road" in Mail.objects.first().html


def test_a_viewers_test_is_not_the_marketers_check(sign_in):
    newsletter = NewsletterFactory()
    path = f"/newsletters/{newsletter.pk}/test/me/"

    sign_in(role=Role.VIEWER).post(path)
    newsletter.refresh_from_db()
    assert newsletter.tested_version is None

    sign_in(role=Role.MARKETER).post(path)
    newsletter.refresh_from_db()
    assert newsletter.tested_version == newsletter.version


def test_a_test_goes_without_a_postal_address_and_a_sent_newsletter_has_one(sign_in, run_effects):
    newsletter = NewsletterFactory()
    planning.schedule(newsletter, None)
    run_effects()
    Organisation.objects.update(postal_address="")
    marketer = sign_in(role=Role.MARKETER)

    assert "Send me a test" in marketer.get(newsletter.get_absolute_url()).content.decode()
    marketer.post(f"/newsletters/{newsletter.pk}/test/me/")

    assert Mail.objects.filter(subject__startswith="[Test]").count() == 1
