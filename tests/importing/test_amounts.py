"""Amounts keep their worth: by the currency's decimals, by the column, else the user is asked."""

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from crm.common.formats import major
from crm.common.money import CURRENCIES, NotMoney
from crm.importing import uploads
from crm.importing.amounts import COMMA, POINT, Evidence, evidence, read_amount
from crm.importing.models import Import
from crm.users.models import Role
from deals.export import lines
from deals.models import Deal
from tests.factories import DealFactory, LeadFactory, UserFactory
from tests.importing.conftest import errors_of

GULF = """Deal,Lead,Amount,Currency,Close date
Dinar 1,ines@brook.example,0.125,KWD,2026-12-20
Dinar 2,ines@brook.example,12.750,BHD,2026-12-20
Yen,ines@brook.example,1500.00,JPY,2026-12-20
Yen2,ines@brook.example,1500.0,JPY,2026-12-20
"""
DOUBTFUL = """Deal,Lead,Amount,Currency
Dinar 1,ines@brook.example,125.500,KWD
Dinar 2,ines@brook.example,12.750,BHD
"""


@pytest.fixture
def ines(db):
    return LeadFactory(email="ines@brook.example")


def amounts():
    return dict(Deal.objects.values_list("name", "amount_minor"))


def test_fils_stay_fils_and_yen_written_with_decimals_are_yen(bring_in, ines):
    bring_in(GULF, kind="deals")

    assert amounts() == {"Dinar 1": 125, "Dinar 2": 12_750, "Yen": 1500, "Yen2": 1500}


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,500", "JPY", 1500), ("1.500", "JPY", 1500), ("1500.00", "JPY", 1500),
        ("0.125", "KWD", 125), ("0,125", "KWD", 125), ("1.234,5", "KWD", 1_234_500),
        ("12.500", "EUR", 1_250_000), ("1,234.50", "EUR", 123_450), ("1500.000", "EUR", 150_000),
        ("1'234.50", "CHF", 123_450), ("12,34,567.50", "INR", 123_456_750), (".5", "EUR", 50),
    ],
)  # fmt: skip
def test_an_amount_with_one_likely_reading_is_read(text, currency, minor):
    assert read_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("125.500", "KWD"), ("1,000", "BHD"), ("0.125", "EUR"), ("1.5", "JPY"), ("1,23,4", "EUR")],
)
def test_an_amount_that_is_none_or_two_is_refused(text, currency):
    with pytest.raises(NotMoney):
        read_amount(text, currency)


def test_a_sure_amount_decides_for_its_column():
    assert evidence([("125.500", "KWD"), ("0.250", "KWD")]) == Evidence(POINT, ("125.500", "KWD"))
    assert evidence([("12.500", "EUR"), ("99,90", "EUR")]).sign == COMMA
    assert evidence([("125.500", "KWD"), ("9.750", "KWD")]).is_question
    assert not evidence([("12.500", "EUR"), ("100.000", "EUR")]).is_question


@given(st.integers(0, 10**12), st.sampled_from(CURRENCIES), st.sampled_from([POINT, COMMA]))
def test_every_amount_comes_back_as_it_was_written(minor, currency, sign):
    plain = str(major(minor, currency)).replace(".", sign)
    whole, _, decimals = plain.partition(sign)
    other = COMMA if sign == POINT else POINT
    grouped = f"{int(whole):,}".replace(",", other) + (sign + decimals if decimals else "")

    assert read_amount(plain, currency, sign) == minor
    assert read_amount(grouped, currency, sign) == minor


def test_the_command_refuses_doubtful_amounts_until_it_is_told_the_sign(command, ines):
    mapping = {"lead": "Lead", "name": "Deal", "amount": "Amount", "currency": "Currency"}
    with pytest.raises(CommandError):
        command("deals", DOUBTFUL.encode(), mapping)

    assert not Deal.objects.exists()
    assert "two ways" in errors_of(Import.objects.get())[0][1]

    command("deals", DOUBTFUL.encode(), mapping, "--decimal-sign", ".")

    assert amounts() == {"Dinar 1": 125_500, "Dinar 2": 12_750}


def test_the_wizard_asks_which_sign_marks_the_decimals_and_writes_nothing_before(client, ines):
    manager = UserFactory(role=Role.SALES_MANAGER)
    client.force_login(manager)
    source = uploads.receive(ContentFile(DOUBTFUL.encode(), "d.csv"), kind="deals", actor=manager)
    page = reverse("importing:map", args=[source.pk])
    fields = {"map_lead": "Lead", "map_name": "Deal", "map_amount": "Amount",
              "map_currency": "Currency", "time_zone": "UTC", "duplicates": "update"}  # fmt: skip

    shown = client.get(page).content.decode()
    unanswered = client.post(page, {**fields, "decimal_sign": "?"})

    assert "A point marks the decimals: 125.500 is KWD" in shown
    assert "A comma marks the decimals: 125.500 is KWD" in shown
    assert unanswered.status_code == 422
    assert b"Choose which sign marks the decimals" in unanswered.content

    client.post(page, {**fields, "decimal_sign": "."})
    client.post(reverse("importing:run", args=[source.pk]))
    source.refresh_from_db()

    assert source.options["decimal_sign"] == "."
    assert source.checked["refused"] == 0


def test_a_wizard_whose_amounts_are_clear_asks_nothing(client, ines):
    manager = UserFactory(role=Role.SALES_MANAGER)
    client.force_login(manager)
    source = uploads.receive(ContentFile(GULF.encode(), "d.csv"), kind="deals", actor=manager)

    shown = client.get(reverse("importing:map", args=[source.pk])).content.decode()

    assert 'value="." selected' in shown
    assert "Choose one: the file's amounts" not in shown


def test_our_own_export_of_dinars_and_yen_comes_back_exactly(bring_in, ines):
    for currency, minor in (("KWD", 125_500), ("BHD", 12_750), ("JPY", 1500), ("EUR", 123_450)):
        DealFactory(lead=ines, name=f"In {currency}", currency=currency, amount_minor=minor)
    before = amounts()
    exported = "".join(lines(Deal.objects.all()))
    Deal.objects.all().delete()

    source = bring_in(exported, kind="deals")

    assert errors_of(source) == []
    assert amounts() == before


def test_our_own_export_brought_in_beside_its_deals_changes_no_amount(bring_in, ines):
    for minor in (125_500, 12_750):
        DealFactory(lead=ines, name=f"Of {minor}", currency="KWD", amount_minor=minor)
    before = amounts()

    bring_in("".join(lines(Deal.objects.all())), kind="deals")

    assert amounts() == before


def test_an_export_saved_anew_with_german_signs_is_asked_about(ines):
    DealFactory(lead=ines, name="Dinar", currency="KWD", amount_minor=125_500)
    exported = "".join(lines(Deal.objects.all())).replace("125.500", '"125,500"')
    from crm.importing.amount_columns import column_evidence
    from crm.importing.guessing import guess

    source = uploads.receive(ContentFile(exported.encode(), "d.csv"), kind="deals", actor=None)

    assert column_evidence(source, guess("deals", source.columns)).is_question


def test_an_amount_that_does_not_fit_its_file_is_refused_not_guessed(bring_in, ines):
    data = 'lead,name,amount\nines@brook.example,A,99.90\nines@brook.example,B,"1.234,50"\n'
    source = bring_in(data, kind="deals", decimal_sign=".")

    assert [message for _, message in errors_of(source)] == [
        "“1.234,50”: It does not fit: in this file, a point marks the decimals."
    ]
    assert amounts() == {"A": 9990}


def test_a_sign_that_shows_only_far_down_the_file_decides(bring_in, ines):
    rows = "".join(f"ines@brook.example,D{n},12.750,KWD\n" for n in range(300))
    bring_in(f"lead,name,amount,currency\n{rows}ines@brook.example,Z,0.125,KWD\n", kind="deals")

    assert set(Deal.objects.exclude(name="Z").values_list("amount_minor", flat=True)) == {12_750}


def test_option_of_the_command_takes_only_a_point_or_a_comma(tmp_path):
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_file", "deals", str(tmp_path), "--decimal-sign", ";")
