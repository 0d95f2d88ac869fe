"""Running an import: batch after batch, each one transaction together with how far it got.

A batch takes as many rows as the machine writes in BATCH_SECONDS, for on SQLite it holds the only
write lock. A worker that is killed leaves whole batches; the next one goes on where the last
committed one ended. Imports that run at one time take turns, so two of one file cannot both create
a lead.
"""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from crm.funnel.ledger import COUNT_ANEW
from crm.importing import errors, rights, uploads
from crm.importing.amount_columns import column_evidence
from crm.importing.deal_rows import DealWriter
from crm.importing.fields import checked_mapping
from crm.importing.lead_rows import LeadWriter
from crm.importing.marketing_rows import SpendWriter, WeekWriter
from crm.importing.models import Import
from crm.importing.planning import Planner, Problem, Row
from crm.importing.reading import NotReadable, Place, Table
from crm.importing.records import COUNTED, Tally, first_problems
from crm.importing.touch_rows import TouchWriter
from crm.importing.values import Context
from crm.importing.writer import Writer
from crm.notifications.services import notify
from crm.outbox import services as outbox
from crm.users.models import Organisation, User
from leads.writing import NotTheirs

RUN = "importing.run"
UNDO = "importing.undo"
FIRST, LEAST, MOST = 100, 50, 1000
"""Rows of the first batch, and the fewest and most of a later one."""
BATCH_SECONDS = 0.2
"""Seconds that a batch should take."""
LONGEST_CHECK = 8.0
"""Seconds that a dry run in the browser may take before it stops and says how far it came."""

WRITERS: dict[str, type[Writer[Any]]] = {
    Import.Kind.LEADS: LeadWriter,
    Import.Kind.DEALS: DealWriter,
    Import.Kind.SPEND: SpendWriter,
    Import.Kind.METRICS: WeekWriter,
    Import.Kind.TOUCHES: TouchWriter,
}


class NotReady(Exception):
    """The import is not in a state in which this can be done."""


def set_mapping(source: Import, mapping: dict[str, str], **options: Any) -> None:
    """Keep which column is which field.

    Raises NotMappable if the mapping cannot be used, NotTheirs if who uploaded the file may not.
    """
    mapping = checked_mapping(source.kind, mapping, source.columns)
    rights.check(source.created_by, source.kind, mapping)
    source.mapping = mapping
    source.options |= options
    if "decimal_sign" not in source.options:
        source.options["decimal_sign"] = column_evidence(source, source.mapping).sign


def planner(source: Import) -> Planner:
    organisation = Organisation.get()
    date_format = source.options.get("date_format", "")
    sign = source.options.get("decimal_sign", "")
    context = Context(source.zone, date_format, organisation.currency, now(), sign)
    return Planner(source.kind, source.mapping, source.columns, context)


def batches(table: Table) -> Iterator[list[Any]]:
    rows = table.rows()
    while batch := list(islice(rows, MOST)):
        yield batch


# The dry run --------------------------------------------------------------------------------------


def dry_run(source: Import, seconds: float | None = None) -> tuple[Tally, bool]:
    """Say what the import would do, writing nothing; True: the whole file was looked at.

    seconds: stop after that time
    Raises NotReadable.
    """
    plan, total, began = planner(source), Tally(), time.monotonic()
    writer = new_writer(source, seen=set())
    with uploads.open_table(source) as table:
        for batch in batches(table):
            total.add(writer.run(plan.plan(batch)))
            if seconds and time.monotonic() - began > seconds:
                return total, False
    return total, True


def check(source: Import) -> None:
    """Run dry for the browser and keep what was found. Raises NotReadable."""
    total, whole = dry_run(source, LONGEST_CHECK)
    problems = [problem.as_json() for problem in total.problems]
    source.checked = {**as_counts(total), "whole": whole, "problems": problems}
    source.state = Import.State.CHECKED
    source.total = total.counts["rows"] if whole else 0
    source.save()


def new_writer(source: Import, **how: Any) -> Writer[Any]:
    return WRITERS[source.kind](source, actor=source.created_by, now=now(), **how)


def as_counts(tally: Tally) -> dict[str, int]:
    return {name: tally.counts[name] for name in COUNTED}


# The run ------------------------------------------------------------------------------------------


@transaction.atomic
def start(source: Import, *, actor: User | None) -> None:
    """Ask that a checked import runs. Raises NotReady if it runs already, or was not checked.

    Both must be allowed what it writes: who lets it run, else NotTheirs; and who uploaded it, else
    NotReady, since it runs in their name.
    """
    rights.check(actor, source.kind, source.mapping)
    try:
        rights.check(source.created_by, source.kind, source.mapping)
    except NotTheirs as fault:
        raise NotReady(f"It would run as {source.created_by}. {fault}") from fault
    state = Import.objects.filter(pk=source.pk, state=Import.State.CHECKED)
    if not state.update(state=Import.State.QUEUED):
        raise NotReady("This import runs already.")
    ask_for_more(source.pk, 0)


def ask_for_more(pk: int, rows: int) -> None:
    outbox.enqueue(RUN, f"import:{pk}:{rows}", {"import": pk})


def carry_on(payload: dict[str, Any]) -> None:
    """The effect RUN: bring in the next rows, and ask for the rest. One transaction."""
    source = claim(payload["import"])
    if source is None:
        return
    try:
        rights.check(source.created_by, source.kind, source.mapping)
        with uploads.open_table(source, place_of(source)) as table:
            more = write_batch(source, table)
    except (NotReadable, NotTheirs) as error:
        fail(source, str(error))
        return
    if more:
        ask_for_more(source.pk, source.rows)
    else:
        finish(source)


def run_here(source: Import) -> None:
    """Bring in the whole file in this process, a transaction for each batch. For the command.

    Raises NotReadable if the file cannot be read on; what was committed stays and can be undone.
    Raises NotTheirs if it is somebody's who may not write what it says.
    """
    rights.check(source.created_by, source.kind, source.mapping)
    Import.objects.filter(pk=source.pk).update(state=Import.State.QUEUED)
    try:
        with uploads.open_table(source, place_of(source)) as table:
            while run_batch(source, table):
                pass
    except NotReadable as error:
        fail(source, str(error))
        raise
    finish(source)


def run_batch(source: Import, table: Table) -> bool:
    """Bring in one batch in a transaction of its own; False at the end of the file."""
    with transaction.atomic():
        claimed = claim(source.pk)
        if claimed is None:
            raise NotReady("This import does not run any more.")
        more = write_batch(claimed, table)
    for name in (*COUNTED, "problems", "place", "error_file", "started_at"):
        setattr(source, name, getattr(claimed, name))
    return more


def claim(pk: int) -> Import | None:
    """Lock the import, and every other active one so that they take turns; None if it ended."""
    active = Import.objects.active().select_for_update().order_by("pk")
    source = next((one for one in active if one.pk == pk), None)
    if source is not None and source.state == Import.State.QUEUED:
        source.state, source.started_at = Import.State.RUNNING, source.started_at or now()
    return source


def place_of(source: Import) -> Place | None:
    return Place.from_json(source.place) if source.place else None


def write_batch(source: Import, table: Table) -> bool:
    """Bring in the next rows and note how far the import got; False at the end of the file."""
    began, size = time.monotonic(), min(source.place.get("size", FIRST), MOST)
    batch = list(islice(table.rows(), size))
    if not batch:
        return False
    tally = bring_in(source, planner(source).plan(batch))
    length = errors.append(source, tally.refused, source.place.get("errors", 0))
    for name in COUNTED:
        setattr(source, name, getattr(source, name) + tally.counts[name])
    known = source.problems + [problem.as_json() for problem in tally.problems]
    source.problems = keep_first(known)
    size = next_size(len(batch), time.monotonic() - began)
    source.place = {**table.place().as_json(), "errors": length, "size": size}
    source.total = max(source.total, source.rows, estimate(source.rows, table.share))
    source.save()
    return True


def next_size(rows: int, seconds: float) -> int:
    """Return how many rows the next batch takes, after one of `rows` took so long."""
    wanted = min(rows * BATCH_SECONDS / seconds, 2 * rows)
    return round(max(LEAST, min(wanted, MOST)))


def estimate(rows: int, share: float) -> int:
    """Return how many rows the file may have, of which `rows` are a `share`."""
    return round(rows / share) if 0 < share < 1 else rows


def keep_first(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [problem.as_json() for problem in first_problems([Problem(**one) for one in problems])]


def bring_in(source: Import, rows: list[Row]) -> Tally:
    """Write the rows. If another writer came between, or one row breaks a rule, find out which.

    Then each half is tried, so that one row costs little more than the batch did.
    """
    try:
        with transaction.atomic():
            return new_writer(source).run(rows)
    except IntegrityError:
        for row in rows:
            row.problems = [problem for problem in row.problems if problem.level == "error"]
    if len(rows) == 1:
        return refused_by_database(rows[0])
    half, total = len(rows) // 2, Tally()
    for part in (rows[:half], rows[half:]):
        tally = bring_in(source, part)
        total.add(tally)
        total.refused += tally.refused
    return total


def refused_by_database(row: Row) -> Tally:
    row.refuse("Another record has the same external ID or e-mail.")
    tally = Tally()
    tally.count(row, "refused")
    return tally


def finish(source: Import) -> None:
    """Close the books, and tell who started it."""
    source.state, source.finished_at = Import.State.DONE, now()
    source.total = source.rows
    source.save(update_fields=["state", "finished_at", "total"])
    outbox.enqueue(COUNT_ANEW, f"import:{source.pk}:count", {})
    tell(source, f"{source.file_name}: {source.created:,} created, {source.refused:,} refused")


def fail(source: Import, error: str) -> None:
    source.state, source.error, source.finished_at = Import.State.FAILED, error, now()
    source.save(update_fields=["state", "error", "finished_at"])
    tell(source, f"{source.file_name}: {error}")


def tell(source: Import, title: str) -> None:
    if source.created_by:
        notify(
            source.created_by,
            key=f"import:{source.pk}:{source.state}",
            title=f"Import {source.get_state_display().lower()}: {title}",
            url=source.get_absolute_url(),
        )
