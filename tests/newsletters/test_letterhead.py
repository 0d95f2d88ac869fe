"""Who sends a marketing mail stands in it; without a postal address none leaves, and why."""

import struct
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from campaigns.newsletters import planning, sending, waiting
from campaigns.newsletters.contents import rendered
from campaigns.newsletters.models import MarketingMail, Newsletter
from campaigns.sequences import engine
from campaigns.sequences.models import Enrolment
from crm.common.colours import READABLE, contrast, text_on
from crm.common.pictures import Picture, read_picture
from crm.mailing import blocks as writing
from crm.mailing.letterhead import NO_ADDRESS, Letterhead, NoPostalAddress
from crm.notifications.models import Notification
from crm.outbox.models import Effect
from crm.users.models import Logo, Organisation, Role
from tests.factories import LeadFactory, NewsletterFactory, UserFactory
from tests.newsletters.conftest import reader
from tests.sequences.building import Kind, enter, sequence_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
PAGE = "/settings/letterhead/"
LETTER = (Kind.EMAIL, {"subject": "Hello", "blocks": [{"kind": "text", "text": "How are you?"}]})
TYPED = {"postal_address": "2 High Street\nDublin", "mail_colour": "#ffd400"}


def png(width: int = 480, height: int = 72) -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06"
    return head + b"\0\0\0\0IEND\xaeB\x60\x82"


def jpeg(width: int, height: int) -> bytes:
    size = struct.pack(">HH", height, width)
    return b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(10) + b"\xff\xc0\0\x11\x08" + size + b"\xff\xd9"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0;"


def file(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def manager(sign_in):
    return sign_in(role=Role.MARKETING_MANAGER)


@pytest.fixture
def no_address(organisation):
    Organisation.objects.update(postal_address="")


def forget_address() -> None:
    Organisation.objects.update(postal_address="")


# What a reader sees -----------------------------------------------------------------------------


def test_a_newsletter_carries_address_logo_and_colour(inbox, manager, run_effects, client):
    manager.post(PAGE, {**TYPED, "logo_file": file(png())})
    reader()
    planning.schedule(NewsletterFactory(blocks=BUTTON), None)
    run_effects()

    sending.send_due()

    parts = [part for part in inbox.messages[0].walk() if not part.is_multipart()]
    text, html = (part.get_payload(decode=True).decode() for part in parts)
    logo = Logo.objects.get()
    assert "Acme\n2 High Street\nDublin" in text.replace("\r\n", "\n")
    assert "2 High Street<br>Dublin" in html
    assert f'src="http://localhost:8000/m/logo/{logo.key}/"' in html
    assert 'width="240" height="36"' in html
    assert "#ffd400" in html
    assert text_on("#ffd400") == "#000000"
    assert client.get(f"/m/logo/{logo.key}/").content == png()


BUTTON = [{"kind": "button", "text": "See", "url": "https://example.com/"}]


def test_a_new_letterhead_is_in_the_next_mail_of_the_same_content(content, organisation):
    before = rendered(content).html

    organisation.postal_address, organisation.mail_colour = "9 New Road", "#7a1fa2"
    organisation.save()

    after = rendered(content).html
    assert "1 Acme Road" in before
    assert "9 New Road" in after
    assert "1 Acme Road" not in after
    assert "#7a1fa2" in after


def test_what_an_administrator_types_is_no_markup():
    head = Letterhead("A <b>", ("<script>x</script>",))

    html = writing.render([], subject="S", preheader="", head=head).html

    assert "<script" not in html
    assert "A &lt;b&gt;" in html


@given(st.integers(0, 0xFFFFFF))
def test_text_on_any_colour_is_readable(number):
    head = Letterhead("Acme", colour=f"#{number:06x}")

    assert contrast(head.colour, head.on_colour) >= READABLE
    assert contrast("#ffffff", head.link_colour) >= READABLE


def test_the_logo_of_a_mail_that_was_sent_stays_when_it_is_replaced(manager, client):
    manager.post(PAGE, {**TYPED, "logo_file": file(png(10, 10))})
    old = Logo.objects.get()
    manager.post(PAGE, {**TYPED, "logo_file": file(png(20, 20))})

    answer = client.get(f"/m/logo/{old.key}/")

    assert Organisation.get().logo != old
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not answer.cookies


# The settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "make"), [("png", png), ("jpeg", jpeg), ("gif", gif)])
def test_a_picture_is_known_by_its_bytes(kind, make):
    assert read_picture(make(300, 200)) == Picture(f"image/{kind}", 300, 200)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"GIF89a", png()[:16]]))
def test_whatever_bytes_come_they_are_a_picture_with_a_size_or_none(content, start):
    found = read_picture(start + content)

    assert found is None or (found.width > 0 and found.height > 0)


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>",
        png()[:30],
        png() + b"<script>x</script>",
        b"<html>",
        png(0, 10),
        png(5000, 10),
        png() + bytes(1024 * 1024),
    ],
)
def test_what_is_no_small_picture_is_no_logo_whatever_its_name(manager, content):
    answer = manager.post(PAGE, {**TYPED, "logo_file": file(content, "logo.png")})

    assert answer.status_code == 422
    assert Organisation.get().logo is None
    assert Organisation.get().postal_address == "1 Acme Road\n10969 Berlin"


@pytest.mark.parametrize(
    "wrong",
    [
        {"postal_address": "  \n "},
        {"postal_address": "\n".join("123456789")},
        {"mail_colour": "red;} body {display:none"},
        {"mail_colour": "#12345"},
    ],
)
def test_a_wrong_letterhead_changes_nothing(manager, wrong):
    before = Organisation.objects.values().get()

    assert manager.post(PAGE, {**TYPED, **wrong}).status_code == 422
    assert Organisation.objects.values().get() == before


def test_the_logo_can_be_taken_away(manager):
    manager.post(PAGE, {**TYPED, "logo_file": file(png())})

    manager.post(PAGE, {**TYPED, "remove_logo": "on"})

    assert Organisation.get().logo is None
    assert Organisation.get().mail_colour == "#ffd400"


def test_the_letterhead_is_seen_as_a_mail(manager):
    manager.post(PAGE, TYPED)

    mail = manager.get(f"{PAGE}preview/")

    assert "2 High Street" in mail.content.decode()
    assert mail["Content-Security-Policy"].startswith("sandbox")


# Without a postal address -----------------------------------------------------------------------


@pytest.mark.usefixtures("no_address")
def test_the_checklist_refuses_and_leads_to_the_settings(manager):
    reader()
    newsletter = NewsletterFactory(owner=UserFactory())

    page = manager.get(f"/newsletters/{newsletter.pk}/review/").content.decode()

    assert "The postal address is missing" in page
    assert f'href="{PAGE}"' in page
    assert "It cannot go out like this" in page


@pytest.mark.usefixtures("no_address")
def test_who_may_not_open_the_settings_is_told_who_may(sign_in):
    newsletter = NewsletterFactory()
    marketer = sign_in(role=Role.MARKETER)

    for page in ("", "review/"):
        shown = marketer.get(f"/newsletters/{newsletter.pk}/{page}").content.decode()
        assert "A marketing manager or administrator may" in shown
        assert PAGE not in shown


@pytest.mark.usefixtures("no_address")
def test_a_newsletter_is_not_scheduled(sign_in):
    reader()
    newsletter = NewsletterFactory()

    with pytest.raises(NoPostalAddress, match="Letterhead"):
        planning.schedule(newsletter, None)
    sign_in(role=Role.MARKETER).post(
        f"/newsletters/{newsletter.pk}/review/", {"when": "now", "count": 1}
    )

    assert Newsletter.objects.get().state == Newsletter.State.DRAFT


def test_an_address_that_goes_while_the_checklist_is_open_is_said(sign_in, monkeypatch):
    reader()
    newsletter = NewsletterFactory()
    monkeypatch.setattr("campaigns.newsletters.views.sending.check", lambda *args: [])
    forget_address()

    answer = sign_in(role=Role.MARKETER).post(
        f"/newsletters/{newsletter.pk}/review/", {"when": "now", "count": 1}, follow=True
    )

    assert NO_ADDRESS in answer.content.decode()
    assert "Somebody was first" not in answer.content.decode()


def test_a_scheduled_newsletter_is_a_draft_again_and_its_owner_is_told(run_effects):
    reader()
    newsletter = NewsletterFactory(owner=UserFactory())
    planning.schedule(newsletter, now() + timedelta(hours=1))
    forget_address()
    Effect.objects.update(due_at=now() - timedelta(seconds=1))

    run_effects()

    newsletter.refresh_from_db()
    assert newsletter.state == Newsletter.State.DRAFT
    assert not MarketingMail.objects.exists()
    told = Notification.objects.get(user=newsletter.owner)
    assert told.body == NO_ADDRESS
    assert told.url == newsletter.get_absolute_url()


def test_what_was_queued_waits_for_the_address_and_the_system_page_says_so(inbox, run_effects):
    reader()
    planning.schedule(NewsletterFactory(), None)
    run_effects()
    forget_address()

    assert sending.send_due() == 0
    assert waiting.say_no_address() == NO_ADDRESS

    Organisation.objects.update(postal_address="1 Acme Road")
    assert waiting.say_no_address() == ""
    assert sending.send_due() == 1


def test_a_paused_newsletter_does_not_go_on(sign_in, run_effects):
    reader()
    newsletter = NewsletterFactory()
    planning.schedule(newsletter, None)
    run_effects()
    planning.pause(newsletter)
    forget_address()

    answer = sign_in(role=Role.MARKETER).post(f"/newsletters/{newsletter.pk}/resume/", follow=True)

    assert NO_ADDRESS in answer.content.decode()
    assert Newsletter.objects.get().state == Newsletter.State.PAUSED


def test_an_unknown_mail_does_not_go_out_again(inbox, sign_in, run_effects):
    reader()
    inbox.reply = "cut"
    planning.schedule(NewsletterFactory(), None)
    run_effects()
    sending.send_due()
    forget_address()
    mail = MarketingMail.objects.get()

    answer = sign_in(role=Role.MARKETER).post(f"/newsletters/mails/{mail.pk}/resend/", follow=True)

    mail.refresh_from_db()
    assert mail.state == MarketingMail.State.UNKNOWN
    assert NO_ADDRESS in answer.content.decode()


def test_leads_wait_at_the_mail_of_a_sequence_and_go_on_with_the_address(sign_in):
    sequence = sequence_of(LETTER)
    enter(sequence, LeadFactory(consent=True))
    forget_address()

    engine.advance_all()

    standing = Enrolment.objects.get()
    assert (standing.note, standing.is_open) == (NO_ADDRESS, True)
    assert not MarketingMail.objects.exists()
    marketer = sign_in(role=Role.MARKETER)
    for page in (f"/sequences/{sequence.pk}/", f"/sequences/{sequence.pk}/leads/"):
        assert NO_ADDRESS in marketer.get(page).content.decode()

    Organisation.objects.update(postal_address="1 Acme Road")
    engine.advance_all(standing.due_at)
    assert MarketingMail.objects.count() == 1
