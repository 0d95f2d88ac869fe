"""Whatever the file, no crash: a clear sentence, or the good rows in and the bad ones listed."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from crm.importing import sheets, uploads
from crm.importing.models import Import
from crm.users.models import Role
from leads.models import Lead
from tests.importing.conftest import errors_of

pytestmark = pytest.mark.django_db
TEXT = "name,email,phone\nJosé,jose@example.org,00123\nAna,ana@example.org,\n"


def workbook(rows, **parts) -> bytes:
    book, data = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(data)
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r\n", 1).encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", "|").encode(),
        ("sep=;\n" + TEXT.replace(",", ";")).encode(),
        ("\n\n" + TEXT + "\n,,\n\n").encode(),
        TEXT.replace("José", '"José"').encode(),
        TEXT.replace("José", "Jose\u0301").encode(),
        TEXT.replace("José", " José\u200b ").encode(),
    ],
)
def test_a_table_is_read_however_it_is_written(bring_in, data):
    source = bring_in(data)

    assert (source.created, source.refused) == (2, 0)
    assert Lead.objects.get(email="jose@example.org").name == "José"
    assert Lead.objects.get(email="jose@example.org").phone == "00123"


@pytest.mark.parametrize(("encoding", "name"), [("gb18030", "王小明"), ("shift_jis", "山田太郎")])
def test_an_encoding_that_the_user_names_is_read(bring_in, encoding, name):
    source = bring_in(f"id,name\n1,{name}\n".encode(encoding), encoding=encoding)

    assert source.created == 1
    assert Lead.objects.get().name == name


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b'2,"Ana', "A quotation mark is not closed."),
        (b"2,A\x00na", "It holds a NUL character."),
        (b"2,A\xff\xfena", "It holds characters that are not of the file's encoding."),
        ("2,Ana\u202egro.elpmaxe".encode(), "Contains a character that cannot be shown (U+202E)."),
        (b"2,Ana,3,4,5", "It has 5 cells, the header has 4."),
        (b"2," + b"x" * 2_000_000, "It is longer than 1,000,000 characters."),
        (b"2," + b"x" * 200_000, "A cell is longer than 100,000 characters."),
        (b"2," + b"x" * 300, "Is longer than 200 characters."),
        (b",,,", None),
        (b",,a@b,", "“a@b” is not an e-mail address."),
        (b"2,Ana,=1+1@x.com,", "“=1+1@x.com” is not an e-mail address."),
        (b'2,Ana,"""<script>""@x.com",', '“"<script>"@x.com” is not an e-mail address.'),
        (b"2,Ana,,03/04/05", "“03/04/05” may be more than one date: say how dates are written."),
        (b"2,Ana,,2024-02-30", "“2024-02-30” is not a date."),
        (b"2,Ana,,0001-01-01", "“0001-01-01” is not a likely date."),
        (b"2,Ana,,9999-12-31", "“9999-12-31” is not a likely date."),
        (b"2,Ana,,2099-01-01", "“2099-01-01” lies in the future."),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_good_ones_come_in(bring_in, row, why):
    good = "é,é,,\n".encode() * 15
    data = b"id,name,email,mql\n1,First,,2024-01-01\n" + row + b"\n3,Third,,2024-01-03\n" + good

    source = bring_in(
        data, mapping={c: c for c in ("name", "email")} | {"external_id": "id", "mql_at": "mql"}
    )

    assert errors_of(source) == ([(3, why)] if why else [])
    assert set(Lead.objects.values_list("name", flat=True)) == {"First", "Third", "é"}


@pytest.mark.parametrize(
    ("amount", "minor"), [("1.234,56", 123456), ("1,234.56", 123456), ("€ 99", 9900), ("", 0)]
)
def test_amounts_are_read_as_people_write_them(bring_in, amount, minor):
    bring_in("id,name\nL1,Ana\n")

    source = bring_in(f'lead,name,amount\nL1,Deal,"{amount}"\n', kind="deals")

    assert source.refused == 0
    assert Lead.objects.get().deals.get().amount_minor == minor


@pytest.mark.parametrize("amount", ["(100)", "-5", "NaN", "Infinity", "1e999", "1e5", "12abc"])
def test_what_is_no_amount_is_refused(bring_in, amount):
    bring_in("id,name\nL1,Ana\n")

    source = bring_in(f"lead,name,amount\nL1,Deal,{amount}\n", kind="deals")

    assert source.refused == 1
    assert not Lead.objects.get().deals.exists()


def test_a_phone_that_a_spreadsheet_ruined_is_left_blank_with_a_warning(bring_in):
    source = bring_in("id,name,phone\n1,Ana,4.9E+11\n")

    assert (source.created, source.warned) == (1, 1)
    assert Lead.objects.get().phone == ""


def test_a_domain_of_two_alphabets_is_pointed_out(bring_in):
    source = bring_in("name,email\nAna,ana@p\u0430ypal.com\n")

    assert (source.created, source.warned) == (1, 1)


def test_repeated_blank_and_long_headers_get_names_of_their_own(bring_in):
    source = bring_in("id,id,," + "x" * 300 + "\n1,2,3,4\n", mapping={"external_id": "id (2)"})

    assert source.columns == ["id", "id (2)", "Column 3", "x" * 200]
    assert Lead.objects.get().external_id == "2"


def test_a_formula_is_kept_as_text_and_comes_back_from_the_file_of_errors(bring_in):
    bring_in('id,name,notes,mql\n1,"=1+1",a,2024-01-01\n2,"=2+2",@b,never\n')
    source = Import.objects.get()
    refused = source.error_file.open().read()

    assert Lead.objects.get().name == "=1+1"
    assert b"'=2+2" in refused
    again = bring_in(refused.replace(b"never", b"2024-01-01"))
    assert again.created == 1
    assert set(Lead.objects.values_list("name", "notes")) == {("=1+1", "a"), ("=2+2", "@b")}


BOMB = b"<a>" + b"0" * 20_000_000
REFUSED = {
    "nothing.csv": (b"", "The file is empty."),
    "blank.csv": (b"\n\n  \n", "The file is empty."),
    "program.exe.csv": (b"MZ\x90\x00" + b"\x00" * 100, "This is a program"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old Excel file"),
    "scan.pdf": (b"%PDF-1.7 ...", "This is a PDF"),
    "noise.csv": (bytes(range(32)) * 50, "This is not a text file"),
    "wide.csv": (b"c," * 1_000_000 + b"\n1\n", "more than 500 columns"),
    "cut.xlsx": (workbook([["id"], ["1"]])[:900], "damaged or incomplete"),
    "other.xlsx": (b"PK\x03\x04 and no archive", "damaged or incomplete"),
    "sheet.ods": (workbook([["id"]], mimetype="application/vnd.oasis"), "OpenDocument"),
    "bomb.xlsx": (workbook([["id"]], **{"xl/worksheets/sheet9.xml": BOMB}), "too large"),
    "entity.xlsx": (
        workbook([["id"]], **{"xl/worksheets/sheet9.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"}),
        "XML that Excel does not write",
    ),
    "far.xlsx": (
        workbook([["id"]], **{"xl/worksheets/sheet9.xml": b'<c r="XFD1048576"><v>1</v></c>'}),
        "more than 500 columns",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_in_the_browser_with_a_sentence(sign_in, name):
    data, why = REFUSED[name]
    client = sign_in(role=Role.MARKETER)

    answer = client.post(
        reverse("importing:create"), {"kind": "leads", "file": SimpleUploadedFile(name, data)}
    )

    assert answer.status_code == 422
    assert why in answer.context["form"].errors["file"][0]
    assert not Import.objects.exists()


def test_a_workbook_whose_directory_lies_is_refused(monkeypatch):
    data = io.BytesIO(workbook([["id"]], **{"xl/worksheets/sheet9.xml": b"0" * 200_000}))
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 150_000)
    monkeypatch.setattr(sheets, "check_directory", lambda archive: None)

    with pytest.raises(sheets.NotReadable, match="too large"):
        sheets.check(data)


def test_a_file_over_the_limit_is_refused(sign_in, settings):
    settings.IMPORT_MAX_BYTES = 10
    file = SimpleUploadedFile("big.csv", b"id,name\n1,Ana\n")

    answer = sign_in(role=Role.MARKETER).post(
        reverse("importing:create"), {"kind": "leads", "file": file}
    )

    assert answer.status_code == 422
    assert "larger than" in answer.context["form"].errors["file"][0]


def test_a_workbook_is_read_with_its_dates_and_numbers(bring_in):
    from datetime import datetime

    data = workbook([
        ["id", "name", "phone", "mql"],
        [17, "José", "00123", datetime(2024, 3, 5, 10, 30)],  # noqa: DTZ001
        [None, None, None, None],
        [18.0, "Ana", 4930123456, 45356],
    ])  # fmt: skip

    source = bring_in(data, name="leads.xlsx")

    assert (source.created, source.refused) == (2, 0)
    assert set(Lead.objects.values_list("external_id", "phone")) == {
        ("17", "00123"),
        ("18", "4930123456"),
    }
    assert {f"{at:%Y-%m-%d}" for at in Lead.objects.values_list("stage_since", flat=True)} == {
        "2024-03-05",
    }  # fmt: skip


def test_a_bad_row_of_a_workbook_is_named_by_its_row(bring_in):
    data = workbook([["id", "mql"], ["1", "2024-01-01"], [], ["2", "soon"]])

    assert errors_of(bring_in(data, name="leads.xlsx")) == [(4, "“soon” is not a date.")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\leads.csv", "leads.csv"),
        ("a\u202evsc.exe", "avsc.exe"),
        ("x" * 300 + ".csv", "x" * 94 + "….csv"),
        ("", "file"),
    ],
)
def test_a_file_name_is_kept_for_reading_only(given, kept):
    assert uploads.safe_name(given) == kept


def test_a_header_alone_is_an_import_of_nothing(bring_in):
    source = bring_in("id,name\n")

    assert (source.rows, source.created, source.state) == (0, 0, Import.State.DONE)
