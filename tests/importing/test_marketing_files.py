"""Spend of campaigns and weeks of channels come in by file: bad rows by line, replay, undo."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from campaigns.channel_metrics.models import ChannelWeek
from campaigns.channel_metrics.services import Place, write_cells
from campaigns.metrics import results
from campaigns.models import Campaign, Spend
from campaigns.services.spending import add_spend, edit_spend
from crm.importing import services, undoing
from crm.importing.fields import NotMappable
from crm.importing.forms import kinds_for
from crm.importing.guessing import guess
from crm.importing.models import ImportedRow
from crm.users.models import Role
from leads.models import Channel
from tests.factories import CampaignFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
WEEK = date(2026, 3, 2)
SPEND = "campaign,date,cost,note\n"
TEN = SPEND + "".join(f"Fair,2026-03-{n:02},100.00,Invoice {n}\n" for n in range(1, 9)) + (
    "Fairy,2026-03-09,100.00,\nFair,2026-03-10,lots,\n"
)  # fmt: skip


def problems(source):
    return {row["line"]: row["message"] for row in source.problems if row["level"] == "error"}


@pytest.fixture
def fair():
    return CampaignFactory(name="Fair", channel=Channel.objects.get(key="social"))


# Spend --------------------------------------------------------------------------------------------


def test_eight_rows_are_saved_two_bad_ones_listed_with_line_and_roi_follows(bring_in, fair):
    LeadFactory(campaign=fair)

    source = bring_in(TEN, kind="spend")

    assert (source.created, source.refused) == (8, 2)
    assert problems(source).keys() == {10, 11}
    assert "There is no campaign “Fairy”" in problems(source)[10]
    found = results(Campaign.objects.with_spent(), None)[fair.pk]
    assert (found.spent, found.cost_per_lead, found.roi) == (80_000, 80_000, -1)


def test_a_dry_run_says_the_same_and_writes_nothing(bring_in, fair, tmp_path, capsys):
    path = tmp_path / "spend.csv"
    path.write_text(TEN)

    call_command("import_file", "spend", str(path), "--dry-run", "--map", "campaign=campaign",
                 "--map", "day=date", "--map", "amount=cost", "--map", "note=note")  # fmt: skip

    assert "created                8" in capsys.readouterr().out.replace(",", "")
    assert not Spend.objects.exists()


def test_the_same_file_twice_changes_nothing(bring_in, fair):
    bring_in(TEN, kind="spend")
    before = list(Spend.objects.order_by("pk").values())

    again = bring_in(TEN, kind="spend")

    assert (again.created, again.updated, again.unchanged) == (0, 0, 8)
    assert list(Spend.objects.order_by("pk").values()) == before


def test_external_id_makes_a_corrected_amount_an_update(bring_in, fair):
    head = "campaign,day,amount,external_id\n"
    bring_in(head + "Fair,2026-03-02,100,inv-1\n", kind="spend")

    again = bring_in(head + "Fair,2026-03-03,(20),inv-1\n", kind="spend")

    assert again.updated == 1
    spend = Spend.objects.get()
    assert (spend.day, spend.amount_minor) == (date(2026, 3, 3), -2_000)


def test_two_amounts_of_one_day_without_a_note_are_not_guessed_at(bring_in, fair):
    source = bring_in(SPEND + "Fair,2026-03-02,10,\nFair,2026-03-02,20,\n", kind="spend")

    assert Spend.objects.get().amount_minor == 1_000
    assert "note or external ID" in problems(source)[3]


def test_the_same_across_two_batches(bring_in, fair, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)

    source = bring_in(SPEND + "Fair,2026-03-02,10,\nFair,2026-03-02,20,\n", kind="spend")

    assert Spend.objects.get().amount_minor == 1_000
    assert "note or external ID" in problems(source)[3]


def test_undo_takes_spend_back_but_not_what_was_edited_since(bring_in, fair):
    by_hand = add_spend(fair, day=WEEK, amount_minor=1, actor=None, note="By hand")
    source = bring_in(TEN, kind="spend")
    edited = Spend.objects.get(day=date(2026, 3, 3))
    edit_spend(edited, day=edited.day, amount_minor=5, note="Corrected")

    source = undoing.undo(source, actor=None)

    assert set(Spend.objects.all()) == {by_hand, edited}
    [kept] = source.kept
    assert all(word in kept["reason"] for word in ("Edited since", "amount minor", "note"))


def test_undo_puts_a_changed_amount_back(bring_in, fair):
    spend = add_spend(fair, day=WEEK, amount_minor=1_000, actor=None, note="Invoice")
    source = bring_in(SPEND + "Fair,2026-03-02,55,Invoice\n", kind="spend")
    spend.refresh_from_db()
    changed = spend.amount_minor

    undoing.undo(source, actor=None)

    spend.refresh_from_db()
    assert (changed, spend.amount_minor) == (5_500, 1_000)
    assert not ImportedRow.objects.filter(source=source).exists()


def test_spend_needs_campaign_day_and_amount_mapped(bring_in, fair):
    with pytest.raises(NotMappable, match="Choose a column for: Day"):
        bring_in("campaign,cost\nFair,1\n", kind="spend")


def test_command_brings_spend_in_and_leaves_with_the_bad_rows(fair, tmp_path):
    path = tmp_path / "spend.csv"
    path.write_text(TEN)

    with pytest.raises(CommandError, match="2 rows were refused"):
        call_command("import_file", "spend", str(path))

    assert Spend.objects.count() == 8


# Weeks --------------------------------------------------------------------------------------------

WEEKS = "week,channel,campaign,sessions,likes,spend\n"


def test_weeks_of_channels_and_campaigns_come_in_and_a_replay_changes_nothing(bring_in, fair):
    data = WEEKS + '2026-03-04,social,,"1,200",30,75.50\n2026-03-04,,Fair,400,,20\n'

    first, again = bring_in(data, kind="metrics"), bring_in(data, kind="metrics")

    assert (first.created, again.unchanged, again.refused) == (2, 2, 0)
    whole, part = ChannelWeek.objects.order_by("campaign")[:2]
    if whole.campaign_id:
        whole, part = part, whole
    assert (whole.week, whole.sessions, whole.likes, whole.spend_minor) == (WEEK, 1200, 30, 7_550)
    assert (part.channel.key, part.sessions, part.spend_minor) == ("social", 400, None)
    spend = Spend.objects.get()
    assert (spend.campaign, spend.week, spend.amount_minor) == (fair, WEEK, 2_000)


def test_bad_weeks_are_listed_with_their_lines(bring_in, fair):
    rows = ["2026-03-02,social,,-5,,", "2026-03-02,sociall,,5,,", "2026-03-02,email,Fair,5,,",
            "2026-03-02,,,5,,", "2026-03-02,email,,,,", "2026-03-02,email,,7,,"]  # fmt: skip

    source = bring_in(WEEKS + "\n".join(rows) + "\n", kind="metrics")

    told = problems(source)
    assert (source.created, source.refused) == (1, 5)
    assert "negative" in told[2]
    assert "no channel “sociall”" in told[3]
    assert "another channel" in told[4]
    assert "no channel and no campaign" in told[5]
    assert told[6] == "It has no number."


def test_days_of_one_week_are_not_taken_for_the_week(bring_in):
    data = WEEKS + "2026-03-02,social,,5,,\n2026-03-03,social,,6,,\n2026-03-04,social,,,9,\n"

    source = bring_in(data, kind="metrics")

    week = ChannelWeek.objects.get()
    assert (week.sessions, week.likes) == (5, 9)
    assert problems(source).keys() == {3}


def test_undo_of_weeks_restores_what_was_there(bring_in, fair):
    social = fair.channel
    write_cells(Place(social), {(WEEK, "likes"): 3}, actor=None)
    data = WEEKS + "2026-03-02,social,,5,4,\n2026-03-09,social,,6,,\n2026-03-02,,Fair,7,,20\n"
    source = bring_in(data, kind="metrics")

    undoing.undo(source, actor=None)

    week = ChannelWeek.objects.get()
    assert (week.week, week.sessions, week.likes) == (WEEK, None, 3)
    assert not Spend.objects.exists()


def test_columns_are_guessed_by_their_usual_names():
    found = guess("metrics", ["Week", "Network", "Users", "Reactions", "Cost"])

    assert found == {"week": "Week", "channel": "Network", "visitors": "Users",
                     "likes": "Reactions", "spend": "Cost"}  # fmt: skip


def test_marketing_imports_money_and_sales_does_not():
    def kinds(role):
        return {kind for kind, _ in kinds_for(UserFactory(role=role))}

    assert {"spend", "metrics"} <= kinds(Role.MARKETER)
    assert not {"spend", "metrics"} & kinds(Role.SALES_MANAGER)
