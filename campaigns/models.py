"""Marketing: campaigns with their dated spend, the touches they earn, and the rules that score."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from campaigns.querysets import CampaignQuerySet, FeedbackQuerySet
from crm.common.keys import SearchKey, SortKey
from crm.common.names import NameField
from crm.funnel.models import Offering
from leads.models import Channel, Lead


class Campaign(models.Model):
    """A marketing programme with an objective, a channel, dates and a budget."""

    class Objective(models.TextChoices):
        AWARENESS = "awareness", "Awareness"
        DEMAND = "demand", "Demand"
        NURTURE = "nurture", "Nurture"

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        LIVE = "live", "Live"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        ARCHIVED = "archived", "Archived"

    name = NameField(max_length=200)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="children",
        help_text="The programme that this campaign belongs to; programmes have none themselves",
    )
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns"
    )
    objective = models.CharField(max_length=10, choices=Objective.choices, default=Objective.DEMAND)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PLANNED)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    budget_minor = models.BigIntegerField(null=True, blank=True, help_text="Minor units")
    mql_goal = models.PositiveIntegerField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="campaigns",
    )
    notes = models.TextField(blank=True, default="")
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    search_key = SearchKey("name")
    sort_key = SortKey("name")
    status_before = models.CharField(max_length=8, blank=True, default="")
    status_batch = models.UUIDField(
        null=True, blank=True, help_text="What set the status of several at once; for its undo"
    )

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=F("starts_on")),
                name="campaign_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=Q(budget_minor=None) | Q(budget_minor__gte=0),
                name="campaign_budget_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="campaign_is_not_its_own_programme",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("campaigns:detail", args=[self.pk])


class Commitment(models.Model):
    """How many MQLs marketing committed itself to in one month. month: its first day"""

    month = models.DateField(unique=True)
    mqls = models.PositiveIntegerField()

    class Meta:
        ordering = ["month"]
        constraints = [
            models.CheckConstraint(condition=Q(mqls__gt=0), name="commitment_is_to_something"),
            models.CheckConstraint(condition=Q(month__day=1), name="commitment_is_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.mqls} MQLs in {self.month:%B %Y}"


class CommitmentChange(models.Model):
    """What somebody made of one month's commitment, for ever. before, after: None is none"""

    month = models.DateField()
    before = models.PositiveIntegerField(null=True)
    after = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True, default="", help_text="Such as a plan")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.month:%B %Y}: {self.before or 'none'} → {self.after or 'none'}"


class Spend(models.Model):
    """Money spent on a campaign on one day, in the organisation's currency.

    `week`: the Monday of the week whose cell in the weekly grid wrote this row; else None
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="spends")
    day = models.DateField()
    amount_minor = models.BigIntegerField(help_text="Minor units; negative is a refund")
    note = models.CharField(max_length=200, blank=True, default="")
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    week = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "week"],
                condition=Q(week__isnull=False),
                name="spend_of_the_grid_is_one_per_campaign_and_week",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign}, {self.day}"


class Touch(models.Model):
    """One response of a lead to marketing. Append-only; `key` makes a replay change nothing."""

    class Kind(models.TextChoices):
        FORM = "form", "Form sent"
        EMAIL_CLICK = "email_click", "E-mail click"
        PAGE_VIEW = "page_view", "Page view"
        DOWNLOAD = "download", "Download"
        WEBINAR = "webinar", "Webinar attended"
        EVENT = "event", "Event attended"
        AD_CLICK = "ad_click", "Ad click"
        SOCIAL = "social", "Social response"
        REFERRAL = "referral", "Referral"
        DEMO_REQUEST = "demo_request", "Demo requested"
        OTHER = "other", "Other"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="touches")
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="touches"
    )
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="touches"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    detail = models.CharField(max_length=250, blank=True, default="")
    at = models.DateTimeField()
    key = models.CharField(max_length=200, unique=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "touches"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["lead", "-at"], name="touch_of_lead"),
            models.Index(fields=["campaign", "-at"], name="touch_of_campaign"),
            models.Index(fields=["kind", "-at", "lead"], name="touch_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.lead}"


class Response(models.TextChoices):
    """How a member has responded to a campaign, the least first."""

    INVITED = "invited", "Invited"
    DECLINED = "declined", "Declined"
    NO_SHOW = "no_show", "Did not come"
    RESPONDED = "responded", "Responded"
    ATTENDED = "attended", "Attended"


class MemberResponse(models.Model):
    """A lead's response to a campaign as somebody set it; otherwise its touches say it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="responses")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="campaign_responses")
    response = models.CharField(max_length=10, choices=Response.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "lead"], name="member_has_one_response_per_campaign"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead}: {self.get_response_display()}"


class ScoringRule(models.Model):
    """Points for who a lead is (fit) or for what it does (engagement).

    Fit: `field` `operator` `value` decides. Engagement: each touch of `touch_kind` gives `points`
    that halve every `half_life_days`, together at most `cap`.
    """

    class Kind(models.TextChoices):
        FIT = "fit", "Fit"
        ENGAGEMENT = "engagement", "Engagement"

    class Field(models.TextChoices):
        COUNTRY = "country", "Country"
        INDUSTRY = "industry", "Industry"
        SIZE = "size", "Company size"
        JOB_TITLE = "job_title", "Job title"
        CHANNEL = "channel", "Channel"
        PHONE = "phone", "Phone"
        COMPANY = "company", "Company"

    class Operator(models.TextChoices):
        IS_ONE_OF = "in", "is one of"
        CONTAINS = "contains", "contains one of"
        IS_SET = "set", "is known"

    name = NameField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    field = models.CharField(max_length=10, choices=Field.choices, blank=True, default="")
    operator = models.CharField(max_length=8, choices=Operator.choices, blank=True, default="")
    values = models.JSONField(default=list, blank=True, help_text="Words to compare with")
    touch_kind = models.CharField(max_length=12, choices=Touch.Kind.choices, blank=True, default="")
    points = models.SmallIntegerField()
    cap = models.PositiveSmallIntegerField(null=True, blank=True)
    half_life_days = models.PositiveSmallIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["kind", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="fit", touch_kind="") & ~Q(field="") & ~Q(operator="")
                | Q(kind="engagement", field="") & ~Q(touch_kind=""),
                name="scoring_rule_is_of_fit_or_of_engagement",
            ),
            models.CheckConstraint(
                condition=Q(half_life_days=None) | Q(half_life_days__gte=1),
                name="scoring_rule_half_life_is_a_day_or_more",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Feedback(models.Model):
    """One verdict in the inbox of a campaign's owner. Read when its owner says so."""

    verdict = models.OneToOneField(
        "funnel.Verdict", on_delete=models.CASCADE, related_name="feedback"
    )
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.PROTECT, related_name="feedback"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="feedback"
    )
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "feedback"
        indexes = [
            models.Index(
                fields=["owner", "-id"], condition=Q(read_at=None), name="feedback_unread"
            ),
            models.Index(fields=["campaign", "-id"], name="feedback_of_campaign"),
        ]

    def __str__(self) -> str:
        return f"Feedback on {self.verdict}"


class ScoringVersion(models.Model):
    """The whole set of scoring rules as it was put in force: numbered, frozen, never changed.

    In force from `at` until the next one's. Before the first stands what Tandem came with.
    """

    number = models.PositiveIntegerField(unique=True)
    rules = models.JSONField(help_text="As campaigns.rule_sets freezes them")
    why = models.CharField(max_length=250, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())
    restores = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="restored_by"
    )

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"Version {self.number}"


class ScoringDraft(models.Model):
    """Changes of the scoring rules that somebody is trying out: the whole set, not in force.

    base: the number of the version that it was drawn from, 0 before the first
    """

    author = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scoring_draft"
    )
    base = models.PositiveIntegerField()
    rules = models.JSONField()
    why = models.CharField(max_length=250, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Draft of {self.author}"


class Rescoring(models.Model):
    """One pass over all leads because the rules have changed. The newest one counts."""

    chunks = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(db_default=Now())
    offering = models.CharField(max_length=5, choices=Offering.choices, default=Offering.ALL)
    a_day = models.PositiveIntegerField(default=0, help_text="Leads to offer each working day")
    offered_on = models.DateField(null=True, help_text="The last day on which some were offered")

    def __str__(self) -> str:
        return f"Rescoring of {self.asked_at}"


class HeldLead(models.Model):
    """A lead that became ready because a rule changed, and is not offered to sales for that alone.

    It is offered as soon as it responds again; with `Offering.DAILY` also when its turn comes.
    """

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, related_name="held")
    rescoring = models.ForeignKey(Rescoring, on_delete=models.CASCADE, related_name="held")
    held_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.lead} held back since {self.held_at}"
