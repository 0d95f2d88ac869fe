"""A company's past, two files of leads and won deals, is a funnel on the first day."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from campaigns.models import Campaign
from crm.funnel.ledger import COUNT_ANEW
from crm.funnel.models import Handoff, StageEntry, StageTransition, Verdict
from crm.importing.models import Import, ImportedRow
from crm.outbox.models import Effect
from crm.reports.funnel import funnel
from crm.reports.questions import Question
from crm.users.models import Role, User
from deals.models import Deal
from leads.models import Channel, Lead
from tests.importing.conftest import by_channel
from tests.importing.samples import DEALS_DATES, DEALS_MAP, LEADS_DATES, LEADS_MAP, Pair

pytestmark = pytest.mark.django_db


def through_the_wizard(client, run_effects, kind, data, mapping, date_format):
    file = SimpleUploadedFile(f"{kind}.csv", data)
    uploaded = client.post(reverse("importing:create"), {"kind": kind, "file": file})
    page = client.get(uploaded["Location"])
    fields = {f"map_{name}": column for name, column in mapping.items()}
    known = {name: page.context["form"][name].value() for name in ("time_zone", "duplicates")}
    answer = client.post(uploaded["Location"], {**fields, **known, "date_format": date_format})
    assert answer.status_code == 302, answer.context["form"].errors
    source = Import.objects.latest("pk")
    assert client.get(answer["Location"]).context["source"].checked["refused"] == 0
    client.post(reverse("importing:run", args=[source.pk]))
    run_effects()
    source.refresh_from_db()
    assert source.state == Import.State.DONE
    return source


def everything():
    models = (Lead, Deal, StageTransition, StageEntry, Campaign, User, ImportedRow)
    return [model.objects.count() for model in models] + [Channel.objects.count()]


def test_both_files_through_the_command_give_the_counted_funnel(command):
    pair = Pair()

    command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES)
    told = command("deals", pair.deals, DEALS_MAP, "--date-format", DEALS_DATES)

    assert by_channel("mql") == by_channel("lead") == pair.mqls
    assert by_channel("customer") == by_channel("opportunity") == by_channel("sal") == pair.won
    assert f"Line {pair.odd_line}: warning: The deal" in told


def test_both_files_through_the_wizard_give_the_counted_funnel(sign_in, run_effects):
    client, pair = sign_in(role=Role.ADMIN), Pair()

    through_the_wizard(client, run_effects, "leads", pair.leads, LEADS_MAP, "%d-%m-%Y")
    source = through_the_wizard(client, run_effects, "deals", pair.deals, DEALS_MAP, "%d-%m-%Y")

    report = funnel(Question())
    assert {row.key: row.counts["mql"] for row in report.rows} == {
        key or "(none)": count for key, count in pair.mqls.items()
    }
    assert {row.key: row.counts["customer"] for row in report.rows if row.counts["customer"]} == {
        key or "(none)": count for key, count in pair.won.items()
    }
    assert [p["line"] for p in source.problems if p["level"] == "warning"] == [pair.odd_line]


def test_undoing_both_brings_back_the_empty_funnel(command, capsys):
    before, pair = everything(), Pair()
    command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES)
    command("deals", pair.deals, DEALS_MAP, "--date-format", DEALS_DATES)
    deals, leads = Import.objects.all()

    call_command("import_file", undo=deals.pk)
    assert by_channel("customer") == {}
    assert by_channel("mql") == pair.mqls
    call_command("import_file", undo=leads.pk)

    assert everything() == before
    assert "was taken back" in capsys.readouterr().out


def test_undoing_the_leads_first_leaves_those_with_deals_until_the_deals_are_gone(command):
    before, pair = everything(), Pair()
    command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES)
    command("deals", pair.deals, DEALS_MAP, "--date-format", DEALS_DATES)
    deals, leads = Import.objects.all()

    call_command("import_file", undo=leads.pk)
    leads.refresh_from_db()
    assert Lead.objects.count() == Deal.objects.count() == pair.won.total()
    assert {kept["reason"] for kept in leads.kept} >= {"Used by a deal since."}
    call_command("import_file", undo=deals.pk)
    call_command("import_file", undo=leads.pk)

    assert everything() == before


def test_reps_named_by_a_file_cannot_log_in(command):
    pair = Pair()
    command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES)
    command("deals", pair.deals, DEALS_MAP, "--date-format", DEALS_DATES)

    users = User.objects.all()
    assert users.count() == pair.reps
    assert {user.role for user in users} == {Role.REP}
    assert not any(user.email or user.can_log_in for user in users)
    assert all(user.external_id and len(user.name) < 20 for user in users)


def test_history_makes_no_handoff_verdict_or_effect(command):
    pair = Pair()
    command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES)
    command("deals", pair.deals, DEALS_MAP, "--date-format", DEALS_DATES)

    assert not Handoff.objects.exists()
    assert not Verdict.objects.exists()
    assert not Effect.objects.exclude(kind=COUNT_ANEW).exists()


def test_the_same_files_twice_change_nothing(command):
    pair = Pair()
    command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES)
    command("deals", pair.deals, DEALS_MAP, "--date-format", DEALS_DATES)
    before = everything()

    leads = command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES)
    deals = command("deals", pair.deals, DEALS_MAP, "--date-format", DEALS_DATES)

    assert everything() == before
    assert re.search(r"unchanged +60\n", leads)
    assert re.search(r"unchanged +10\n", deals)


def test_a_dry_run_says_the_same_and_writes_nothing(command):
    before, pair = everything(), Pair()

    told = command("leads", pair.leads, LEADS_MAP, "--date-format", LEADS_DATES, "--dry-run")

    assert re.search(r"created +60\n", told)
    assert everything() == before
    assert not Import.objects.exists()


def test_refused_rows_end_in_status_1_and_a_file_that_names_them(command):
    data = b"id,mql\nL1,2024-01-05\nL2,soon\n"

    with pytest.raises(CommandError) as refused:
        command("leads", data, {"external_id": "id", "mql_at": "mql"})

    source = Import.objects.get()
    assert refused.value.returncode == 1
    assert source.error_file.path in str(refused.value)
    assert source.error_file.open().read().decode("utf-8-sig").splitlines() == [
        "Line,Reason,id,mql", "3,“soon” is not a date.,L2,soon",
    ]  # fmt: skip
    assert Lead.objects.get().external_id == "L1"


def test_a_column_that_is_not_there_is_named(command):
    with pytest.raises(CommandError, match="no column “nam”. It has: id, name"):
        command("leads", b"id,name\n1,a\n", {"name": "nam"})
    assert not Import.objects.exists()
