"""The charset of text that names none: by which letters its bytes would be. Pure."""

from collections.abc import Callable
from functools import lru_cache

SAMPLE = 2_000
FOREIGN_SCRIPT = 0.4
"""Text of Latin letters has a smaller share of bytes above 0x7F among its letters than this."""
FEWEST, SURE = 6, 0.5

COMMON = {
    "cp1251": "оеаинтсрвлкмдпу",
    "koi8_r": "оеаинтсрвлкмдпу",
    "cp1253": "αοιετσνηυρπκμλςάίόέή",
    "cp1255": "יוהלאתרבמשנדעפ",
    "cp1256": "اليمنرتبوهسعدفكة",
}
"""The most frequent letters of languages by the charset that they were written in."""

OF_TEXT = 0.75
"""How much of a text those letters make."""

KANA, HANGUL = range(0x3041, 0x30FF), range(0xAC00, 0xD7A4)
LEVELS = {"cp932": (0x88, 0x97), "euc_jp": (0xB0, 0xCF), "gb18030": (0xB0, 0xD7),
          "big5": (0xA4, 0xC6)}  # fmt: skip
"""First bytes of the frequent ideographs, which stand first in their charsets."""


def guess(raw: bytes) -> str:
    """Return the codec that text of an unknown charset, not UTF-8, was probably written in."""
    first = next((i for i, byte in enumerate(raw) if byte > 0x7F), 0)
    sample = raw[max(0, first - SAMPLE // 4) :][:SAMPLE]
    letters = sum(chr(byte).isalpha() for byte in sample if byte < 0x80)
    foreign = sum(byte > 0x7F for byte in sample)
    if foreign < FEWEST or foreign < FOREIGN_SCRIPT * (foreign + letters):
        return "cp1252"
    scores = {name: score(sample, name) for name in (*COMMON, "cp949", *LEVELS)}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= SURE else "cp1252"


def score(sample: bytes, name: str) -> float:
    """Return from 0 to 1 how much of the sample would be frequent letters of that charset."""
    text = decoded(sample, name)
    foreign = [char for char in text if char > "\x7f"]
    if not foreign:
        return 0
    expected = expectation(name)
    share = sum(map(expected, foreign)) / len(foreign)
    if name in ("cp932", "euc_jp") and not any(ord(char) in KANA for char in foreign):
        return 0
    return min(1, share / OF_TEXT) if name in COMMON else share


def decoded(sample: bytes, name: str) -> str:
    """Return the sample by a codec, "" if that cannot be; a character cut at its end is let go."""
    for end in (len(sample), len(sample) - 1):
        try:
            return sample[:end].decode(name)
        except UnicodeError:
            continue
    return ""


@lru_cache
def expectation(name: str) -> Callable[[str], bool]:
    """Return what says whether a character is frequent in text of that charset."""
    if name in COMMON:
        common = frozenset(COMMON[name])
        return lambda char: char in common
    if name == "cp949":
        return lambda char: ord(char) in HANGUL and len(char.encode("euc_kr", "ignore")) == 2
    low, high = LEVELS[name]

    def expected(char: str) -> bool:
        code = ord(char)
        if code in KANA:
            return name in ("cp932", "euc_jp")
        if 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFF20:  # punctuation of all three
            return True
        encoded = char.encode(name, "ignore")
        return len(encoded) == 2 and low <= encoded[0] <= high and 0x4E00 <= code <= 0x9FFF

    return expected
