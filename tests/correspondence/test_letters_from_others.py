"""Messages as other programs really write them: text whole, answers alone, files apart."""

from pathlib import Path

import pytest

from crm.correspondence.reading import Letter, read, spoken

LETTERS = Path(__file__).parent / "letters_from_others"


def letter(name: str) -> Letter:
    return read((LETTERS / f"{name}.eml").read_bytes())


@pytest.mark.parametrize(
    ("name", "subject", "text"),
    [
        ("01_cp1252_as_latin1", "Offer", "We can’t pay €500 – make it €450. „Grüße“"),
        ("02_no_charset_latin1", "Termin", "Schöne Grüße aus Köln, Jürgen"),
        ("03_gbk_as_gb2312", "镕基 報價", "朱镕基先生:請報價 500 元"),
        ("04_q_word_with_spaces", "Faktura pro společnost s.r.o.", "see above"),
        ("05_split_multibyte", "Приветучастник", "see above"),
        ("06_raw_utf8_header", "Rückruf für Łukasz", "body"),
        ("15_shiftjis_ext", "c", "①㈱山田 髙橋"),
        ("22_ics_accents", "Möte", "Välkommen"),
        ("20_inline_cid", "logo", "Hi there"),
    ],
)
def test_subject_and_text_are_whole(name, subject, text):
    assert (letter(name).subject, letter(name).text) == (subject, text)


def test_a_comma_within_a_name_separates_no_addresses():
    found = letter("07_encoded_comma_name")

    assert found.cc == ("joerg@brook-lab.example", "pia@brook-lab.example")
    assert letter("06_raw_utf8_header").sender_name == "Müller, Jörg"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("20_inline_cid", ["image001.png"]),
        ("21_winmail", ["winmail.dat"]),
        ("22_ics_accents", ["invitation.ics"]),
    ],
)
def test_pictures_calendars_and_files_are_attachments(name, files):
    assert [file.name for file in letter(name).files] == files
    assert "VCALENDAR" not in letter(name).text


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("26_quote_gmail_en", "Yes, Tuesday."),
        ("26_quote_gmail_fr", "Oui, mardi."),
        ("26_quote_outlook_en", "Yes, Tuesday."),
        ("26_quote_outlook_de", "Ja, Dienstag."),
        ("26_quote_inline_reply", "Tuesday.\nAt ours."),
    ],
)
def test_the_answer_alone_is_what_was_said(name, answer):
    assert spoken(letter(name).text) == answer


@pytest.mark.parametrize(
    "name", ["27_auto_exchange", "27_auto_subject_only_en", "27_auto_x_autoreply", "30_dsn"]
)
def test_absence_notes_and_reports_are_told_apart(name):
    assert letter(name).automatic


# Quotes -----------------------------------------------------------------------------------------

QUOTES = {
    "Gmail, English": "On Mon, Nov 30, 2026 at 9:00 AM Rep <rep@x.example> wrote:\n> When?",
    "Gmail, English, on two lines":
        "On Mon, Nov 30, 2026 at 9:00 AM A Rather Long Name <\nrep@x.example> wrote:\n\n> When?",
    "Gmail, German": "Am Mo., 30. Nov. 2026 um 09:00 Uhr schrieb Rep <rep@x.example>:\n\n> Wann?",
    "Gmail, French": "Le lun. 30 nov. 2026 à 09:00, Rep <rep@x.example> a écrit\u00a0:\n> Quand ?",
    "Gmail, Spanish": "El lun, 30 nov 2026 a las 9:00, Rep (<rep@x.example>) escribió:\n> ¿?",
    "Apple, English": "Sent from my iPhone\n\n> On 30 Nov 2026, at 09:00, Rep wrote:\n> \n> When?",
    "Apple, German":
        "Von meinem iPhone gesendet\n\n> Am 30.11.2026 um 09:00 schrieb Rep <rep@x.example>:\n> ?",
    "Apple, French": "Le 30 nov. 2026 à 09:00, Rep <rep@x.example> a écrit :\n\nQuand ?",
    "Apple, Spanish": "El 30 nov 2026, a las 9:00, Rep <rep@x.example> escribió:\n\n¿Cuándo?",
    "Outlook, English": "From: Rep <rep@x.example>\nSent: Monday\nTo: Ines\nSubject: ?\n\nWhen?",
    "Outlook, English, in bold":
        "*From:* Rep <rep@x.example>\n*Sent:* Monday\n*To:* Ines\n*Subject:* ?\n\nWhen?",
    "Outlook on a phone":
        "Get Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n"
        "From: Rep <rep@x.example>\nSent: Monday\nTo: Ines\nSubject: ?\n\nWhen?",
    "Outlook, German": "Von: Rep <rep@x.example>\nGesendet: Montag\nAn: Ines\nBetreff: ?\n\nWann?",
    "Outlook, German, Mac": "Von: Rep\nDatum: Montag\nAn: Ines\nBetreff: ?\n\nWann?",
    "Outlook, French": "De : Rep\nEnvoyé : lundi\nÀ : Ines\nObjet : ?\n\nQuand ?",
    "Outlook, Spanish": "De: Rep\nEnviado el: lunes\nPara: Ines\nAsunto: ?\n\n¿Cuándo?",
    "Outlook, old": "-----Ursprüngliche Nachricht-----\nVon: Rep\n\nWann?",
    "Thunderbird, German": "Am 30.11.26 um 09:00 schrieb Rep:\n> Wann?",
    "a signature": "-- \nInes Okoro\nBrook Lab",
}  # fmt: skip


@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES)
def test_what_is_quoted_below_an_answer_is_cut(quote):
    assert spoken(f"Yes, Tuesday.\n\n{quote}") == "Yes, Tuesday."


def test_an_answer_below_the_quote_is_kept():
    text = "On 3 Nov 2026, Rita wrote:\n> When?\n\nYes, Tuesday.\n-- \nInes"

    assert spoken(text) == "Yes, Tuesday."


def test_what_only_looks_like_a_quote_is_kept():
    text = "On Monday Peter wrote:\nI come at 9.\nFrom: now on we do it.\nOn 3 December:\nor later"

    assert spoken(text) == text
    assert spoken("> all of it\n> is quoted") == "> all of it\n> is quoted"


def test_what_is_forwarded_is_kept():
    text = "FYI\n---------- Forwarded message ---------\nFrom: Ana\nSent: x\nTo: y\n\nHello"

    assert "Hello" in spoken(text)


def test_a_quote_in_html_is_cut_too():
    raw = (
        b"From: ines@x.example\nContent-Type: text/html; charset=utf-8\n\n<div>Yes.</div><div>"
        b"On Mon, Nov 30, 2026 at 9:00 AM Rep wrote:<br></div><blockquote>When?</blockquote>"
        b"<p>Or Friday."
    )

    assert spoken(read(raw).text) == "Yes.\nOr Friday."


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Quote", "Out of office", "Out of Office Re: Quote", "Auto: When?",
        "Automatische Antwort: Angebot", "Abwesenheitsnotiz", "Abwesend: Angebot",
        "Réponse automatique : Devis", "Message d’absence", "Absence : congés",
        "Respuesta automática: Oferta", "Fuera de la oficina", "Ausente: Oferta",
    ],
)  # fmt: skip
def test_an_absence_note_is_known_by_its_subject_alone(subject):
    raw = f"From: ines@x.example\nSubject: {subject}\n\nBack on Monday".encode()

    assert read(raw).automatic


@pytest.mark.parametrize(
    "subject", ["Out of office next week, call me", "Absence of a quote", "Auto parts", "Re: Offer"]
)
def test_a_person_may_write_about_absence(subject):
    raw = f"From: ines@x.example\nSubject: {subject}\n\nHello".encode()

    assert not read(raw).automatic


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied", "X-Autoreply: yes", "X-Autorespond: Re: When",
        "Precedence: auto_reply", "X-Mail-Autoreply: yes", "Return-Path: <>",
        "X-MS-Exchange-Inbox-Rules-Loop: ines@x.example",
    ],
)  # fmt: skip
def test_an_absence_note_is_known_by_any_of_its_headers(header):
    raw = f"From: ines@x.example\n{header}\nSubject: When?\n\nBack on Monday".encode()

    assert read(raw).automatic
