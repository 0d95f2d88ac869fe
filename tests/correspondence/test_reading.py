"""What arrives is read as far as it can be, and never breaks anything."""

from datetime import UTC, datetime
from email.message import EmailMessage

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.correspondence import reading
from crm.correspondence.mime import MOST_PARTS
from tests.correspondence.letters import mime


def test_a_letter_says_who_wrote_what_to_whom():
    letter = reading.read(mime(sender="Ana Costa <Ana@Acme.pt>", Cc="Ben <ben@acme.pt>"))

    assert (letter.sender, letter.sender_name) == ("ana@acme.pt", "Ana Costa")
    assert (letter.to, letter.cc) == (("rita@example.com",), ("ben@acme.pt",))
    assert letter.text == "How soon could we begin?"
    assert letter.at == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_html_keeps_its_words_and_loses_its_scripts():
    message = EmailMessage()
    message["From"], message["Message-ID"] = "ana@acme.pt", "<2@acme.pt>"
    message.set_content(
        '<p onclick="steal()">Yes<script>steal()</script>'
        ' <a href="javascript:steal()">here</a> <a href="https://acme.pt">there</a></p>',
        subtype="html",
    )

    letter = reading.read(message.as_bytes())

    assert "steal" not in letter.html
    assert "https://acme.pt" in letter.html
    assert letter.text.split() == ["Yes", "here", "there"]


def test_files_are_listed_by_name_and_size():
    message = EmailMessage()
    message["From"] = "ana@acme.pt"
    message.set_content("See attached")
    message.add_attachment(
        b"x" * 30_000, maintype="application", subtype="pdf", filename="offer.pdf"
    )
    for number in range(60):
        message.add_attachment(b"x", maintype="image", subtype="png", filename=f"{number}.png")

    letter = reading.read(message.as_bytes())

    first = letter.files[0]
    assert (first.name, first.kind) == ("offer.pdf", "application/pdf")
    assert 29_000 < first.size < 32_000
    assert len(letter.files) == reading.MOST_FILES
    assert letter.text == "See attached"
    assert reading.file_content(message.as_bytes(), first.number) == b"x" * 30_000


def test_a_charset_that_nobody_knows_is_read_as_far_as_it_goes():
    head = b"From: ana@acme.pt\r\nContent-Type: text/plain; charset=x-klingon\r\n\r\n"

    assert reading.read(head + "Grüße".encode()).text == "Grüße"


def test_latin_and_japanese_charsets_are_read():
    for charset, words in (("iso-8859-1", "Olá João"), ("iso-2022-jp", "こんにちは")):
        raw = f"From: a@b.pt\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()

        assert reading.read(raw + words.encode(charset)).text == words


def test_a_message_without_an_id_always_gets_the_same():
    raw = b"From: ana@acme.pt\r\n\r\nHello"

    assert reading.read(raw).message_id == reading.read(raw).message_id
    assert reading.read(raw).message_id != reading.read(raw + b"!").message_id


def test_machines_are_told_from_people():
    assert not reading.read(mime()).automatic
    assert not reading.read(mime(Auto_Submitted="no")).automatic
    assert reading.read(mime(Auto_Submitted="auto-replied; owner=x")).automatic
    assert reading.read(mime(Precedence="bulk")).automatic
    assert reading.read(mime(sender="MAILER-DAEMON@acme.pt")).automatic
    assert reading.read(mime(List_Id="<news.acme.pt>")).automatic


def test_a_forwarded_message_tells_who_wrote_it_first():
    text = "FYI\n\n---------- Forwarded message ---------\nFrom: Ana Costa <ana@acme.pt>\nHello"

    assert reading.read(mime(text=text)).forwarded_from == "ana@acme.pt"


def test_what_is_quoted_is_not_said_again():
    text = "Yes, please.\n\nOn 3 Nov 2026, Rita wrote:\n> Shall we?"

    assert reading.spoken(text) == "Yes, please."
    assert len(reading.spoken("word " * 1000)) <= reading.SPOKEN + 2


def test_hidden_and_turning_characters_are_left_out():
    letter = reading.read(mime(subject="Hi", text="pay\u202e now\x07\u200b\u00a0then"))

    assert letter.text == "pay now\u00a0then"


def test_a_date_of_another_age_is_none():
    raw = mime().replace(b"Mon, 23 Nov 2026 09:00:00 +0100", b"Thu, 01 Jan 1970 00:00:00 +0000")
    worse = mime().replace(b"Mon, 23 Nov 2026 09:00:00 +0100", b"Tue, 99 Foo 99999 99:99:99")

    assert reading.read(raw).at is None
    assert reading.read(worse).at is None


@given(raw=st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_it(raw):
    try:
        letter = reading.read(raw)
    except reading.CannotRead:
        return

    assert letter.message_id
    assert "\x00" not in letter.text + letter.subject + letter.sender_name


@given(
    name=st.sampled_from(["From", "To", "Subject", "Message-ID", "References", "Date",
                          "Content-Type", "Content-Disposition", "Content-Transfer-Encoding"]),
    value=st.binary(max_size=300),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_header_breaks_it(name, value):
    raw = name.encode() + b": " + value.replace(b"\n\n", b"\n") + b"\r\n\r\nHello"

    letter = reading.read(raw)

    assert len(letter.subject) <= 250
    assert len(letter.message_id) <= 250


def test_thousands_of_nested_parts_are_bounded():
    part = b""
    for number in range(300):
        part += b"--b\r\nContent-Type: text/plain\r\n\r\n" + str(number).encode() + b"\r\n"
    raw = b"From: a@b.pt\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + part + b"--b--"

    assert reading.read(raw).text.split()[-1] == str(MOST_PARTS - 1)
