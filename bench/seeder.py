"""A large company from a fixed seed, written with COPY: the same rows on every machine, up to now.

Of 100,000 leads: 400,000 transitions, 20,000 deals, 150,000 activities, 50 campaigns with weekly
spend; other sizes in proportion.
"""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, models

from campaigns.models import Campaign, ScoringRule, Spend, Touch
from crm.activities.models import Activity, FollowUp
from crm.demo.words import FIRST_NAMES, LAST_NAMES
from crm.funnel.models import (
    Handoff,
    MqlDefinition,
    Reason,
    StageEntry,
    StageTransition,
    Verdict,
)
from crm.reports import keeping
from crm.stages import PATH, Stage
from crm.users.models import Organisation, Role, Team, User, usual_week
from deals.models import Deal, Pipeline
from leads.models import Channel, Company, EmailAddress, Lead

SEED = 7
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
"""The company's past ends here: what is due today and later must be so for whoever measures."""
CAMPAIGNS, TEAMS, REPS = 50, 5, 40
CHUNK = 50_000
"""Leads whose rows are written at once."""
INDUSTRIES = ("Software", "Logistics", "Retail", "Health care", "Machinery", "Finance")
SIZES = ("1-9", "10-49", "50-249", "250-999", "1000+")
TITLES = ("Buyer", "Head of Operations", "Founder", "Assistant", "Engineer")
CONTACTS = (
    ("call", "reached"),
    ("call", "no_answer"),
    ("email", ""),
    ("meeting", ""),
    ("demo", ""),
)
DEPTHS = (6, 14, 18, 42, 14, 6)
"""Of 100 leads, how many stop at each stage of the path."""
LOST_SHARE = 0.5
WAITING = 600
"""Handoffs that sales is behind with, in companies of every size: a queue's page is full."""


@dataclass
class Rows:
    """The rows of one model, as tuples in the order of `fields`."""

    model: type[models.Model]
    fields: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    last: int = 0

    def add(self, *values: Any) -> int:
        """Note a row under the next key, the field `id` before the others; return the key."""
        self.last += 1
        self.rows.append((self.last, *values))
        return self.last

    def copy(self) -> None:
        """Write the rows noted with one COPY, and let the sequence go on behind them."""
        if not self.rows:
            return
        table = self.model._meta.db_table
        blanks = left_blank(self.model, self.fields)
        columns = ", ".join(f'"{column(self.model, f)}"' for f in (*self.fields, *blanks))
        text = io.StringIO(
            "\n".join(",".join(map(quoted, (*row, *blanks.values()))) for row in self.rows)
        )
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv)", text)
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
            )
        self.rows.clear()


def left_blank(model: type[models.Model], given: tuple[str, ...]) -> dict[str, Any]:
    """Return the plain defaults of the fields that are not given: Django's, not the database's."""
    others = [field for field in model._meta.concrete_fields if field.name not in given]
    defaults = {field.name: field.get_default() for field in others if field.has_default()}
    return {name: value for name, value in defaults.items() if isinstance(value, str | int)}


def column(model: type[models.Model], name: str) -> str:
    found: Any = model._meta.get_field(name)
    return str(found.column)


def quoted(value: Any) -> str:
    """Write a value as COPY reads it: unquoted nothing is NULL, a quoted one is empty text."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        value = json.dumps(value)
    return '"{}"'.format(str(value).replace('"', '""'))


def seed(leads: int) -> None:
    """Fill an empty, migrated PostgreSQL database with `leads` leads and all that follows."""
    rng = Random(SEED)  # noqa: S311
    reps = people()
    campaigns = [c.pk for c in make_campaigns()]
    companies = make_companies(leads // 4)
    spend(Random(SEED), campaigns)  # noqa: S311
    write(rng, leads, reps, campaigns, companies)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    keeping.catch_up()


def fill(leads: int) -> None:
    """Seed, then do what autovacuum does, which a bench's server may lack."""
    seed(leads)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def people() -> list[User]:
    Organisation.objects.update_or_create(
        pk=1,
        defaults={
            "name": "Bench",
            "time_zone": "Europe/Berlin",
            "workdays": usual_week(),
            "set_up_at": NOW,
            "postal_address": "1 Bench Road, 10969 Berlin",
        },
    )
    teams = [Team.objects.create(name=f"Team {n}") for n in range(TEAMS)]
    User.objects.create_user("manager@example.com", role=Role.MARKETING_MANAGER)
    return [
        User.objects.create_user(f"rep{n}@example.com", role=Role.REP, team=teams[n % TEAMS])
        for n in range(REPS)
    ]


def make_campaigns() -> list[Campaign]:
    channels = list(Channel.objects.all())
    return Campaign.objects.bulk_create(
        Campaign(name=f"Campaign {n}", channel=channels[n % len(channels)], status="live")
        for n in range(CAMPAIGNS)
    )


def make_companies(count: int) -> int:
    """Write `count` companies; return how many."""
    table = Rows(
        Company,
        ("id", "name", "domain", "industry", "size", "country", "phone", "notes", "search_key",
         "sort_key"),
    )  # fmt: skip
    for n in range(1, count + 1):
        name = f"{LAST_NAMES[n % len(LAST_NAMES)]} {n}"
        industry, size = INDUSTRIES[n % len(INDUSTRIES)], SIZES[n * 7 % len(SIZES)]
        table.add(name, f"c{n}.example.com", industry, size, "DE", "", "",
                  f"{name} c{n}.example.com".lower(), name.lower())  # fmt: skip
    table.copy()
    return count


def spend(rng: Random, campaigns: list[int]) -> None:
    """Spend on each campaign every week of the last two years."""
    days = [NOW.date() - timedelta(weeks=week) for week in range(104)]
    Spend.objects.bulk_create(
        (
            Spend(campaign_id=campaign, day=day, amount_minor=rng.randrange(5_000, 50_000))
            for campaign in campaigns
            for day in days
        ),
        batch_size=5000,
    )


class Book:
    """The tables that hold what happened to the leads, filled lead by lead."""

    def __init__(self) -> None:
        self.definition = MqlDefinition.current().pk
        self.rules = list(ScoringRule.objects.filter(is_active=True))
        self.reasons = list(Reason.objects.order_by("pk"))
        self.waiting: set[int] = set()
        self.leads = Rows(
            Lead,
            ("id", "name", "given_name", "family_name", "email", "phone", "job_title", "company",
             "country", "channel", "campaign", "owner", "team", "stage", "stage_since", "score",
             "consent", "consent_source", "notes", "search_key", "sort_key", "created_at",
             "last_touch_at"),
        )  # fmt: skip
        self.addresses = Rows(EmailAddress, ("id", "lead", "address", "is_main"))
        self.steps = Rows(
            StageTransition,
            ("id", "lead", "old_stage", "new_stage", "at", "recorded_at", "definition"),
        )
        self.entries = Rows(StageEntry, ("id", "lead", "stage", "at", "implied", "transition"))
        self.handoffs = Rows(
            Handoff,
            ("id", "lead", "attempt", "outcome", "rep", "team", "evidence", "definition",
             "opened_at", "note", "routed_at", "routing_reason", "due_at", "remind_at",
             "answered_at", "answer_minutes"),
        )  # fmt: skip
        self.touches = Rows(
            Touch, ("id", "lead", "campaign", "channel", "kind", "detail", "at", "key")
        )
        self.deals = Rows(
            Deal,
            ("id", "name", "lead", "company", "pipeline", "stage", "stage_since", "status",
             "amount_minor", "currency", "close_on", "closed_at", "closed_on", "close_note",
             "competitor", "owner", "team", "notes", "version", "created_at", "last_activity_at"),
        )  # fmt: skip
        self.follow_ups = Rows(
            FollowUp, ("id", "lead", "deal", "kind", "title", "due_at", "owner", "team")
        )
        self.verdicts = Rows(
            Verdict, ("id", "lead", "handoff", "key", "kind", "reason", "by", "at", "good_lead")
        )
        self.activities = Rows(Activity, ("id", "lead", "deal", "kind", "outcome", "at", "by"))

    def write(self) -> None:
        for table in (self.leads, self.addresses, self.steps, self.entries, self.handoffs,
                      self.touches, self.deals, self.follow_ups, self.verdicts,
                      self.activities):  # fmt: skip
            table.copy()


def write(rng: Random, count: int, reps: list[User], campaigns: list[int], companies: int) -> None:
    """Write the leads with their ledger, entries, handoffs, touches, deals and follow-ups."""
    book = Book()
    channels = dict(Campaign.objects.values_list("pk", "channel"))
    stages = list(Pipeline.objects.all()[0].stages.all())
    for pk in range(1, count + 1):
        rep, campaign = rng.choice(reps), rng.choice(campaigns)
        depth = rng.choices(range(len(PATH)), weights=DEPTHS)[0]
        came = NOW - timedelta(days=rng.uniform(1, 720))
        unanswered = PATH[depth] == Stage.MQL and len(book.waiting) < WAITING
        if unanswered:
            book.waiting.add(pk)
        moves = moves_of(rng, depth, came, unanswered)
        add_lead(
            book, rng, pk, rep if depth else None, campaign, channels[campaign], companies, moves
        )
        add_history(book, pk, moves)
        if depth:
            add_handoff(book, pk, rep, moves)
        add_touches(book, rng, pk, campaign, channels[campaign], came)
        deal = None
        if depth >= PATH.index(Stage.OPPORTUNITY):
            deal = add_deal(book, rng, pk, rep, rng.choice(stages), moves)
        add_activities(book, pk, deal, rep, moves)
        if pk % CHUNK == 0:
            book.write()
    book.write()


Moves = list[tuple[Stage, datetime]]


def moves_of(rng: Random, depth: int, came: datetime, unanswered: bool) -> Moves:
    """Return the stages that a lead went through, and out of the funnel where it stopped early.

    unanswered: sales has not said a word to the handoff yet
    """
    at, moves = came, []
    for stage in PATH[: depth + 1]:
        moves.append((stage, at))
        at += timedelta(hours=rng.uniform(1, 300))
    last = moves[-1][0]
    waits = unanswered or at > NOW - timedelta(days=2)
    if last in (Stage.MQL, Stage.SAL) and not waits:
        moves.append((Stage.RECYCLED, at))
    elif last == Stage.OPPORTUNITY and rng.random() < LOST_SHARE:
        moves.append((Stage.LOST, at))
    return moves


def add_lead(
    book: Book,
    rng: Random,
    pk: int,
    rep: User | None,
    campaign: int,
    channel: int,
    companies: int,
    moves: Moves,
) -> None:
    given, family = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    name = f"{given} {family}"
    email, company = f"lead{pk}@example.com", rng.randrange(1, companies + 1)
    found_by = f"{name} {LAST_NAMES[company % len(LAST_NAMES)]} {company} {email}".lower()
    stage, since = moves[-1]
    owned = rep if stage != Stage.RECYCLED else None
    book.leads.add(
        name, given, family, email, "", TITLES[pk % len(TITLES)], company, "DE", channel, campaign,
        owned and owned.pk, owned and owned.team_id, stage, since, rng.randrange(0, 101), True,
        "", "", found_by, name.lower(), moves[0][1], since,
    )  # fmt: skip
    book.addresses.add(pk, email, True)


def add_history(book: Book, lead: int, moves: Moves) -> None:
    old = ""
    for stage, at in moves:
        pk = book.steps.add(lead, old, stage, at, at, book.definition)
        book.entries.add(lead, stage, at, False, pk)
        old = stage


def add_handoff(book: Book, lead: int, rep: User, moves: Moves) -> None:
    """A qualified lead was offered: it waits, or was answered by the move that came next."""
    opened = moves[1][1]
    after = moves[2] if len(moves) > 2 else None
    outcome = "waiting"
    if after:
        outcome = "accepted" if after[0] == Stage.SAL else "rejected"
    told = [rule for rule in book.rules if (lead * 31 + rule.pk * 17) % 5 < 2]
    lines = [{"label": rule.name, "points": rule.points, "kind": rule.kind} for rule in told]
    evidence = {
        "score": 40 + lead * 13 % 60,
        "lines": lines,
        "touches": [{"label": "Form sent", "at": opened.isoformat()}],
        "campaign": "Campaign",
        "channel": "Channel",
    }
    pk = book.handoffs.add(
        lead, 1, outcome, rep.pk, rep.team_id, evidence, book.definition, opened, "",
        opened + timedelta(minutes=lead % 30), "Round robin", opened + timedelta(hours=6),
        opened + timedelta(hours=5), after and after[1], after and float(lead * 7 % 480),
    )  # fmt: skip
    if after:
        reason = book.reasons[lead % len(book.reasons)].pk if outcome == "rejected" else None
        book.verdicts.add(lead, pk, f"bench:{pk}", outcome, reason, rep.pk, after[1], None)
    if moves[-1][0] in (Stage.CUSTOMER, Stage.LOST):
        last, at = moves[-1]
        said = "won" if last == Stage.CUSTOMER else "lost"
        book.verdicts.add(lead, pk, f"bench:{pk}:end", said, None, rep.pk, at, lead % 3 > 0)


def add_touches(
    book: Book, rng: Random, lead: int, campaign: int, channel: int, came: datetime
) -> None:
    for _ in range(rng.randrange(1, 6)):
        at, number = came + timedelta(hours=rng.uniform(0, 400)), book.touches.last + 1
        book.touches.add(lead, campaign, channel, "page_view", "", at, f"bench:{number}")


def add_deal(book: Book, rng: Random, lead: int, rep: User, stage: Any, moves: Moves) -> int:
    last, since = moves[-1]
    status = {Stage.CUSTOMER: "won", Stage.LOST: "lost"}.get(last, "open")
    closed = None if status == "open" else since
    expected = None if closed else NOW.date() + timedelta(days=rng.randrange(-10, 120))
    pk = book.deals.add(
        f"Deal {book.deals.last + 1}", lead, None, stage.pipeline_id, stage.pk, since, status,
        rng.randrange(1, 1000) * 10_000, "EUR", expected, closed, closed.date() if closed else None,
        "", "", rep.pk, rep.team_id, "", 1, since, since,
    )  # fmt: skip
    if not closed and rng.random() < 0.7:
        due = NOW + timedelta(days=rng.uniform(-5, 20))
        book.follow_ups.add(lead, pk, "call", "Call", due, rep.pk, rep.team_id)
    return pk


def add_activities(book: Book, lead: int, deal: int | None, rep: User, moves: Moves) -> None:
    """A call with each step that sales took; the deal's own from the opportunity on."""
    for turn, (stage, at) in enumerate(moves[2:]):
        kind, outcome = CONTACTS[(lead + turn) % len(CONTACTS)]
        late = stage in (Stage.OPPORTUNITY, Stage.CUSTOMER, Stage.LOST)
        book.activities.add(lead, deal if late else None, kind, outcome, at, rep.pk)
