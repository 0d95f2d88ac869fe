"""What the reports keep: sums and answers, so that they need not count anew, and saved questions.

The sums are derived from the ledger's entries, and can be thrown away and made again
(`manage.py rebuild_sums`). See docs/decisions/0005-funnel-sums.md.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from crm.common.names import NameField
from crm.reports.facts import Fact
from crm.reports.questions import COUNTINGS, SHARED
from crm.stages import PATH

KEPT_COUNTINGS = [*COUNTINGS.items(), (SHARED, "Shared")]
COUNTED = [stage.value for stage in PATH]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TIMES = [f"{stage.value}_at" for stage in PATH]


class StaleLead(models.Model):
    """A mark: what is counted of this lead changed. Written by triggers (crm.reports.triggers).

    A lead may have several; whoever takes a mark deletes that one only, so that what another
    transaction changes meanwhile keeps its own.
    """

    lead_id = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"Lead {self.lead_id} changed"


class FunnelFact(models.Model):
    """What was counted of one lead when it was last folded into the sums. See facts.Fact."""

    lead_id = models.BigIntegerField(primary_key=True)
    channel = models.BigIntegerField(null=True)
    campaign = models.BigIntegerField(null=True)
    owner = models.BigIntegerField(null=True)
    implied = models.PositiveSmallIntegerField(
        default=0, help_text="The sum of 2**place over the stages that were leapt over."
    )
    lead_at = models.DateTimeField(null=True)
    mql_at = models.DateTimeField(null=True)
    sal_at = models.DateTimeField(null=True)
    sql_at = models.DateTimeField(null=True)
    opportunity_at = models.DateTimeField(null=True)
    customer_at = models.DateTimeField(null=True)

    COLUMNS = ["lead_id", "channel", "campaign", "owner", "implied", *TIMES]

    def __str__(self) -> str:
        return f"Lead {self.lead_id}"

    @classmethod
    def of(cls, fact: Fact) -> "FunnelFact":
        return cls(
            lead_id=fact.lead,
            channel=fact.channel,
            campaign=fact.campaign,
            owner=fact.owner,
            implied=fact.implied,
            **dict(zip(TIMES, fact.times, strict=True)),
        )


class FunnelSum(models.Model):
    """How many leads of one channel, campaign or rep reached each stage, for one month.

    value: the channel's, campaign's or user's key; 0 for leads without one; see facts.CountKey
    month: its first day
    """

    counting = models.CharField(max_length=6, choices=KEPT_COUNTINGS)
    by = models.CharField(max_length=8)
    value = models.BigIntegerField()
    month = models.DateField()
    lead = models.IntegerField(default=0)
    mql = models.IntegerField(default=0)
    sal = models.IntegerField(default=0)
    sql = models.IntegerField(default=0)
    opportunity = models.IntegerField(default=0)
    customer = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["counting", "by", "month", "value"], name="funnel_sum_is_kept_once"
            ),
            models.CheckConstraint(
                condition=Q(lead__gte=0, mql__gte=0, sal__gte=0)
                & Q(sql__gte=0, opportunity__gte=0, customer__gte=0),
                name="funnel_sum_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counting} {self.by} {self.value} {self.month:%Y-%m}"


class DurationSum(models.Model):
    """How long leads took from one stage to the next, for one counting and month.

    bins: stage → number of a bin (see crm.reports.durations) → how many
    """

    counting = models.CharField(max_length=6, choices=list(COUNTINGS.items()))
    month = models.DateField()
    bins = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["counting", "month"], name="duration_sum_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.counting} {self.month:%Y-%m}"


class SumsState(models.Model):
    """The one row that says how the sums stand; who folds holds its lock.

    version: goes up with every fold, so that a reader notices one between two of his queries
    time_zone: whose months the sums are kept by; another than the organisation's asks for a rebuild
    """

    version = models.BigIntegerField(default=0)
    time_zone = models.CharField(max_length=64)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="sums_state_is_one")]

    def __str__(self) -> str:
        return f"Version {self.version}, {self.time_zone}"


class KeptAnswer(models.Model):
    """A report's answer that took long to count. See crm.reports.kept.

    key: a digest of the question; question, answer: as `kept.packed` and `Answer.packed` write them
    asked_at: when somebody last wanted it renewed; None: nobody waits
    """

    key = models.CharField(max_length=64, primary_key=True)
    report = models.CharField(max_length=40)
    question = models.JSONField()
    answer = models.JSONField()
    as_of = models.DateTimeField()
    took = models.DurationField()
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["as_of"], name="kept_answer_by_age")]

    def __str__(self) -> str:
        return f"{self.report} as of {self.as_of}"


class SavedReport(models.Model):
    """A question that somebody asks again and again, under a name; perhaps mailed by itself.

    query: the controls as they stand in the address; “this quarter” means another one each time
    every, weekday, day, hour: when it is mailed, by the organisation's clock
    mailed_for: the day for which it was last mailed, or from which on it is
    """

    class Every(models.TextChoices):
        NEVER = "", "Not by mail"
        WEEKLY = "weekly", "Every week"
        MONTHLY = "monthly", "Every month"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_reports"
    )
    report = models.CharField(max_length=40)
    name = NameField(max_length=80)
    query = models.TextField(blank=True, default="")
    every = models.CharField(max_length=7, choices=Every.choices, blank=True, default=Every.NEVER)
    weekday = models.PositiveSmallIntegerField(default=0, help_text="0 is Monday")
    day = models.PositiveSmallIntegerField(default=1, help_text="Of the month, 1 to 28")
    hour = models.PositiveSmallIntegerField(default=8)
    recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="reports_by_mail"
    )
    mailed_for = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "user", Lower("name"), name="saved_report_name_is_unique_for_its_user"
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=6) & Q(day__gte=1, day__lte=28) & Q(hour__lte=23),
                name="saved_report_is_mailed_at_a_time_that_there_is",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_mailed(self) -> bool:
        return bool(self.every)

    @property
    def when(self) -> str:
        """When it is mailed, in words."""
        if self.every == self.Every.WEEKLY:
            return f"Every {WEEKDAYS[self.weekday]} at {self.hour}:00"
        if self.every == self.Every.MONTHLY:
            return f"On day {self.day} of every month at {self.hour}:00"
        return ""
