"""Random lives of leads, and a funnel counted the long way round."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from crm.common.periods import Period
from crm.funnel import ledger
from crm.funnel.models import StageTransition
from crm.reports.questions import Question
from crm.stages import MOVES, PATH, Stage
from leads.models import Channel, Lead
from tests.guards import guards_aside

EMPTIED = (
    "funnel_stageentry", "funnel_stagetransition", "leads_emailaddress", "leads_phonenumber",
    "leads_consent", "leads_lead",
)  # fmt: skip

START = datetime(2026, 1, 1, tzinfo=UTC)
PERIODS = [
    Period(),
    Period(date(2026, 2, 1), date(2026, 4, 1)),
    Period(date(2026, 3, 29), None),
    Period(None, date(2026, 3, 30)),
]
ONE_TRANSACTION = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)

hours = st.integers(0, 200 * 24).map(lambda n: timedelta(hours=n))


@dataclass(frozen=True)
class Life:
    """One lead's way: its group, when it came, and for each step which move, when, taken back?"""

    group: int
    came: timedelta
    steps: list[tuple[int, timedelta, bool]]


lives = st.lists(
    st.builds(
        Life,
        group=st.integers(0, 2),
        came=hours,
        steps=st.lists(st.tuples(st.integers(0, 9), hours, st.booleans()), max_size=6),
    ),
    max_size=8,
)


def live(life: Life, number: int, channels: list[Channel | None]) -> Lead:
    """Write a life into the ledger: allowed moves, leaps as an import makes them, take-backs."""
    at = START + life.came
    lead = Lead.objects.create(
        name=f"L{number}", channel=channels[life.group], created_at=at, stage_since=at
    )
    ledger.write(lead, None, Stage.LEAD, at=at, actor=None)
    stage = Stage.LEAD
    for choice, later, taken_back in life.steps:
        options = sorted(MOVES[stage] | {Stage.CUSTOMER})
        to = options[choice % len(options)]
        moment = START + later
        step = ledger.write(lead, stage, to, at=moment, actor=None)
        if taken_back:
            ledger.write(lead, to, stage, at=moment, actor=None, reverts=step)
        else:
            stage = to
    Lead.objects.filter(pk=lead.pk).update(stage=stage)
    ledger.rebuild_entries([lead.pk])
    return lead


@dataclass(frozen=True)
class Entry:
    at: datetime
    implied: bool


def first_entries(lead: Lead) -> dict[Stage, Entry]:
    """Return when the lead first reached each stage of the path, from its ledger alone."""
    taken_back = set(
        StageTransition.objects.filter(lead=lead, reverts__isnull=False).values_list(
            "reverts", flat=True
        )
    )
    found: dict[Stage, Entry] = {}
    for step in StageTransition.objects.filter(lead=lead, reverts=None).order_by("at", "pk"):
        if step.pk in taken_back or step.new_stage not in PATH:
            continue
        to = Stage(step.new_stage)
        start = PATH.index(Stage(step.old_stage)) + 1 if step.old_stage in PATH else 0
        for stage in [*PATH[start : PATH.index(to)], to]:
            found.setdefault(stage, Entry(step.at, stage != to))
    return found


def inside(at: datetime, period: Period, zone: ZoneInfo) -> bool:
    day = at.astimezone(zone).date()
    return (not period.first or day >= period.first) and (not period.end or day < period.end)


def counted_entries(
    counting: str, period: Period, zone: ZoneInfo
) -> Iterator[tuple[Lead, Stage, dict[Stage, Entry]]]:
    """Yield each entry that counts, with all entries of its lead."""
    for lead in Lead.objects.all():
        entries = first_entries(lead)
        for stage, entry in entries.items():
            if inside((entry if counting == "period" else entries[Stage.LEAD]).at, period, zone):
                yield lead, stage, entries


def recount(question: Question, zone: ZoneInfo) -> dict[str, dict[Stage, int]]:
    """Count the funnel lead by lead."""
    counts: dict[str, dict[Stage, int]] = {}
    counting, by = question.counting, question.by
    for lead, stage, entries in counted_entries(counting, question.period, zone):
        month = entries[stage if counting == "period" else Stage.LEAD].at.astimezone(zone)
        group = {
            "channel": lead.channel_id,
            "campaign": lead.campaign_id,
            "rep": lead.owner_id,
            "team": lead.team_id,
            "industry": lead.company and lead.company.industry,
            "size": lead.company and lead.company.size,
            "month": f"{month:%Y-%m}",
        }[by]
        counts.setdefault(str(group or "none"), dict.fromkeys(PATH, 0))[stage] += 1
    return counts


def durations(question: Question, zone: ZoneInfo, stage: Stage) -> list[timedelta]:
    """Return how long the counted leads took to `stage` from the one before, shortest first."""
    found, before = [], PATH[PATH.index(stage) - 1]
    for _, reached, entries in counted_entries(question.counting, question.period, zone):
        if reached == stage and not entries[stage].implied and not entries[before].implied:
            found.append(entries[stage].at - entries[before].at)
    return sorted(found)


def empty_the_funnel() -> None:
    """Hypothesis runs many histories in one test: move the leads of the one before out of sight."""
    with guards_aside("crm.funnel"), connection.cursor() as cursor:
        for name in EMPTIED:
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608
