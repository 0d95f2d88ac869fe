"""Values that nobody sends by accident, and browsers of all ages and all attackers do."""

LONG_DIGITS = "9" * 5000

NUMBERS = (
    "²", "٣", "0", "-1", "1.5", "1e5", "1e999", "NaN", "-Infinity", "2147483648",
    "9999999999999999999", "-9223372036854775809", LONG_DIGITS, "0x10", "1_0", "+7", "７",
)  # fmt: skip
DAYS = (
    "9999-12-31", "0001-01-01", "10000-01-01", "0000-00-00", "2026-02-30", "2026-13", "9999-12",
    "0001-W01", "9999-Q4", "9999-12-31T23:59:59", "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00-14:00", "20260101", "2026-W01-1", "9999-12-31..0001-01-01",
)  # fmt: skip
TEXTS = (
    "", " ", "nonsense", "a\0b", "\0", b"\xff\xfe", "\u202eabc", "x" * 10_000, "%", "'", "<b>",
    "None", "null", "[]", "{}", "[" * 2000, '{"a": 1}', "../../etc/passwd", "{{ x }}", ",", "-",
    ":", "1:2:3", "..", "owner__password", "-name,", "http://evil.example/", "é" * 300,
)  # fmt: skip
VALUES: tuple[str | bytes, ...] = (*NUMBERS, *DAYS, *TEXTS)

PATHS = (
    "²", "٣", "9999999999999999999", LONG_DIGITS, "%00", "a%00b", "%FF", "-1", "0", "nonsense",
    "9999-12-31", "0001-01-01", "x" * 3000, "%2e%2e%2f", "None",
)  # fmt: skip
"""The same for a part of the path, already quoted where it must be."""
