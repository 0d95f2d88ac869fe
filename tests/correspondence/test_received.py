"""What came in is kept as it came; what cannot be read is set aside, and holds up nothing."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.utils.timezone import now

from crm.correspondence import fetching, incoming, receiving
from crm.correspondence.addresses import logging_address
from crm.correspondence.incoming import Outcome
from crm.correspondence.models import FetchedFolder, Message, ReceivedFile, ReceivedMail
from crm.outbox import health
from tests.correspondence.letters import mime
from tests.factories import UserFactory

SERVER = ReceivedMail.Door.SERVER


def with_files(**files: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Ana <ana@acme.pt>", "rita@example.com"
    message["Message-ID"], message["Subject"] = "<files@acme.pt>", "Files"
    message.set_content("See attached")
    for name, content in files.items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream",
            filename=name.replace("_", "."),
        )  # fmt: skip
    return message.as_bytes()


@pytest.fixture
def as_rita(client, rita):
    client.force_login(rita)
    return client


def test_the_raw_message_is_kept_and_shown_as_plain_text(as_rita, ana):
    raw = mime(text="<script>alert(1)</script>")
    receiving.receive(raw, door=SERVER)

    assert ReceivedMail.objects.get().raw == raw
    answer = as_rita.get(f"/mail/{Message.objects.get().pk}/original/")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"<script>" in answer.content


def test_the_raw_message_tells_nobody_a_logging_address(as_rita, ana, rita):
    secret = logging_address(rita)
    raw = mime(sender="rita@example.com", to="ana@acme.pt", Delivered_To=secret)
    assert receiving.receive(raw, door=SERVER, envelope=[secret]) == Outcome.LOGGED

    answer = as_rita.get(f"/mail/{Message.objects.get().pk}/original/")

    assert secret.encode() not in answer.content
    assert b"log+" in answer.content


def test_a_message_comes_once_and_so_do_its_bytes(ana):
    assert receiving.receive(mime(), door=SERVER) == Outcome.LOGGED
    assert receiving.receive(mime(), door=SERVER) == Outcome.KNOWN

    assert ReceivedMail.objects.count() == 1


# Files ------------------------------------------------------------------------------------------


def test_a_file_is_kept_and_saved_by_who_sees_the_lead(as_rita, ana):
    receiving.receive(with_files(offer_pdf=b"%PDF-1.7 body"), door=SERVER)
    message, kept = Message.objects.get(), ReceivedFile.objects.get()

    page = as_rita.get(message.get_absolute_url()).content.decode()
    answer = as_rita.get(f"/mail/{message.pk}/files/{kept.number}/")

    assert "offer.pdf" in page
    assert answer.content == b"%PDF-1.7 body"
    assert answer["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_file_of_a_lead_out_of_sight_is_not_found(client, ana):
    receiving.receive(with_files(offer_pdf=b"%PDF"), door=SERVER)
    message, kept = Message.objects.get(), ReceivedFile.objects.get()
    client.force_login(UserFactory(email="ben@example.com"))

    assert client.get(f"/mail/{message.pk}/files/{kept.number}/").status_code == 404
    assert client.get(f"/mail/{message.pk}/original/").status_code == 404


def test_a_program_is_listed_and_not_offered(as_rita, ana):
    receiving.receive(with_files(invoice_pdf_exe=b"MZ", page_html=b"<script>"), door=SERVER)
    message = Message.objects.get()

    page = as_rita.get(message.get_absolute_url()).content.decode()

    assert "invoice.pdf.exe" in page
    for kept in ReceivedFile.objects.all():
        assert as_rita.get(f"/mail/{message.pk}/files/{kept.number}/").status_code == 404


def test_a_name_that_hides_its_ending_shows_it(as_rita, ana):
    raw = with_files(x_pdf=b"MZ").replace(
        b'filename="x.pdf"', b"filename*=utf-8''invoice%E2%80%AEfdp.exe%00"
    )
    receiving.receive(raw, door=SERVER)

    kept = ReceivedFile.objects.get()
    assert kept.name == "invoicefdp.exe"
    assert kept.is_program


def test_a_name_cannot_break_out_of_its_header(as_rita, ana):
    raw = with_files(x_pdf=b"%PDF").replace(
        b'filename="x.pdf"', b"filename*=utf-8''a%22%0D%0ASet-Cookie:%20x=1%2F..%2Fb.pdf"
    )
    receiving.receive(raw, door=SERVER)
    kept = ReceivedFile.objects.get()

    answer = as_rita.get(f"/mail/{Message.objects.get().pk}/files/{kept.number}/")

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "/" not in kept.name


# What cannot be read ----------------------------------------------------------------------------


def test_what_is_no_message_is_set_aside_with_the_reason(db):
    assert receiving.receive(b"\xff\xfe\x00garbage", door=SERVER) == Outcome.SET_ASIDE
    assert receiving.receive(b"\xff\xfe\x00garbage", door=SERVER) == Outcome.SET_ASIDE

    kept = ReceivedMail.objects.get()
    assert kept.problem == "It has no headers, so it is no e-mail message."
    assert kept.raw == b"\xff\xfe\x00garbage"
    assert not Message.objects.exists()
    assert any("1 received message could not be read" in line for line in health.look().told)


def test_a_failure_of_ours_sets_the_message_aside_and_is_read_again(ana, monkeypatch):
    def fails(*args, **kwargs):
        raise RecursionError("too deep")

    monkeypatch.setattr(receiving, "read", fails)
    assert receiving.receive(mime(), door=SERVER) == Outcome.SET_ASIDE
    kept = ReceivedMail.objects.get()
    assert "RecursionError: too deep" in kept.problem
    monkeypatch.undo()

    assert receiving.read_again(kept) == Outcome.LOGGED

    kept.refresh_from_db()
    assert (kept.message.lead, kept.problem) == (ana, "")


def test_a_failure_while_it_is_logged_leaves_nothing_half_done(ana, monkeypatch):
    def fails(*args, **kwargs):
        raise ValueError("no")

    monkeypatch.setattr(incoming.journal, "log", fails)

    assert receiving.receive(mime(), door=SERVER) == Outcome.SET_ASIDE
    assert not Message.objects.exists()


def test_managers_see_what_was_not_read_and_discard_it(client, db):
    receiving.receive(b"\xffgarbage", door=SERVER)
    kept = ReceivedMail.objects.get()
    client.force_login(UserFactory(role="sales_manager"))

    page = client.get("/mail/not-read/").content.decode()
    assert "It has no headers" in page
    assert client.get(f"/mail/not-read/{kept.pk}/").content == b"\\xffgarbage"
    client.post(f"/mail/not-read/{kept.pk}/read-again/")
    assert ReceivedMail.objects.count() == 1
    client.post(f"/mail/not-read/{kept.pk}/discard/")
    assert not ReceivedMail.objects.exists()


def test_what_was_set_aside_is_dropped_after_ninety_days(ana):
    receiving.receive(b"\xffgarbage", door=SERVER)
    receiving.receive(mime(), door=SERVER)
    receiving.receive(mime(sender="x@else.example", message_id="<2@x>"), door=SERVER)
    assert receiving.prune() == 0
    ReceivedMail.objects.update(received_at=now() - timedelta(days=91))
    incoming.set_aside(Message.objects.get(lead=None))

    assert receiving.prune() == 2

    assert ReceivedMail.objects.get().message.lead == ana
    assert Message.objects.count() == 2


# In the fetched folder --------------------------------------------------------------------------


def test_a_message_that_cannot_be_read_does_not_hold_up_its_folder(imap, ana):
    imap.letters = {1: b"\xffgarbage", 2: mime()}

    assert fetching.fetch() == 2
    assert fetching.fetch() == 0

    assert ReceivedMail.objects.set_aside().count() == 1
    assert Message.objects.get().lead == ana


def test_a_message_that_ends_its_reader_is_set_aside_at_last(imap, ana, monkeypatch):
    imap.letters = {1: mime(message_id="<poison@x>"), 2: mime()}
    read = receiving.read

    def dies(raw):
        if b"<poison@x>" in raw:
            raise SystemExit
        return read(raw)

    monkeypatch.setattr(receiving, "read", dies)
    for _ in range(fetching.MOST_TRIES):
        with pytest.raises(SystemExit):
            fetching.fetch()

    assert fetching.fetch() == 2
    assert "message 1 of" in ReceivedMail.objects.set_aside().get().problem
    assert Message.objects.get().lead == ana
    assert FetchedFolder.objects.get().tries == 0


def test_a_message_that_the_server_never_hands_over_is_set_aside_at_last(imap, ana):
    imap.letters, imap.broken = {1: mime(message_id="<b@x>"), 2: mime()}, {1}
    for _ in range(fetching.MOST_TRIES):
        with pytest.raises(fetching.CannotFetch, match="SERVERBUG"):
            fetching.fetch()

    assert fetching.fetch() == 2

    assert Message.objects.get().lead == ana
    assert ReceivedMail.objects.set_aside().count() == 1


def test_of_an_oversized_message_the_page_says_what_is_missing(imap, as_rita, ana, settings):
    settings.INBOUND_MAX_BYTES = 2000
    imap.letters = {1: mime(text="word " * 5000)}

    assert fetching.fetch() == 1

    message = Message.objects.get()
    assert "the rest is in the mailbox" in message.notes[0]
    assert "the rest is in the mailbox" in as_rita.get(message.get_absolute_url()).content.decode()
