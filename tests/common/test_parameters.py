"""Reading what stands in an address: a value that can be used, or None."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from crm.common import parameters
from crm.common.storage import WholeFileStorage, gone_if_it_fails, plain_name


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("42", 42), ("9223372036854775807", 2**63 - 1), ("9223372036854775808", None),
        ("²", None), ("٣", None), ("７", None), ("9" * 5000, None), ("-1", None), ("+7", None),
        ("1_0", None), (" 1", None), ("1\n", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_number_is_written_in_plain_digits_and_fits_a_column(text, number):
    assert parameters.whole_number(text) == number


def test_what_is_no_key_is_left_out():
    assert parameters.keys(["1", "²", "x", "9" * 30, "2"]) == [1, 2]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-30", date(2026, 11, 30)), ("1900-01-01", date(1900, 1, 1)),
        ("9999-12-31", None), ("0001-01-01", None), ("2026-02-30", None), ("20261130", None),
        ("2026-W01-1", None), ("٢٠٢٦-11-30", None), (None, None),
    ],
)  # fmt: skip
def test_a_day_is_written_by_iso_and_one_that_somebody_can_mean(text, day):
    assert parameters.day(text) == day


def test_a_moment_has_a_zone_and_stands_away_from_the_ends_of_the_calendar():
    assert parameters.moment("2026-11-30T12:00:00+02:00") == datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert parameters.moment("2026-11-30T12:00:00") is None
    assert parameters.moment("9999-12-31T23:59:59-14:00") is None
    assert parameters.moment("0001-01-01T00:00:00+14:00") is None


@given(text=st.text(max_size=60))
def test_whatever_is_sent_is_read_or_none(text):
    assert parameters.whole_number(text) is None or text.isdecimal()
    parameters.day(text), parameters.moment(text)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31"])
@pytest.mark.parametrize("field", [forms.DateField(), forms.DateTimeField()])
def test_every_form_refuses_a_day_that_nobody_can_mean(field, day):
    with pytest.raises(forms.ValidationError, match="Use a year between 1900 and 2199"):
        field.clean(day)


def test_the_name_of_a_file_loses_marks_that_turn_it_round():
    assert plain_name("invoice\u202egpj.exe") == "invoicegpj.exe"
    assert plain_name("a\r\nb\x00.pdf ") == "ab.pdf"


class FullDisk(ContentFile):
    """A file whose second part does not fit."""

    def chunks(self, chunk_size=None):
        yield b"the beginning"
        raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_no_bytes_behind(settings, tmp_path):
    storage = WholeFileStorage(location=tmp_path)

    with pytest.raises(OSError, match="No space"):
        storage.save("folder/leads.csv", FullDisk(b"the beginning and the end"))

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_bytes_whose_row_was_not_written_are_gone(tmp_path):
    path = tmp_path / "kept"

    def keep():
        with gone_if_it_fails(path):
            path.write_bytes(b"bytes")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        keep()

    assert not path.exists()
