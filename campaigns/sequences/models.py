"""Nurture sequences: their steps, who walks through them, and what each step did for whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from campaigns.models import Campaign, Touch
from campaigns.segments.models import Segment
from campaigns.sequences.querysets import EnrolmentQuerySet, SequenceQuerySet
from campaigns.sequences.tree import Node
from crm.common.names import NameField
from crm.funnel.models import Reason
from crm.stages import Stage
from leads.models import Lead


class Sequence(models.Model):
    """Steps that a lead walks through by itself, until it reaches the goal or their end.

    Leads enter that are in `entry_segment`, that come back for one of `entry_reasons`, or that
    somebody adds. Who walks through may leave by the goal at any step.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        PAUSED = "paused", "Paused"
        ARCHIVED = "archived", "Archived"

    class Goal(models.TextChoices):
        NONE = "", "No goal"
        STAGE = "stage", "Reaches a stage"
        TOUCH = "touch", "Responds"
        SEGMENT = "segment", "Gets into a segment"

    name = NameField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    entry_segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entry_reasons = models.ManyToManyField(Reason, blank=True, related_name="+")
    entry_on_revisit = models.BooleanField(
        default=False, help_text="Also leads whose deal was lost and that come back to marketing."
    )
    enters_again = models.BooleanField(
        default=False, help_text="A lead that comes back from sales again walks through again."
    )
    goal = models.CharField(max_length=8, choices=Goal.choices, blank=True, default=Goal.NONE)
    goal_stage = models.CharField(max_length=12, choices=Stage.choices, blank=True, default="")
    goal_touch = models.CharField(max_length=12, choices=Touch.Kind.choices, blank=True, default="")
    goal_segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    allow_second_mail_a_day = models.BooleanField(default=False)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="sequences"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="sequences",
    )
    started_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = SequenceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "live", "paused", "archived"]),
                name="sequence_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(goal="")
                | Q(goal="stage") & ~Q(goal_stage="")
                | Q(goal="touch") & ~Q(goal_touch="")
                | Q(goal="segment", goal_segment__isnull=False),
                name="sequence_goal_says_what_is_to_be_reached",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sequences:detail", args=[self.pk])

    @property
    def takes_leads(self) -> bool:
        """Whether leads may enter by hand or by coming back; those of a paused one then wait."""
        return self.state in (self.State.LIVE, self.State.PAUSED)


class Step(models.Model):
    """One thing that happens to each lead on its way. A removed step stays for the record.

    settings, by kind: wait {"amount", "unit", "at"}; email {"subject", "blocks"}; follow_up
    {"kind", "title", "for", "user", "days"}; branch {"condition", "stage", "touch", "score"};
    exit {"goal"}. Read by campaigns.sequences.steps.
    """

    class Kind(models.TextChoices):
        WAIT = "wait", "Wait"
        EMAIL = "email", "E-mail"
        FOLLOW_UP = "follow_up", "Follow-up"
        BRANCH = "branch", "Branch"
        EXIT = "exit", "Exit"

    class Branch(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="steps")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    branch = models.CharField(max_length=3, choices=Branch.choices, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    settings = models.JSONField(default=dict)
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None, branch="") | Q(parent__isnull=False) & ~Q(branch=""),
                name="sequence_step_in_a_branch_says_which",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["wait", "email", "follow_up", "branch", "exit"]),
                name="sequence_step_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.sequence_id}"

    @property
    def node(self) -> Node:
        return Node(
            self.pk, self.parent_id, self.branch, self.position, removed=self.removed_at is not None
        )


class Enrolment(models.Model):
    """One walk of one lead through a sequence.

    step: where it stands: what is done at `due_at`. None: it has not begun, or came to the end.
    One that left keeps the step at which it left.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        EXITED = "exited", "Left"

    class How(models.TextChoices):
        SEGMENT = "segment", "By segment"
        RETURN = "return", "Came back from sales"
        HAND = "hand", "By hand"

    class Reason(models.TextChoices):
        GOAL = "goal", "Goal reached"
        CUSTOMER = "customer", "Became a customer"
        DISQUALIFIED = "disqualified", "Disqualified"
        REMOVED = "removed", "Taken out by hand"
        ARCHIVED = "archived", "Sequence archived"

    OPEN = (State.RUNNING, State.PAUSED)

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="enrolments")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="enrolments")
    turn = models.PositiveIntegerField(default=1, help_text="The lead's first walk, second, …")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="")
    step = models.ForeignKey(
        Step, null=True, blank=True, on_delete=models.SET_NULL, related_name="standing"
    )
    due_at = models.DateTimeField(db_default=Now())
    note = models.CharField(
        max_length=250, blank=True, default="", help_text="Why it waits where it does"
    )
    how = models.CharField(max_length=8, choices=How.choices, default=How.HAND)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sequence", "lead"],
                condition=Q(state__in=["running", "paused"]),
                name="enrolment_one_open_per_lead_and_sequence",
            ),
            models.UniqueConstraint(
                fields=["sequence", "lead", "turn"], name="enrolment_turn_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "paused"], ended_at=None)
                | Q(state__in=["finished", "exited"], ended_at__isnull=False),
                name="enrolment_has_an_end_when_it_is_over",
            ),
            models.CheckConstraint(
                condition=Q(state="exited") & ~Q(reason="") | ~Q(state="exited") & Q(reason=""),
                name="enrolment_left_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="paused", paused_at__isnull=False)
                | ~Q(state="paused") & Q(paused_at=None),
                name="enrolment_paused_since",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=Q(state="running"), name="enrolment_due"
            ),
            models.Index(fields=["sequence", "-entered_at"], name="enrolment_of_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.lead} in {self.sequence}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class StepRun(models.Model):
    """A step that happened to one lead, appended. What a step did, it did once."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"
        YES = "yes", "Yes"
        NO = "no", "No"

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="runs")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="runs")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    note = models.CharField(max_length=250, blank=True, default="")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "step"], name="step_happens_once_to_a_lead"
            )
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.get_outcome_display()}"
