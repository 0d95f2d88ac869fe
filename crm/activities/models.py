"""What happened with a lead or deal, and what to do next."""

import uuid
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import localdate

from crm.common.keys import SearchKey
from crm.common.names import NameField
from crm.users.models import Organisation, Team
from crm.users.scoping import in_scope
from leads.models import Lead

if TYPE_CHECKING:
    from crm.users.models import User


class Activity(models.Model):
    """One thing that happened between us and a lead."""

    class Kind(models.TextChoices):
        CALL = "call", "Call"
        EMAIL = "email", "E-mail"
        MEETING = "meeting", "Meeting"
        DEMO = "demo", "Demo"
        NEGOTIATION = "negotiation", "Negotiation"
        NOTE = "note", "Note"

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        NO_ANSWER = "no_answer", "No answer"
        VOICEMAIL = "voicemail", "Voicemail"
        BUSY = "busy", "Busy"
        WRONG_NUMBER = "wrong_number", "Wrong number"

    class MeetingKind(models.TextChoices):
        """How people met."""

        IN_PERSON = "in_person", "In person"
        PHONE = "phone", "By phone"
        VIDEO = "video", "By video"

    class Reaction(models.TextChoices):
        """How a demo was received."""

        KEEN = "keen", "Keen"
        INTERESTED = "interested", "Interested"
        UNSURE = "unsure", "Unsure"
        COOL = "cool", "Cool"

    CONTACTS = {Kind.CALL, Kind.EMAIL, Kind.MEETING, Kind.DEMO, Kind.NEGOTIATION}

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="activities")
    deal = models.ForeignKey(
        "deals.Deal", null=True, blank=True, on_delete=models.SET_NULL, related_name="activities"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    text = models.TextField(blank=True, default="")
    minutes = models.PositiveIntegerField(null=True, blank=True)
    meeting_kind = models.CharField(
        max_length=9, choices=MeetingKind.choices, blank=True, default=""
    )
    place = models.CharField(
        max_length=300, blank=True, default="", help_text="Of a meeting or demo: place or link"
    )
    shown = models.CharField(
        max_length=300, blank=True, default="", help_text="Of a demo: what was shown"
    )
    reaction = models.CharField(max_length=10, choices=Reaction.choices, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="activities"
    )
    created_at = models.DateTimeField(db_default=Now())
    typed = models.BooleanField(
        default=False, help_text="Logged by hand: its author may correct it for a day"
    )
    search_key = SearchKey("text", "shown", "place")

    class Meta:
        verbose_name_plural = "activities"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["lead", "-at"], name="activity_of_lead"),
            models.Index(fields=["deal", "-at"], name="activity_of_deal"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} with {self.lead}"


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: "User") -> "FollowUpQuerySet":
        return self.filter(in_scope(user))

    def open(self) -> "FollowUpQuerySet":
        return self.filter(done_at=None)


class GuestAnswer(models.TextChoices):
    """What an invited guest's calendar answered; of the newest invitation only."""

    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    TENTATIVE = "tentative", "Maybe"


def new_uid() -> str:
    """Return a random name: calendars outside the house learn nothing of our numbers."""
    return uuid.uuid4().hex


class FollowUp(models.Model):
    """What somebody is to do next for a lead or deal, and by when.

    One that repeats is the next of its series: the one after it is made when it is completed.
    """

    class Repeats(models.TextChoices):
        DAILY = "daily", "Every day"
        WEEKLY = "weekly", "Every week"
        MONTHLY = "monthly", "Every month"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="follow_ups")
    deal = models.ForeignKey(
        "deals.Deal", null=True, blank=True, on_delete=models.SET_NULL, related_name="follow_ups"
    )
    kind = models.CharField(
        max_length=12, choices=Activity.Kind.choices, default=Activity.Kind.CALL
    )
    title = NameField(max_length=200)
    due_at = models.DateTimeField()
    day = models.DateField(
        null=True, blank=True, help_text="All day on this day; due_at is then its end"
    )
    minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How long it is to take"
    )
    meeting_kind = models.CharField(
        max_length=9, choices=Activity.MeetingKind.choices, blank=True, default=""
    )
    place = models.CharField(max_length=300, blank=True, default="", help_text="Place or link")
    remind_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Minutes before its beginning at which to remind the owner"
    )
    repeats = models.CharField(max_length=8, choices=Repeats.choices, blank=True, default="")
    repeat_until = models.DateField(null=True, blank=True, help_text="The last day it may fall on")
    repeat_on = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of a monthly one: the day of the month it is meant for"
    )
    uid = models.CharField(
        max_length=60, default=new_uid, help_text="Its name in the calendars of others"
    )
    guest = models.EmailField(blank=True, default="", help_text="Who got an invitation by mail")
    guest_answer = models.CharField(
        max_length=9, choices=GuestAnswer.choices, blank=True, default=""
    )
    guest_comment = models.CharField(max_length=300, blank=True, default="")
    guest_answered_at = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveSmallIntegerField(
        default=0, help_text="How often the invitation was changed"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="follow_ups"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    key = models.CharField(  # noqa: DJ001 - unique where there is one
        max_length=120, null=True, unique=True, help_text="Of those made by Tandem: what for"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    closed_with_deal = models.BooleanField(
        default=False, help_text="Not done: its deal was won or lost before"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(done_at=None),
                name="follow_up_open_of_owner",
            ),
            models.Index(
                fields=["deal", "due_at"], condition=Q(done_at=None), name="follow_up_open_of_deal"
            ),
            models.Index(
                fields=["lead", "due_at"], condition=Q(done_at=None), name="follow_up_open_of_lead"
            ),
            models.Index(
                fields=["due_at", "deal"],
                condition=Q(done_at=None, deal__isnull=False),
                name="follow_up_open_by_day",
            ),
            models.Index(fields=["owner", "-due_at"], name="follow_up_of_owner_by_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(repeat_until=None) | ~Q(repeats=""),
                name="follow_up_that_ends_repeating_repeats",
            ),
            models.CheckConstraint(
                condition=Q(repeat_on=None) | Q(repeat_on__gte=1, repeat_on__lte=31),
                name="follow_up_repeats_on_a_day_of_the_month",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that its days are counted in: its owner's."""
        return self.owner.zone if self.owner else Organisation.get().zone

    @property
    def on(self) -> date:
        """The day that it falls on."""
        return self.day or localdate(self.due_at, self.zone)

    @property
    def begins_at(self) -> datetime:
        """When to be ready for it; one for the whole day begins at nine."""
        if self.day is None:
            return self.due_at
        return datetime.combine(self.day, time(9), self.zone)

    @property
    def place_url(self) -> str:
        """The place as a link if it is one, else ""."""
        return self.place if self.place.startswith(("https://", "http://")) else ""


class CalendarFeed(models.Model):
    """The private address of a user's calendar: shown once, then known only by its digest."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token")
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"Calendar of {self.user}"
