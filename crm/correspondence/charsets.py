"""Decoding what arrives: every byte becomes a character, whatever the label says. Pure.

A label is read as the larger charset that senders really use under it, as browsers do
(encoding.spec.whatwg.org). A label that nobody knows, or none, is read as UTF-8, else guessed.
"""

import codecs
import re
from collections.abc import Callable

from crm.correspondence.guessing import guess

SUPERSETS: dict[str, tuple[str, ...]] = {
    "cp1252": ("ascii", "us-ascii", "iso-8859-1", "latin1", "latin-1", "windows-1252", "x-cp1252",
               "ansi_x3.4-1968", "cp819", "l1", "iso8859-1", "iso_8859-1", "ansi"),
    "cp1254": ("iso-8859-9", "latin5", "windows-1254", "iso8859-9", "iso_8859-9"),
    "cp874": ("tis-620", "iso-8859-11", "windows-874", "dos-874", "iso8859-11"),
    "cp1255": ("iso-8859-8-i", "logical", "windows-1255", "iso-8859-8-e"),
    "cp932": ("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j", "ms932"),
    "cp949": ("euc-kr", "ks_c_5601-1987", "ks_c_5601-1989", "ksc5601", "ksc_5601", "korean",
              "windows-949", "iso-ir-149"),
    "gb18030": ("gb2312", "gbk", "x-gbk", "gb_2312-80", "chinese", "cp936", "euc-cn", "ms936"),
    "utf-8": ("utf8", "unicode-1-1-utf-8", "x-unicode20utf8", "utf-8-sig"),
    "utf-7": ("unicode-1-1-utf-7", "utf7", "x-unicode-2-0-utf-7"),
    "koi8-u": ("koi8-ru",),
    "mac-roman": ("macintosh", "x-mac-roman", "mac"),
    "mac-cyrillic": ("x-mac-cyrillic", "x-mac-ukrainian"),
}  # fmt: skip
"""Codecs of Python by the labels that are read with them."""
CODECS = {label: codec for codec, labels in SUPERSETS.items() for label in labels}

CHAINS: dict[str, tuple[str, ...]] = {
    "big5": ("cp950", "big5hkscs"),
    "big5hkscs": ("big5hkscs", "cp950"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "iso8859-8": ("iso8859-8", "cp1255"),
}
"""Codecs that are tried one after the other, by the name that Python gives to the label's own."""

SAFE = re.compile(
    r"cp\d{3,5}|utf-(?:7|8|16|32)(?:-[bl]e)?|iso8859-\d\d?|iso2022_(?:jp|kr)(?:_\w{1,4})?"
    r"|koi8-[rtu]|mac-\w{3,12}|gb18030|big5(?:hkscs)?|euc_(?:jp|kr)|hz|johab|ptcp154|kz1048"
    r"|shift_jis\w{0,5}|hp-roman8"
)
"""What may decode mail. The others of Python's are no charsets, or take the square of the bytes."""

WINDOWS = {"2": "cp1250", "4": "cp1257", "5": "cp1251", "6": "cp1256", "7": "cp1253",
           "8": "cp1255", "13": "cp1257"}  # fmt: skip
"""Whose characters stand at 0x80 to 0x9F under a label of ISO 8859, which has none there."""

META = re.compile(rb"charset\s{0,3}=\s{0,3}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
CONTROLS = re.compile("[\x80-\x9f]")


def decode(raw: bytes, label: str = "") -> str:
    """Return `raw` as text. Bytes that the charset does not know become what Windows shows."""
    if not raw:
        return ""
    name = codec_of(label)
    if raw.isascii() and name not in ("utf-7", "hz") and not name.startswith(("iso2022", "utf-")):
        return raw.decode("ascii")
    if name.startswith("iso2022_jp"):
        return japanese(raw)
    if name == "cp1252" and label_key(label) in ("ascii", "us-ascii", "ansi_x3.4-1968"):
        return unlabelled(raw)
    if not name:
        return unlabelled(raw)
    if name == "utf-8":
        return utf_8(raw)
    return first_that_fits(raw, CHAINS.get(name, (name,)))


def label_key(label: str) -> str:
    return label.strip(" \t\"'").lower()[:40]


def codec_of(label: str) -> str:
    """Return the codec that a label is read with, "" for one that nobody knows."""
    key = label_key(label)
    try:
        name = codecs.lookup(CODECS.get(key, key) or "?").name
    except (LookupError, ValueError, UnicodeError):
        return ""
    return name if SAFE.fullmatch(name) else ""


def first_that_fits(raw: bytes, names: tuple[str, ...]) -> str:
    """Return `raw` by the first codec that knows all its bytes, else by the first, mended."""
    for name in names:
        try:
            return with_windows(raw.decode(name), name)
        except UnicodeError:
            continue
    try:
        return with_windows(raw.decode(names[0], MENDED), names[0])
    except UnicodeError:  # a codec that does not go on after an error
        return raw.decode("cp1252", MENDED)


def with_windows(text: str, name: str) -> str:
    """Return `text` with what Windows has where charsets of ISO have control characters."""
    if not name.startswith("iso8859-") or not CONTROLS.search(text):
        return text
    windows = WINDOWS.get(name.removeprefix("iso8859-"), "cp1252")
    return CONTROLS.sub(lambda found: windows_character(ord(found[0]), windows), text)


def windows_character(byte: int, charset: str = "cp1252") -> str:
    """Return what Windows shows for a byte; the control character where it shows nothing."""
    return bytes([byte]).decode(charset, "ignore") or chr(byte)


def utf_8(raw: bytes) -> str:
    """Return UTF-8; of what only says so, each wrong byte as Windows has it, or all by a guess."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(char > "\x7f" for char in text) - wrong
    if right > wrong:
        return raw.decode("utf-8", MENDED)
    return first_that_fits(raw, (guess(raw), "cp1252"))


def unlabelled(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return first_that_fits(raw, ("utf-16",))
    return utf_8(raw)


def meta_charset(raw: bytes) -> str:
    """Return the charset that an HTML page names in its head, "" for none."""
    found = META.search(raw[:2000])
    return found[1].decode("ascii") if found else ""


# ISO-2022-JP: senders put characters of Windows into it, which no codec of Python's takes ------

ESCAPE = re.compile(rb"\x1b(\([BJI]|\$[@B]|\$\(D)")


def japanese(raw: bytes) -> str:
    """Return ISO-2022-JP, read as Shift_JIS of Windows."""
    found, mode, start = [], b"(B", 0
    for escape in ESCAPE.finditer(raw):
        found.append(READERS[mode](raw[start : escape.start()]))
        mode, start = escape[1], escape.end()
    found.append(READERS[mode](raw[start:]))
    return "".join(found)


def jis_pairs(raw: bytes) -> str:
    """Return pairs of JIS X 0208, line ends between them kept."""
    lines = raw.split(b"\n")
    return "\n".join(bytes(shifted(line)).decode("cp932", MENDED) for line in lines)


def shifted(line: bytes) -> list[int]:
    """Return the bytes of Shift_JIS for pairs of seven-bit JIS."""
    found = []
    for high, low in zip(line[::2], line[1::2], strict=False):
        row = (high - 0x21) // 2 + 0x81
        found.append((row if row < 0xA0 else row + 0x40) & 0xFF)
        found.append((low + (0x1F if low < 0x60 else 0x20) if high % 2 else low + 0x7E) & 0xFF)
    return found


def plain(raw: bytes) -> str:
    return raw.decode("cp932", MENDED)


def half_width(raw: bytes) -> str:
    return bytes(b | 0x80 if 0x21 <= b <= 0x5F else b for b in raw).decode("cp932", MENDED)


def supplement(raw: bytes) -> str:
    pairs = b"".join(b"\x8f" + raw[i : i + 2] for i in range(0, len(raw), 2))
    return bytes(b | 0x80 for b in pairs).decode("euc_jp", MENDED)


READERS: dict[bytes, Callable[[bytes], str]] = {
    b"(B": plain, b"(J": plain, b"(I": half_width, b"$@": jis_pairs, b"$B": jis_pairs,
    b"$(D": supplement,
}  # fmt: skip


def mend(error: UnicodeError) -> tuple[str, int]:
    """Give a byte that a charset does not know as Windows shows it."""
    assert isinstance(error, UnicodeDecodeError)
    return windows_character(error.object[error.start]), error.start + 1


MENDED = "tandem-mended"
codecs.register_error(MENDED, mend)
