"""A tactic of sales, its steps, and each time that it is carried out."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.timezone import now

from crm.activities.models import Activity, FollowUp
from crm.common.names import NameField
from crm.stages import Stage
from crm.users.scoping import in_scope
from deals.models import Deal, PipelineStage
from leads.models import Lead

if TYPE_CHECKING:
    from crm.users.models import User


class Playbook(models.Model):
    """A list of follow-ups with delays that a seller goes through: a cold call cadence, a demo."""

    class Use(models.TextChoices):
        LEADS = "leads", "Leads"
        DEALS = "deals", "Deals"
        BOTH = "both", "Leads and deals"

    name = NameField(max_length=80)
    about = models.CharField(
        max_length=200, blank=True, default="", help_text="When to use it, in a sentence"
    )
    use = models.CharField("for", max_length=5, choices=Use.choices, default=Use.BOTH)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="playbook_name_is_unique")]

    def __str__(self) -> str:
        return self.name


class PlaybookStep(models.Model):
    """One follow-up of a playbook, planned `delay_days` working days after the one before."""

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Activity.Kind.choices)
    title = NameField(max_length=150, help_text="What to do: “Call and ask about the plan”")
    delay_days = models.PositiveSmallIntegerField(
        default=0, help_text="Working days after the step before is done; 0 is the same day"
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(delay_days__lte=365), name="playbook_step_waits_a_year_at_most"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def when(self) -> str:
        """When it is due, in words."""
        days = self.delay_days
        if not days:
            return "the same day"
        return f"after {days} working day{'s' if days != 1 else ''}"

    def frozen(self) -> dict[str, Any]:
        """Return the step as a run keeps it: later changes of the playbook do not touch it."""
        return {"kind": self.kind, "title": self.title, "delay_days": self.delay_days}


class RunQuerySet(models.QuerySet["PlaybookRun"]):
    def visible_to(self, user: "User") -> "RunQuerySet":
        """Runs on leads and deals that `user` sees."""
        of_lead = Q(deal=None, lead__in=Lead.objects.visible_to(user))
        return self.filter(of_lead | Q(deal__in=Deal.objects.filter(in_scope(user))))

    def going(self) -> "RunQuerySet":
        """Runs that are not over; paused ones too."""
        return self.filter(state__in=GOING)

    def moved_on(self) -> "RunQuerySet":
        """Runs whose lead or deal is not where it was when they began."""
        lead_moved = Q(deal=None) & ~Q(lead__stage=F("lead_stage"))
        deal_moved = Q(deal__isnull=False) & (
            ~Q(deal__stage=F("deal_stage")) | ~Q(deal__status=Deal.Status.OPEN)
        )
        return self.going().filter(lead_moved | deal_moved)


class PlaybookRun(models.Model):
    """One time that a playbook is carried out, on a lead or on a deal.

    steps: the playbook's steps as they were when it began; step: the place of the present one
    lead_stage, deal_stage: where lead or deal stood; it stops by itself when they move on
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        STOPPED = "stopped", "Stopped"

    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="runs")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="playbook_runs")
    deal = models.ForeignKey(
        Deal, null=True, blank=True, on_delete=models.CASCADE, related_name="playbook_runs"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    steps = models.JSONField()
    step = models.PositiveSmallIntegerField(default=0)
    follow_up = models.OneToOneField(
        FollowUp, null=True, blank=True, on_delete=models.SET_NULL, related_name="playbook_run"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    lead_stage = models.CharField(max_length=12, choices=Stage.choices)
    deal_stage = models.ForeignKey(
        PipelineStage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(default=now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=120, blank=True, default="", help_text="Why it stopped")

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(state__in=["running", "paused"], deal=None),
                name="playbook_runs_one_at_a_time_on_a_lead",
            ),
            models.UniqueConstraint(
                fields=["deal"],
                condition=Q(state__in=["running", "paused"], deal__isnull=False),
                name="playbook_runs_one_at_a_time_on_a_deal",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "paused"], ended_at=None)
                | (Q(state__in=["finished", "stopped"]) & Q(ended_at__isnull=False)),
                name="playbook_run_that_is_over_has_an_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                condition=Q(state__in=["running", "paused"]),
                name="playbook_run_going",
            )
        ]

    def __str__(self) -> str:
        return f"{self.playbook} on {self.deal or self.lead}"

    @property
    def is_going(self) -> bool:
        return self.state in GOING

    @property
    def progress(self) -> str:
        """How far it has come: “2 of 5”."""
        done = len(self.steps) if self.state == self.State.FINISHED else self.step
        return f"{done} of {len(self.steps)}"


GOING = [PlaybookRun.State.RUNNING, PlaybookRun.State.PAUSED]
