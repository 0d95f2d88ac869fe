"""Visits to our pages: anonymous browsers, their sessions and page views, and what is kept of old
ones. No address (IP) is stored anywhere.
"""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from campaigns.capture import utm
from leads.models import Lead

if TYPE_CHECKING:
    from crm.users.models import User


class Hit(models.Model):
    """One page view as it arrived, until it is counted (crm.tracking.counting). Without Redis."""

    event = models.TextField()

    def __str__(self) -> str:
        return f"Hit {self.pk}"


class Utm(models.Model):
    """The UTM values of a session; blank without."""

    source = models.CharField(max_length=utm.LONGEST, blank=True, default="")
    medium = models.CharField(max_length=utm.LONGEST, blank=True, default="")
    campaign = models.CharField(max_length=utm.LONGEST, blank=True, default="")
    term = models.CharField(max_length=utm.LONGEST, blank=True, default="")
    content = models.CharField(max_length=utm.LONGEST, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def utm(self) -> dict[str, str]:
        return {part: getattr(self, part) for part in utm.PARTS if getattr(self, part)}


class Visitor(models.Model):
    """One browser, by the random id that the script keeps in a cookie of the site it runs on.

    lead: who sent a form from it last; sessions of before then joined that lead
    first_utm, last_utm: the first and the last UTM values that it came with
    """

    key = models.UUIDField(unique=True)
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.SET_NULL, related_name="visitors"
    )
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    first_utm = models.JSONField(default=dict)
    last_utm = models.JSONField(default=dict)
    first_referrer = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["last_at"], name="visitor_by_last_visit")]

    def __str__(self) -> str:
        return f"Visitor {self.key}"


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: "User") -> "SessionQuerySet":
        """Sessions of leads that `user` sees."""
        return self.filter(lead__in=Lead.objects.visible_to(user))


class Session(Utm):
    """Page views of one visitor without a pause of more than 30 minutes.

    lead: whose visit it was, once that is known; it stays, whoever uses the browser later
    UTM values and referrer are those of its first view that has any
    """

    visitor = models.ForeignKey(Visitor, on_delete=models.CASCADE, related_name="sessions")
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.SET_NULL, related_name="website_sessions"
    )
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    entry_path = models.CharField(max_length=300)
    referrer = models.CharField(max_length=200, blank=True, default="", help_text="Host")
    views = models.PositiveIntegerField(default=0)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_at__gte=models.F("started_at")),
                name="session_ends_after_its_start",
            )
        ]
        indexes = [
            models.Index(fields=["started_at", "visitor"], name="session_by_start"),
            models.Index(fields=["visitor", "-last_at"], name="session_of_visitor"),
            models.Index(fields=["lead", "-started_at"], name="session_of_lead"),
            models.Index(
                fields=["campaign", "source", "medium"],
                condition=~Q(campaign=""),
                name="session_by_utm",
            ),
        ]

    def __str__(self) -> str:
        return f"Session of {self.visitor_id}, {self.started_at:%Y-%m-%d %H:%M}"


class PageView(models.Model):
    """One page shown in one browser. Append-only; `key` makes a replay change nothing.

    session: None for a machine's
    bot: the machine's name; blank for a person. Machines are never counted among people
    """

    key = models.UUIDField(unique=True)
    session = models.ForeignKey(
        Session, null=True, on_delete=models.CASCADE, related_name="page_views"
    )
    at = models.DateTimeField()
    host = models.CharField(max_length=100, blank=True, default="")
    path = models.CharField(max_length=300)
    title = models.CharField(max_length=200, blank=True, default="")
    bot = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(bot="", session__isnull=False) | ~Q(bot="") & Q(session=None),
                name="page_view_is_of_a_session_or_of_a_bot",
            )
        ]
        indexes = [
            models.Index(fields=["at"], name="page_view_by_time"),
            models.Index(fields=["session", "at"], name="page_view_of_session"),
        ]

    def __str__(self) -> str:
        return f"{self.path}, {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_bot(self) -> bool:
        return bool(self.bot)


class MonthlyViews(models.Model):
    """Page views of one path in one month, kept when the views themselves are dropped."""

    month = models.DateField(help_text="Its first day")
    path = models.CharField(max_length=300)
    is_bot = models.BooleanField(default=False)
    views = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "path", "is_bot"], name="monthly_views_are_summed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.path}, {self.month:%Y-%m}"


class MonthlySessions(Utm):
    """Sessions of one source in one month, kept when the sessions themselves are dropped.

    visitors: those whose first session of the month was of this source, so that they add up
    """

    month = models.DateField(help_text="Its first day")
    referrer = models.CharField(max_length=200, blank=True, default="")
    sessions = models.PositiveIntegerField()
    visitors = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "source", "medium", "campaign", "term", "content", "referrer"],
                name="monthly_sessions_are_summed_once",
            )
        ]

    def __str__(self) -> str:
        return f"{utm.words(self.utm) or self.referrer or 'direct'}, {self.month:%Y-%m}"
