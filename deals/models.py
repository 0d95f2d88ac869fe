"""Sales: pipelines, their stages, and the deals that move through them."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest, Lower, Now

from crm.activities.models import FollowUp
from crm.common.folding import search_words
from crm.common.keys import SearchKey, SortKey
from crm.common.links import link
from crm.common.names import NameField
from crm.users.models import Team
from crm.users.scoping import in_scope
from deals import status
from deals.record_models import DealContact, DealFile, MetCriterion
from leads.models import Company, Lead

if TYPE_CHECKING:
    from crm.users.models import User

__all__ = [
    "Deal",
    "DealContact",
    "DealFile",
    "DealMove",
    "DealQuerySet",
    "LostReason",
    "MetCriterion",
    "Pipeline",
    "PipelineStage",
]


class Pipeline(models.Model):
    name = NameField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    checklist = models.JSONField(
        default=list, blank=True, help_text="What a rep finds out to qualify a lead, one a line"
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(Lower("name"), name="pipeline_name_is_unique")]

    def __str__(self) -> str:
        return self.name


class PipelineStage(models.Model):
    """A step of a pipeline, with the chance that a deal in it is won."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages")
    name = NameField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    probability = models.PositiveSmallIntegerField(help_text="Percent")
    rotting_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days without an activity after which a deal rots."
    )
    exit_criteria = models.JSONField(
        default=list,
        blank=True,
        help_text="What must be met to leave the stage: keys of deals.criteria, or own texts",
    )
    exit_blocks = models.BooleanField(
        default=False, help_text="Unmet criteria keep a deal in the stage; else they only warn"
    )

    class Meta:
        ordering = ["pipeline", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(probability__lte=100), name="pipeline_stage_probability_is_0_to_100"
            ),
            models.UniqueConstraint(
                fields=["pipeline", "name"], name="pipeline_stage_name_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LostReason(models.Model):
    name = NameField(max_length=80, unique=True)
    note_required = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class DealQuerySet(models.QuerySet["Deal"]):
    def visible_to(self, user: "User") -> "DealQuerySet":
        """The deals that `user` sees, by the row scope own, team or all."""
        return self.filter(in_scope(user))

    def open(self) -> "DealQuerySet":
        return self.filter(status=Deal.Status.OPEN)

    def search(self, text: str) -> "DealQuerySet":
        """Deals whose name, or the name of whose company or lead, holds every word of `text`."""
        words = search_words(text)
        if text.strip() and not words:
            return self.none()
        return self.filter(*(self.holds(word) for word in words))

    @staticmethod
    def holds(word: str) -> Q:
        """Each part by its own index: one condition over joined tables could use none."""
        return (
            Q(search_key__contains=word)
            | Q(company__in=Company.objects.filter(search_key__contains=word))
            | Q(lead__in=Lead.objects.filter(search_key__contains=word))
        )

    def for_cards(self) -> "DealQuerySet":
        """With all that a card or row shows; `next_due`, `next_kind`: the earliest follow-up."""
        following = FollowUp.objects.open().filter(deal=OuterRef("pk")).order_by("due_at", "pk")
        return self.select_related("company", "lead", "stage", "owner").annotate(
            next_due=Subquery(following.values("due_at")[:1]),
            next_kind=Subquery(following.values("kind")[:1]),
        )

    def in_bucket(self, bucket: str, clock: status.Clock) -> "DealQuerySet":
        """Deals that by their next activity stand there: the SQL of `status.bucket_of`."""
        following = FollowUp.objects.open().filter(deal=OuterRef("pk"))
        overdue = Exists(following.filter(due_at__lt=clock.now))
        soon = Exists(following.filter(due_at__lt=clock.today_ends))
        if bucket == status.OVERDUE:
            return self.filter(overdue)
        if bucket == status.TODAY:
            # Few are due today: found from their follow-ups, not by walking all that is open.
            today = FollowUp.objects.open().filter(
                due_at__gte=clock.now, due_at__lt=clock.today_ends
            )
            return self.filter(pk__in=today.exclude(deal=None).values("deal")).exclude(overdue)
        if bucket == status.NONE:
            return self.exclude(Exists(following))
        return self.filter(Exists(following)).exclude(soon)

    def rotting(self, clock: status.Clock) -> "DealQuerySet":
        """Open deals without an activity for longer than their stage allows."""
        limits = PipelineStage.objects.values_list("pk", "rotting_days")
        too_long = Q(pk__in=[])
        for stage, days in limits:
            if days is not None:
                since = clock.now - (days + 1) * status.DAY
                too_long |= Q(stage=stage, last_seen__lte=since)
        last = Greatest("stage_since", Coalesce("last_activity_at", "stage_since"))
        awake = Q(snoozed_until=None) | Q(snoozed_until__lte=clock.now)
        return self.open().alias(last_seen=last).filter(too_long, awake)

    def with_tag(self, tag: str, clock: status.Clock) -> "DealQuerySet":
        """Open deals whose card shows this tag: the SQL of `status.status_of`."""
        if tag in (status.OVERDUE, status.TODAY):
            return self.open().in_bucket(tag, clock)
        following = FollowUp.objects.open().filter(deal=OuterRef("pk"))
        calm = self.exclude(Exists(following.filter(due_at__lt=clock.today_ends)))
        if tag == status.ROTTING:
            return calm.rotting(clock)
        rotten = Deal.objects.rotting(clock).filter(pk=OuterRef("pk"))
        return self.open().in_bucket(tag, clock).exclude(Exists(rotten))


class Deal(models.Model):
    """One sale in a pipeline. Every write raises `version`; a stale write is refused."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        WON = "won", "Won"
        LOST = "lost", "Lost"

    name = NameField(max_length=200)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="deals")
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="deals"
    )
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="deals")
    stage = models.ForeignKey(PipelineStage, on_delete=models.PROTECT, related_name="deals")
    stage_since = models.DateTimeField(db_default=Now())
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.OPEN)
    amount_minor = models.BigIntegerField(default=0, help_text="Minor units of `currency`")
    currency = models.CharField(max_length=3)
    close_on = models.DateField(null=True, blank=True, help_text="Expected close")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_on = models.DateField(
        null=True, blank=True, help_text="When it was signed or lost: a day, in every time zone"
    )
    lost_reason = models.ForeignKey(
        LostReason, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    close_note = models.TextField(blank=True, default="")
    competitor = models.CharField(max_length=120, blank=True, default="")
    good_lead = models.BooleanField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="deals",
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="deals"
    )
    qualified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who qualified the lead",
    )
    notes = models.TextField(blank=True, default="")
    last_activity_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then it does not rot, whatever its stage says"
    )
    version = models.PositiveIntegerField(default=1)
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    search_key = SearchKey("name")
    sort_key = SortKey("name")

    objects = DealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None)
                | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="deal_is_closed_when_won_or_lost",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_on=None)
                | Q(closed_at__isnull=False, closed_on__isnull=False),
                name="deal_is_closed_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="deal_amount_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                "stage",
                F("stage_since").desc(),
                F("id").desc(),
                condition=Q(status="open"),
                name="deal_open_in_stage",
            ),
            models.Index(
                fields=["owner", "stage"], condition=Q(status="open"), name="deal_open_of_owner"
            ),
            models.Index(
                fields=["team", "stage"], condition=Q(status="open"), name="deal_open_of_team"
            ),
            models.Index(F("created_at").desc(), F("id").desc(), name="deal_by_creation"),
            models.Index(
                fields=["status", "closed_on", "currency", "amount_minor"], name="deal_by_close"
            ),
            models.Index(
                fields=["close_on"], condition=Q(status="open"), name="deal_open_by_close_day"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return link("deals:detail", self.pk)

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def tone(self) -> str:
        """The colour of its status: sales blue, won green, closed grey."""
        return {"won": "won", "lost": "closed"}.get(self.status, "sales")

    @property
    def idle_since(self) -> datetime:
        """When something last happened: an activity, or the entry into the stage."""
        return max(self.stage_since, self.last_activity_at or self.stage_since)

    @property
    def weighted_minor(self) -> int:
        """What the deal is worth by its stage's probability, in minor units."""
        return round(self.amount_minor * self.stage.probability / 100)


class DealMove(models.Model):
    """One step of a deal's history: a stage, or its close or reopening."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="moves")
    old = models.CharField(max_length=80, blank=True, default="")
    new = models.CharField(max_length=80)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(blank=True, default="")
    changes = models.JSONField(
        default=list, blank=True, help_text="Of an edit: {field, old, new}, as they are stored"
    )

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"
