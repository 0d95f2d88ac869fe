"""What kind of picture some bytes are, and how large: decided by what they are, not by their name.

PNG, JPEG and GIF, which every mail program shows. Only the header and the end are read; nothing is
decoded.
"""

from dataclasses import dataclass

PNG, GIF, JPEG = b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a"), b"\xff\xd8\xff"
END = {"image/png": b"IEND\xaeB\x60\x82", "image/gif": b";", "image/jpeg": b"\xff\xd9"}
"""What the bytes of a whole picture end with."""
SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG that are followed by its size."""
ALONE = {0x01, *range(0xD0, 0xDA)}
"""The markers of a JPEG that no length follows."""


@dataclass(frozen=True)
class Picture:
    """A picture's media type and its size in pixels."""

    content_type: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture | None:
    """Return what picture `content` is; None if it is none of the three kinds, or is not whole."""
    if content.startswith(PNG) and content[12:16] == b"IHDR":
        size = ("image/png", number(content, 16, 4), number(content, 20, 4))
    elif content.startswith(GIF):
        size = ("image/gif", number(content, 6, 2, "little"), number(content, 8, 2, "little"))
    elif content.startswith(JPEG):
        size = ("image/jpeg", *size_of_jpeg(content))
    else:
        return None
    whole = content.rstrip(b"\0").endswith(END[size[0]])
    return Picture(*size) if whole and size[1] and size[2] else None


def number(content: bytes, at: int, length: int, order: str = "big") -> int:
    return int.from_bytes(content[at : at + length], "little" if order == "little" else "big")


def size_of_jpeg(content: bytes) -> tuple[int, int]:
    """Return width and height of a JPEG, (0, 0) if its header does not say so."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a byte of filling
            at += 1
        elif marker in SIZES:
            return number(content, at + 7, 2), number(content, at + 5, 2)
        elif marker in ALONE:
            at += 2
        else:
            at += 2 + max(2, number(content, at + 2, 2))
    return 0, 0
