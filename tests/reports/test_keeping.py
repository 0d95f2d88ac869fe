"""Marks and folds with real commits: what is killed, what runs at one time, what was tampered."""

import threading
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from crm.common import triggers
from crm.funnel import ledger
from crm.funnel.models import StageEntry
from crm.notifications.models import Notification
from crm.reports import checking, from_ledger, keeping, sums, tasks
from crm.reports.models import DurationSum, FunnelFact, FunnelSum, StaleLead
from crm.reports.questions import Question
from crm.stages import Stage
from crm.users.models import Role
from leads.models import Lead
from tests.factories import CampaignFactory, ChannelFactory, LeadFactory, UserFactory

NIGHT = datetime(2026, 11, 3, 2, 30, tzinfo=UTC)  # 3:30 in Berlin


def marked() -> set[int]:
    return set(StaleLead.objects.values_list("lead_id", flat=True))


@pytest.fixture
def kept(organisation):
    """Three leads that are counted and not stale."""
    leads = [LeadFactory(channel=ChannelFactory()) for _ in range(3)]
    keeping.catch_up()
    return leads


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["channel", "campaign", "owner"])
def test_a_lead_with_another_group_is_marked(kept, field):
    makers = {"channel": ChannelFactory, "campaign": CampaignFactory, "owner": UserFactory}

    Lead.objects.filter(pk=kept[1].pk).update(**{field: makers[field]()})

    assert marked() == {kept[1].pk}


@pytest.mark.django_db
def test_a_lead_that_only_scores_is_not_marked(kept):
    Lead.objects.update(score=50)
    kept[0].name = "Grace"
    kept[0].save()

    assert marked() == set()


@pytest.mark.django_db
def test_entries_that_come_go_or_change_mark_their_leads(kept):
    first, second, third = kept

    ledger.move(first, Stage.MQL, actor=None)
    StageEntry.objects.filter(lead=second).update(implied=True)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM funnel_stageentry WHERE lead_id = %s", [third.pk])

    assert marked() == {first.pk, second.pk, third.pk}


@pytest.mark.django_db
def test_a_fold_that_dies_half_way_changes_nothing(kept, monkeypatch):
    ledger.move(kept[0], Stage.MQL, actor=None)
    before = sums.count(Question())

    def die(*args: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "write_durations", die)
        with pytest.raises(MemoryError):
            keeping.fold()

    assert marked() == {kept[0].pk}
    assert sums.count(Question()) == before == from_ledger.count(Question())
    keeping.fold()
    assert sums.count(Question()) == before
    assert checking.check() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_made_while_its_lead_is_folded_is_not_lost(kept, monkeypatch):
    channel, lead = ChannelFactory(), kept[0]
    ledger.move(lead, Stage.MQL, actor=None)

    def change() -> None:
        Lead.objects.filter(pk=lead.pk).update(channel=channel)
        connection.close()

    other = threading.Thread(target=change)
    exchange = keeping.exchange

    def exchange_while_another_writes(*args: object) -> None:
        exchange(*args)
        other.start()
        other.join(0.4)  # on SQLite he waits for this transaction to end

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "exchange", exchange_while_another_writes)
        keeping.fold()
    other.join()

    assert marked() == {lead.pk}
    assert sums.count(Question()) == from_ledger.count(Question())
    keeping.catch_up()
    assert checking.check() == []


@pytest.mark.django_db(transaction=True)
def test_two_folders_at_one_time_count_each_change_once(organisation):
    for _ in range(20):
        ledger.move(LeadFactory(), Stage.MQL, actor=None)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        for _ in range(8):
            keeping.fold(limit=3)
        connection.close()

    folders = [threading.Thread(target=work) for _ in range(2)]
    for folder in folders:
        folder.start()
    for folder in folders:
        folder.join()
    keeping.catch_up()

    assert sums.count(Question()).groups["none"][Stage.MQL] == 20
    assert checking.check() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "values"),
    [
        (FunnelSum, {"lead": 7}),
        (FunnelFact, {"owner": 7}),
        (DurationSum, {"bins": {"mql": {"1": 1}}}),
    ],
)
def test_the_check_says_what_differs_and_the_rebuild_mends_it(kept, model, values):
    ledger.move(kept[0], Stage.MQL, actor=None)
    keeping.catch_up()
    call_command("check_sums", stdout=StringIO())
    model.objects.filter(pk=model.objects.order_by("pk")[0].pk).update(**values)
    out, err = StringIO(), StringIO()

    with pytest.raises(SystemExit, match="1"):
        call_command("check_sums", stdout=out, stderr=err)

    assert "kept" in out.getvalue()
    call_command("rebuild_sums", stdout=StringIO())
    assert checking.check() == []
    assert sums.count(Question()) == from_ledger.count(Question())


@pytest.mark.django_db
def test_a_stale_lead_is_no_difference(kept):
    ledger.move(kept[0], Stage.MQL, actor=None)

    assert checking.check() == []


@pytest.mark.django_db
def test_the_night_mends_what_differs_and_tells_administrators_once(kept):
    administrator = UserFactory(role=Role.ADMIN)
    administrator.set_password("let me in")
    administrator.save()
    FunnelSum.objects.update(lead=7)

    with time_machine.travel(NIGHT):
        tasks.check_sums()
        tasks.check_sums()

    assert checking.check() == []
    assert "mended" in Notification.objects.get(user=administrator).title


@pytest.mark.django_db
def test_by_day_nothing_is_checked(kept, monkeypatch):
    monkeypatch.setattr(checking, "check", lambda: pytest.fail("checked by day"))

    with time_machine.travel(NIGHT.replace(hour=12)):
        tasks.check_sums()


@pytest.mark.django_db
def test_the_beat_folds_what_is_stale(organisation):
    LeadFactory()

    tasks.fold_sums()

    assert marked() == set()
    assert sums.count(Question()).groups["none"][Stage.LEAD] == 1


@pytest.mark.django_db
def test_triggers_that_a_migration_lost_are_put_back(kept):
    triggers.remove_all(connection)
    call_command("migrate", verbosity=0)

    ledger.move(kept[0], Stage.MQL, actor=None)

    assert marked() == {kept[0].pk}
