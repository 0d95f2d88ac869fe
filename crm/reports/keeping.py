"""Keeping the funnel sums equal to the ledger.

Triggers mark the leads whose facts changed (crm.reports.triggers). `fold` takes marks, counts out
what the sums hold of these leads and counts in what the ledger says now, in one transaction: killed
half-way, nothing happened. Until then the report adds the difference itself (crm.reports.sums).
See docs/decisions/0005-funnel-sums.md.
"""

import time
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from crm.reports.facts import CountKey, DurationKey, Fact, Sums
from crm.reports.lives import as_counted, in_ledger
from crm.reports.models import (
    COUNTED,
    TIMES,
    DurationSum,
    FunnelFact,
    FunnelSum,
    StaleLead,
    SumsState,
)
from crm.stages import PATH
from crm.users.models import Organisation

BATCH, BATCH_ON_SQLITE = 10_000, 1_000
"""Marks that one transaction takes: on SQLite everybody who writes waits for it."""


def handle(payload: dict[str, Any]) -> None:
    """The effect ledger.COUNT_ANEW: much was written at one time. What is left, beat takes."""
    fold()


def catch_up(seconds: float | None = None) -> int:
    """Fold until no lead is stale, or for about that long; return how many marks were taken.

    Ends at once where somebody else folds.
    """
    began, taken = time.monotonic(), 0
    while marks := fold():
        taken += marks
        if seconds is not None and time.monotonic() - began > seconds:
            break
    return taken


def rebuild() -> int:
    """Forget all sums and count every lead anew; return how many."""
    start_over()
    taken = 0
    while marks := fold(wait=True):
        taken += marks
    return taken


@transaction.atomic
def start_over() -> None:
    """Forget all sums: every lead is stale, and the folds that follow count it anew.

    The report stays right all the while: it counts the ledger itself until they are through.
    """
    state = lock(wait=True)
    assert state is not None
    forget(state)


@transaction.atomic
def fold(limit: int | None = None, *, wait: bool = False) -> int:
    """Bring the sums up to date with at most `limit` marks; return how many were taken.

    limit: None is as many as one transaction should take
    wait: until nobody else folds; else, if somebody does, nothing is done
    Sums that were kept by another time zone than the organisation's are forgotten first.
    """
    state = lock(wait=wait)
    if state is None:
        return 0
    if state.time_zone != Organisation.get().time_zone:
        forget(state)
    most = limit or (BATCH_ON_SQLITE if connection.vendor == "sqlite" else BATCH)
    marks = dict(StaleLead.objects.order_by("pk").values_list("pk", "lead_id")[:most])
    if not marks:
        return 0
    leads = set(marks.values())
    exchange(as_counted(leads), in_ledger(leads))
    StaleLead.objects.filter(pk__in=marks).delete()
    SumsState.objects.update(version=F("version") + 1)
    return len(marks)


def lock(*, wait: bool) -> SumsState | None:
    """Lock the state until the transaction ends; None if somebody else has it and we do not wait.

    On SQLite the transaction itself is the lock.
    """
    zone = Organisation.get().time_zone
    SumsState.objects.bulk_create([SumsState(pk=1, time_zone=zone)], ignore_conflicts=True)
    return SumsState.objects.select_for_update(skip_locked=not wait).filter(pk=1).first()


def forget(state: SumsState) -> None:
    """Empty the sums and mark every lead, to be counted by the organisation's present time zone."""
    for model in (StaleLead, FunnelFact, FunnelSum, DurationSum):
        model._default_manager.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reports_stalelead (lead_id) SELECT DISTINCT lead_id FROM funnel_stageentry"
        )
    state.time_zone = Organisation.get().time_zone
    SumsState.objects.update(version=F("version") + 1, time_zone=state.time_zone)


def exchange(old: dict[int, Fact], new: dict[int, Fact]) -> None:
    """Put the facts `new` in the place of `old`, in the sums too."""
    change = Sums(Organisation.get().zone)
    for lead in old.keys() | new.keys():
        was, is_now = old.get(lead), new.get(lead)
        if was == is_now:
            continue
        if was:
            change.add(was, -1)
        if is_now:
            change.add(is_now)
    changed = [FunnelFact.of(fact) for fact in new.values() if old.get(fact.lead) != fact]
    FunnelFact.objects.bulk_create(
        changed,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["lead_id"],
        update_fields=["channel", "campaign", "owner", "implied", *TIMES],
    )
    FunnelFact.objects.filter(pk__in=old.keys() - new.keys()).delete()
    write_counts(change.counts)
    write_durations(change.durations)


def write_counts(change: dict[CountKey, list[int]]) -> None:
    """Add `change` to the kept counts. The caller holds the lock, so no one else writes them."""
    known: dict[CountKey, list[int]] = {}
    rows = FunnelSum.objects.filter(
        month__in={key.month for key in change}, value__in={key.value for key in change}
    )
    for row in rows.values_list("counting", "by", "value", "month", *COUNTED):
        known[CountKey(*row[:4])] = list(row[4:])
    written = []
    for key, added in change.items():
        if any(added):
            counts = [a + b for a, b in zip(known.get(key, [0] * len(PATH)), added, strict=True)]
            written.append(FunnelSum(**key._asdict(), **dict(zip(COUNTED, counts, strict=True))))
    FunnelSum.objects.bulk_create(
        written,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["counting", "by", "month", "value"],
        update_fields=COUNTED,
    )


def write_durations(change: dict[DurationKey, dict[int, int]]) -> None:
    """Add `change` to the kept durations, under the same lock."""
    months = {key.month for key in change}
    kept = {(row.counting, row.month): row for row in DurationSum.objects.filter(month__in=months)}
    for key, added in change.items():
        name = (key.counting, key.month)
        row = kept.setdefault(name, DurationSum(counting=key.counting, month=key.month))
        bins = row.bins.setdefault(PATH[key.place].value, {})
        for number, count in added.items():
            total = bins.pop(str(number), 0) + count
            if total < 0:
                raise ValueError(f"{row}: fewer than no durations in bin {number}")
            if total:
                bins[str(number)] = total
    DurationSum.objects.bulk_create(
        [
            DurationSum(counting=row.counting, month=row.month, bins=row.bins)
            for row in kept.values()
        ],
        update_conflicts=True,
        unique_fields=["counting", "month"],
        update_fields=["bins"],
    )
