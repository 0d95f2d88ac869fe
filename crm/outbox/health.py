"""How the machinery is: what waits, what is dead, and which parts show life."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils.timezone import now

from crm.outbox import hints
from crm.outbox.models import Effect, Heartbeat

LATE = timedelta(seconds=60)
"""A due effect older than this, or a part silent for longer, is a reason to look."""

ALARM_AFTER = timedelta(minutes=5)
"""A silence or a wait longer than this rings the alarm (crm.outbox.alarms)."""

WATCHES: list[Callable[[], str]] = []


@dataclass(frozen=True)
class Queue:
    """What waits in one queue. oldest_due: when its longest waiting row was due; None: none is."""

    name: str
    waiting: int
    oldest_due: datetime | None

    @property
    def have(self) -> str:
        """The verb behind the name: effects have, mail has."""
        return "have" if self.name.endswith("s") else "has"

    @property
    def lag(self) -> timedelta:
        return now() - self.oldest_due if self.oldest_due else timedelta()


QUEUES: list[Callable[[], Queue]] = []


def register_queue(count: Callable[[], Queue]) -> None:
    """Let a higher app say what waits in a queue of its own, such as mail. One or two queries."""
    if count not in QUEUES:
        QUEUES.append(count)


def register_watch(watch: Callable[[], str]) -> None:
    """Let a higher app tell what is wrong with it. Called from an AppConfig.ready.

    watch: returns a sentence that says what to do, "" when all is well; one query at most
    """
    if watch not in WATCHES:
        WATCHES.append(watch)


@dataclass(frozen=True)
class Health:
    pending: int
    dead: int
    oldest_due: datetime | None
    """when the longest waiting effect was due; None if nothing is due"""
    beats: dict[str, datetime]
    hints_lost: int
    """hints that the broker did not take from this process since it started"""
    told: list[str] = field(default_factory=list)
    """what the watches of other apps said"""
    others: list[Queue] = field(default_factory=list)
    """what waits in the queues of other apps: mail"""

    @property
    def queues(self) -> list[Queue]:
        return [Queue("effects", self.pending, self.oldest_due), *self.others]

    @property
    def waiting(self) -> int:
        """How much waits, effects and mail of every kind together."""
        return sum(queue.waiting for queue in self.queues)

    @property
    def lag(self) -> timedelta:
        """How long the longest waiting effect or mail has been due."""
        return max(queue.lag for queue in self.queues)

    @property
    def is_late(self) -> bool:
        return self.lag > LATE

    @property
    def late_names(self) -> str:
        """Return which queues are late: “effects, mail”."""
        return ", ".join(queue.name for queue in self.queues if queue.lag > LATE)

    def is_silent(self, name: str) -> bool:
        """Whether the part `name` (sweep, worker) has shown no life for a minute."""
        at = self.beats.get(name)
        return at is None or now() - at > LATE

    @property
    def troubles(self) -> list[str]:
        """Return what is wrong, in words that say what to do; empty when all is well."""
        found = []
        if self.is_silent("worker"):
            found.append("No Celery worker has shown life for a minute. Start a worker and beat.")
        if self.is_late:
            found.append(
                f"Waiting for longer than a minute: {self.late_names}. "
                "Start more workers, or read their log."
            )
        if self.dead:
            found.append(
                f"{self.dead} effects failed eight times. Read the error, then retry them."
            )
        return [*found, *self.told]


def look() -> Health:
    """Return the present state: two queries, and one or two for each watch and each queue."""
    counts = Effect.objects.exclude(state=Effect.State.DONE).aggregate(
        pending=Count("pk", filter=Q(state=Effect.State.PENDING)),
        dead=Count("pk", filter=Q(state=Effect.State.DEAD)),
        oldest=Min("due_at", filter=Q(state=Effect.State.PENDING, due_at__lte=now())),
    )
    return Health(
        pending=counts["pending"],
        dead=counts["dead"],
        oldest_due=counts["oldest"],
        beats=dict(Heartbeat.objects.values_list("name", "at")),
        hints_lost=hints.lost,
        others=[count() for count in QUEUES],
        told=[said for watch in WATCHES if (said := watch())],
    )
