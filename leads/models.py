"""Leads, the companies they work for, and the channels they came through."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower, Now
from django_countries.fields import CountryField

from crm.common.folding import phone_key, search_key
from crm.common.keys import SearchKey, SortKey, matching
from crm.common.links import link
from crm.common.names import NameField
from crm.stages import OUT, Stage
from crm.users.models import Team
from crm.users.scoping import in_scope
from leads.address_models import EmailAddress, PhoneNumber
from leads.consent_models import Consent as Consent
from leads.names import PARTS, salutation

if TYPE_CHECKING:
    from crm.users.models import User


__all__ = ["Channel", "Company", "EmailAddress", "Lead", "PhoneNumber", "SavedView"]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for “never” where leads are put in order."""


class Channel(models.Model):
    """How people come to us: content, digital ads, events. Editable; an import may add to it."""

    name = NameField(max_length=80)
    key = models.SlugField(max_length=80, unique=True, help_text="Its name in reports and files")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="channel_name_is_unique")]

    def __str__(self) -> str:
        return self.name


class CompanySize(models.TextChoices):
    """Number of people who work there."""

    MICRO = "1-9", "1 to 9"
    SMALL = "10-49", "10 to 49"
    MEDIUM = "50-249", "50 to 249"
    LARGE = "250-999", "250 to 999"
    HUGE = "1000+", "1,000 and more"


class CompanyKey(SearchKey):
    """What the search of companies looks into: name, domain, and the digits of the phone number."""

    @staticmethod
    def derived(*texts: str) -> str:
        *words, phone = texts
        return f"{search_key(*words)} {phone_key(phone)}".strip()


class CompanyQuerySet(models.QuerySet["Company"]):
    def visible_to(self, user: "User") -> "CompanyQuerySet":
        """Companies are shared knowledge: everybody who may log in sees them all."""
        return self if user.is_active else self.none()

    def search(self, text: str) -> "CompanyQuerySet":
        """Companies whose name or domain holds every word of `text`, or that have this number."""
        return self.filter(matching(text, phones=True))


class Company(models.Model):
    """The organisation that a lead works for, and that deals are made with."""

    name = NameField(max_length=200)
    domain = models.CharField(max_length=200, blank=True, default="", help_text="example.com")
    industry = NameField(max_length=80, blank=True, default="")
    size = models.CharField(max_length=8, choices=CompanySize.choices, blank=True, default="")
    country = CountryField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="companies",
    )
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    search_key = CompanyKey("name", "domain", "phone")
    sort_key = SortKey("name")

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "companies"
        indexes = [
            models.Index(Lower("name"), name="company_by_name"),
            models.Index(fields=["sort_key", "id"], name="company_by_sort_key"),
            models.Index(fields=["domain"], name="company_by_domain"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return link("leads:company-detail", self.pk)


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, user: "User") -> "LeadQuerySet":
        """The leads that `user` sees, by the row scope own, team or all."""
        return self.filter(in_scope(user))

    def search(self, text: str) -> "LeadQuerySet":
        """Leads that `text` means: every word of it in any order, without accents or case, stands
        in their name, addresses or company; or it is one of their phone numbers in any writing."""
        return self.filter(matching(text, phones=True))

    def with_address(self, address: str) -> "LeadQuerySet":
        """The lead that has this email address among its own, at most one."""
        rows = EmailAddress.objects.filter(address=address.strip().lower())
        return self.filter(pk__in=rows.values("lead"))

    def open(self) -> "LeadQuerySet":
        """Leads that are still in the funnel."""
        return self.exclude(stage__in=OUT | {Stage.LOST, Stage.CUSTOMER})


class Lead(models.Model):
    """One person we may sell to, for life: also when recycled, also as a customer's contact.

    `stage` and `stage_since` are written by crm.funnel alone, `score` and `enriched_at` by
    campaigns.services alone.
    The columns of consent are derived from its records and written by leads.consents alone.
    `owner` is the rep who was offered the lead or works it; `team` is that rep's team, or the team
    whose queue the lead waits in. `email`, `more_emails`, `phone` and `more_phones` repeat the rows
    of EmailAddress and PhoneNumber (leads.addresses); the parts of `name` are split by leads.names.
    """

    name = NameField(max_length=200, blank=True, default="")
    given_name = NameField(max_length=200, blank=True, default="")
    family_name = NameField(max_length=200, blank=True, default="")
    form_of_address = NameField(max_length=60, blank=True, default="", help_text="Dr., Ms, Frau")
    email = models.EmailField(blank=True, default="")
    more_emails = models.TextField("other email addresses", blank=True, default="", editable=False)
    phone = models.CharField(max_length=40, blank=True, default="")
    more_phones = models.TextField("other phone numbers", blank=True, default="", editable=False)
    job_title = NameField(max_length=120, blank=True, default="")
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads"
    )
    country = CountryField(blank=True, default="")
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="leads",
        help_text="The campaign that brought this lead in.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads"
    )
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.LEAD)
    stage_since = models.DateTimeField(db_default=Now())
    score = models.PositiveSmallIntegerField(default=0)
    scored_at = models.DateTimeField(null=True, blank=True)
    last_touch_at = models.DateTimeField(null=True, blank=True)
    enriched_at = models.DateTimeField(
        null=True, blank=True, help_text="When its data were completed because sales asked for it."
    )
    recycled_until = models.DateField(
        null=True, blank=True, help_text="Not offered to sales again before this day."
    )
    consent = models.BooleanField("may receive marketing mail", default=False)
    consent_at = models.DateTimeField(null=True, blank=True)
    consent_source = models.CharField(max_length=200, blank=True, default="")
    consent_asked_at = models.DateTimeField(
        null=True, blank=True, help_text="Of the last asking that stands or is pending."
    )
    notes = models.TextField(blank=True, default="")
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    search_key = models.TextField(
        blank=True, default="", editable=False, help_text="Written by leads.services.search_key."
    )
    sort_key = SortKey("name")

    objects = LeadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="lead_email_is_unique"
            ),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="lead_stage_is_known"),
            models.CheckConstraint(condition=Q(score__lte=100), name="lead_score_is_0_to_100"),
            models.CheckConstraint(
                condition=~Q(name="") | ~Q(email="") | Q(external_id__isnull=False),
                name="lead_has_a_name_or_an_address",
            ),
        ]
        indexes = [
            models.Index(F("score").desc(), F("id").desc(), name="lead_by_score"),
            models.Index("owner", F("score").desc(), F("id").desc(), name="lead_of_owner"),
            models.Index("team", F("score").desc(), F("id").desc(), name="lead_of_team"),
            models.Index("stage", F("score").desc(), F("id").desc(), name="lead_in_stage"),
            models.Index("campaign", F("score").desc(), F("id").desc(), name="lead_of_campaign"),
            models.Index("channel", F("score").desc(), F("id").desc(), name="lead_of_channel"),
            models.Index(F("created_at").desc(), F("id").desc(), name="lead_by_creation"),
            models.Index(fields=["sort_key", "id"], name="lead_by_sort_key"),
            models.Index(F("stage_since").desc(), F("id").desc(), name="lead_by_stage_since"),
            models.Index(
                Coalesce("last_touch_at", LONG_AGO).desc(), F("id").desc(), name="lead_by_touch"
            ),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="lead_by_phone"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"Lead {self.external_id}"

    def get_absolute_url(self) -> str:
        return link("leads:detail", self.pk)

    @property
    def salutation(self) -> str:
        """How a letter names its reader: “Dr. Weber”, else the given name."""
        return salutation({part: getattr(self, part) for part in PARTS}, self.name)


class SavedView(models.Model):
    """A user's own tab of a list: its filters and order under a name."""

    class Listing(models.TextChoices):
        LEADS = "leads", "Leads"
        COMPANIES = "companies", "Companies"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    listing = models.CharField(max_length=10, choices=Listing.choices, default=Listing.LEADS)
    name = NameField(max_length=60)
    query = models.TextField(blank=True, default="", help_text="The list's query string")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                "user", "listing", Lower("name"), name="saved_view_name_is_unique_for_its_user"
            )
        ]

    def __str__(self) -> str:
        return self.name
