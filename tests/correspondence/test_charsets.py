"""No character is lost, whatever charset a message says it has."""

import pytest

from crm.correspondence.charsets import codec_of, decode

WHOLE = [
    ("cp1252", "iso-8859-1", "We can’t pay €500 – „Grüße“"),
    ("cp1252", "us-ascii", "it’s €"),
    ("cp1252", "iso-8859-15", "it’s late – „Grüße“"),
    ("iso8859-15", "iso-8859-15", "10 €"),
    ("cp1250", "iso-8859-2", "„Řeka“ – šest"),
    ("cp1254", "iso-8859-9", "İstanbul’da €5"),
    ("gb18030", "gb2312", "朱镕基：請報價 €"),
    ("cp932", "shift_jis", "①㈱髙橋 ～"),
    ("cp949", "euc-kr", "똠방각하"),
    ("cp950", "big5", "你好世界"),
    ("euc_jp", "euc-jp", "こんにちは"),
    ("iso2022_jp", "iso-2022-jp", "こんにちは abc\nです"),
    ("iso2022_kr", "iso-2022-kr", "안녕"),
    ("hz", "hz-gb-2312", "你好"),
    ("utf-7", "utf-7", "Grüße €"),
    ("cp850", "cp850", "Grüße"),
    ("koi8-r", "koi8-r", "Привет"),
    ("utf-16", "utf-16", "Grüße"),
    ("cp1255", "iso-8859-8-i", "שלום"),
    ("cp874", "tis-620", "สวัสดี"),
]


@pytest.mark.parametrize(("really", "label", "text"), WHOLE, ids=[row[1] for row in WHOLE])
def test_a_label_is_read_as_what_senders_mean_by_it(really, label, text):
    assert decode(text.encode(really), label) == text


@pytest.mark.parametrize(
    ("really", "text"),
    [
        ("utf-8", "Grüße €"), ("cp1252", "Schöne Grüße aus Köln"),
        ("cp1251", "Добрый день, коллеги"), ("koi8-r", "Спасибо за предложение"),
        ("cp1253", "Ευχαριστώ για την προσφορά"), ("gb18030", "我们下周可以见面吗?谢谢"),
        ("big5", "我們下週可以見面嗎？謝謝"), ("cp932", "ありがとうございます。山田"),
        ("cp949", "안녕하세요 다음주에 만날까요"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("label", ["", "x-klingon", "utf-8"])
def test_without_a_right_label_the_letters_tell(really, text, label):
    assert decode(text.encode(really), label) == text


def test_characters_of_windows_in_japanese_mail_are_read():
    assert decode(b"\x1b$B-!-j\x1b(B x", "iso-2022-jp") == "①㈱ x"


def test_what_is_no_charset_decodes_nothing():
    for label in (
        "punycode",
        "idna",
        "unicode_escape",
        "rot13",
        "zlib",
        "",
        "?",
        "\x00",
        "undefined",
    ):
        assert codec_of(label) == ""


def test_each_byte_of_any_charset_becomes_a_character():
    every = bytes(range(0x80, 0x100))
    for label in ("iso-8859-1", "windows-1252", "cp1253", "utf-8", "gb2312", "euc-kr", "utf-7"):
        text = decode(every, label)
        assert text
        assert "\ufffd" not in text
