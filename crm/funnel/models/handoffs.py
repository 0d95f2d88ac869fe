"""The handoff: one attempt to give one lead to one rep."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime
from django.utils.timezone import now

from crm.common.business_time import BusinessCalendar
from crm.common.links import link
from crm.funnel.models.ledger import MqlDefinition
from crm.users.models import Team, User
from crm.users.scoping import in_scope
from leads.models import Lead

if TYPE_CHECKING:
    from crm.funnel.models.verdicts import Verdict


IN_TIME = Q(answered_at__lte=F("due_at"), breached_at=None)
"""Answered by the first deadline: a handoff that was given on after it keeps its breach."""
LATE = Q(answered_at__gt=F("due_at")) | Q(answered_at__isnull=False, breached_at__isnull=False)


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def visible_to(self, user: User) -> "HandoffQuerySet":
        """Handoffs in the user's row scope; the column that stands for the owner is `rep`."""
        return self.filter(in_scope(user, owner="rep"))

    def known_to(self, user: User) -> "HandoffQuerySet":
        """What `user` sees, and what a teammate took from the queue that they share.

        So that the second of two who answer at once hears who was first.
        """
        taken = Q(team=user.team_id, outcome=Handoff.Outcome.ACCEPTED)
        scope = in_scope(user, owner="rep")
        return self.filter(scope | taken if user.team_id and scope else scope)

    def waiting(self) -> "HandoffQuerySet":
        return self.filter(outcome=Handoff.Outcome.WAITING)

    def unassigned(self) -> "HandoffQuerySet":
        """What waits in a team's queue because nobody was available."""
        return self.waiting().filter(rep=None)

    def accepted(self) -> "HandoffQuerySet":
        return self.filter(outcome=Handoff.Outcome.ACCEPTED)

    def overdue(self, at: datetime | Now) -> "HandoffQuerySet":
        return self.waiting().filter(due_at__lt=at)

    def to_remind(self, at: datetime | Now) -> "HandoffQuerySet":
        """Whose rep has used up most of the time to answer, and was not reminded yet."""
        return self.waiting().filter(rep__isnull=False, reminded_at=None, remind_at__lte=at)

    def to_escalate(self, at: datetime | Now) -> "HandoffQuerySet":
        """Whose deadline has passed without the manager knowing."""
        return self.overdue(at).filter(escalated_at=None)

    def for_queue(self, *people: str) -> "HandoffQuerySet":
        """With all that a row of the queue shows of its lead, and of `people` (rep, answered_by …).

        These come by queries of their own: PostgreSQL takes twice as long to plan with each table
        that is joined, in the end ten times as long as to answer.
        """
        joined = self.select_related("lead__company", "lead__campaign", "lead__channel")
        return joined.prefetch_related(*(people or ("rep", "team")))


class Handoff(models.Model):
    """One qualified lead offered to one rep, to be answered before `due_at`.

    `evidence` is frozen when it opens: {"score": int, "lines": [{"label", "points", "kind"}],
    "touches": [{"label", "at"}], "campaign": str, "channel": str, "consent": bool,
    "consent_asked": bool (older ones lack it), "definition": int (version), "note": str,
    "missing": [str]}.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        RECYCLED = "recycled", "Recycled"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="handoffs")
    attempt = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.WAITING)
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="handoffs",
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="handoffs"
    )
    evidence = models.JSONField(default=dict)
    definition = models.ForeignKey(MqlDefinition, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(blank=True, default="")
    routed_at = models.DateTimeField(null=True, blank=True)
    routing_reason = models.CharField(max_length=250, blank=True, default="")
    due_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(
        null=True, blank=True, help_text="The first deadline that passed before it was given on"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answer_minutes = models.FloatField(
        null=True, blank=True, help_text="Business minutes from routed to answered"
    )
    first_contact_at = models.DateTimeField(null=True, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "attempt"], name="handoff_attempt_is_unique"),
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(outcome="waiting"),
                name="handoff_one_waiting_per_lead",
            ),
            models.CheckConstraint(
                condition=Q(outcome="waiting", answered_at=None)
                | (~Q(outcome="waiting") & Q(answered_at__isnull=False)),
                name="handoff_is_answered_when_it_has_an_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["rep", "due_at"],
                condition=Q(outcome="waiting"),
                name="handoff_queue_of_rep",
            ),
            models.Index(
                fields=["team", "due_at"],
                condition=Q(outcome="waiting"),
                name="handoff_queue_of_team",
            ),
            models.Index(
                fields=["remind_at"],
                condition=Q(outcome="waiting", reminded_at=None),
                name="handoff_to_remind",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(outcome="waiting", escalated_at=None),
                name="handoff_to_escalate",
            ),
            models.Index(
                fields=["due_at", "id"], condition=Q(outcome="waiting"), name="handoff_queue"
            ),
            models.Index(F("answered_at").desc(), F("id").desc(), name="handoff_by_answer"),
            models.Index(
                "outcome", F("answered_at").desc(), F("id").desc(), name="handoff_answered_so"
            ),
            models.Index(
                "rep",
                "outcome",
                F("answered_at").desc(),
                F("id").desc(),
                name="handoff_answered_of_rep",
            ),
        ]

    def __str__(self) -> str:
        return f"Handoff {self.attempt} of {self.lead}"

    def get_absolute_url(self) -> str:
        return link("funnel:handoff-detail", self.pk)

    @property
    def is_waiting(self) -> bool:
        return self.outcome == self.Outcome.WAITING

    @property
    def is_overdue(self) -> bool:
        return self.is_waiting and self.due_at is not None and self.due_at < now()

    @property
    def routing_delay(self) -> timedelta | None:
        """Wall-clock time from the offer until a rep had it: the system's and the queue's part."""
        return self.routed_at - self.opened_at if self.routed_at else None

    def rep_minutes(self, calendar: BusinessCalendar) -> float | None:
        """Business minutes that the rep took (or has taken so far) since the lead was his."""
        if self.routed_at is None:
            return None
        return calendar.minutes_between(self.routed_at, self.answered_at or now())

    @property
    def was_in_time(self) -> bool | None:
        """Whether it was answered before the first deadline; None while it waits or has none."""
        if self.answered_at is None or self.due_at is None:
            return None
        return self.answered_at <= self.due_at and self.breached_at is None

    @property
    def clock_start(self) -> datetime:
        """When the time to answer began: with the routing, before it with the offer."""
        return self.routed_at or self.opened_at

    @property
    def attempt_label(self) -> str:
        return f"Attempt {self.attempt}"

    @property
    def waits_in(self) -> str:
        """Where it waits as long as no rep has it."""
        return f"Waiting in {self.team}" if self.team else "Waiting for routing"

    @property
    def headline(self) -> str:
        """What stands below the lead's name on the handoff's page."""
        company = f" · {self.lead.company}" if self.lead.company else ""
        return f"{self.attempt_label}{company}"

    @property
    def all_signals(self) -> list["Signal"]:
        """The responses that were known when the lead was offered, the latest first."""
        touches = self.evidence.get("touches", [])
        return [Signal(touch["label"], parse_datetime(touch.get("at") or "")) for touch in touches]

    @property
    def signals(self) -> list["Signal"]:
        """Why now: the last three responses."""
        return self.all_signals[:3]

    @property
    def standing(self) -> list["Verdict"]:
        """The verdicts that were not taken back, from those that were loaded along."""
        return [verdict for verdict in self.verdicts.all() if verdict.withdrawn_at is None]


@dataclass(frozen=True)
class Signal:
    """One response to marketing, as it was frozen in the evidence."""

    label: str
    when: datetime | None
