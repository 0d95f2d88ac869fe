"""What a workbook's cells mean: identifiers stay text, numbers keep their digits."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from crm.importing import sheets
from deals.models import Deal
from leads.models import Lead
from tests.factories import LeadFactory
from tests.importing.conftest import errors_of

TYPES = Path(__file__).with_name("excel_types.xlsx").read_bytes()


def workbook(*rows):
    book, file = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_an_identifier_of_16_digits_in_a_workbook_stays_as_it_is(bring_in):
    bring_in(TYPES, name="types.xlsx", mapping={
        "external_id": "External ID", "name": "Name", "phone": "Phone",
    })  # fmt: skip

    found = dict(Lead.objects.values_list("name", "external_id"))
    assert found["Num Phone"] == "1234567890123456"
    assert found["Float Phone"] == "00123"
    assert found["Serial"] == "7"
    assert Lead.objects.get(name="Num Phone").phone == "491712223334"


def test_a_number_that_has_lost_its_digits_is_no_identifier(bring_in):
    data = workbook(["id", "name"], [1234567890123456789, "Lost"], ["1234567890123456789", "Kept"])
    source = bring_in(data, name="ids.xlsx")

    assert [line for line, _ in errors_of(source)] == [2]
    assert "digits are lost" in errors_of(source)[0][1]
    assert Lead.objects.get().external_id == "1234567890123456789"


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.0, "9"), (0.1 + 0.2, "0.3"), (1e15, "1000000000000000"), (2.0**53, "9007199254740992"),
     (1e-7, "0.0000001"), (-3.25, "-3.25"), (2.0**60, "1.152921504606847e+18")],
)  # fmt: skip
def test_numbers_are_written_as_excel_shows_them(value, text):
    assert sheets.as_text(value) == text


def test_amounts_that_a_workbook_holds_as_numbers_have_one_reading(bring_in):
    LeadFactory(email="ines@brook.example")
    rows = [["ines@brook.example", "A", 125.125, "KWD"], ["ines@brook.example", "B", 12.75, "KWD"]]
    bring_in(workbook(["lead", "name", "amount", "currency"], *rows), name="d.xlsx", kind="deals")

    assert set(Deal.objects.values_list("amount_minor", flat=True)) == {125_125, 12_750}
