"""The organisation and its people: users with a role, in teams, sometimes absent."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Lower, Now
from django.utils.timezone import localdate

from crm.common.names import NameField


class Role(models.TextChoices):
    """What a person does, and with it what they may."""

    MARKETER = "marketer", "Marketer"
    REP = "rep", "Sales rep"
    SALES_MANAGER = "sales_manager", "Sales manager"
    MARKETING_MANAGER = "marketing_manager", "Marketing manager"
    ADMIN = "admin", "Administrator"
    VIEWER = "viewer", "Viewer"


class Scope(models.TextChoices):
    """Whose leads and deals a user sees, in lists, search, reports and export alike."""

    OWN = "own", "Own"
    TEAM = "team", "Team"
    ALL = "all", "All"


USUAL_SCOPE = {Role.REP: Scope.OWN, Role.SALES_MANAGER: Scope.TEAM}


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not a time zone.")


class Logo(models.Model):
    """A logo in marketing mail. It never changes, and stays for the mail that shows it."""

    key = models.CharField(max_length=32, unique=True, help_text="From the SHA-256 of its bytes")
    content_type = models.CharField(max_length=10)
    content = models.BinaryField()
    width = models.PositiveSmallIntegerField(help_text="Pixels")
    height = models.PositiveSmallIntegerField(help_text="Pixels")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(content_type__in=["image/png", "image/jpeg", "image/gif"]),
                name="logo_is_a_picture_that_mail_programs_show",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.width} × {self.height} pixels"


class Organisation(models.Model):
    """The one company that this installation serves: its currency, clock and working week."""

    name = NameField(max_length=120)
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217 code")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    country = models.CharField(max_length=2, default="", blank=True)
    holiday_country = models.CharField(
        max_length=2,
        default="",
        blank=True,
        help_text="Its public holidays do not count as working time. Blank: none.",
    )
    workdays = models.JSONField(
        default=list, help_text="Seven entries, Monday first: [from, to] as “09:00”, or null."
    )
    answer_minutes = models.PositiveIntegerField(
        default=240, help_text="Business minutes that a rep has to answer a handoff."
    )
    contact_minutes = models.PositiveIntegerField(
        default=1440, help_text="Minutes after acceptance by which the first contact is due."
    )
    remind_percent = models.PositiveSmallIntegerField(
        default=75, help_text="Share of the answer time after which the rep is reminded."
    )
    set_up_at = models.DateTimeField(null=True, blank=True)
    set_up_step = models.PositiveSmallIntegerField(default=1)
    digest_weekday = models.PositiveSmallIntegerField(default=0, help_text="0 is Monday")
    digest_hour = models.PositiveSmallIntegerField(default=8)
    postal_address = models.TextField(
        blank=True, default="", help_text="In every marketing mail; without it none leaves."
    )
    mail_colour = models.CharField(
        max_length=7, blank=True, default="", help_text="#rrggbb. Blank: the usual blue."
    )
    logo = models.ForeignKey(
        Logo, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="organisation_is_one"),
            models.CheckConstraint(
                condition=Q(remind_percent__gte=1, remind_percent__lte=99),
                name="organisation_reminds_before_the_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @classmethod
    def get(cls) -> "Organisation":
        """Return the organisation; before the set-up an unsaved one with the defaults.

        Read once inside `organisation_read_once`, that is: once a request.
        """
        kept = _kept.get()
        if kept:
            return kept[0]
        stored = cls.objects.select_related("logo").defer("logo__content")
        found = stored.filter(pk=1).first() or cls(pk=1, name="Tandem", workdays=usual_week())
        if kept is not None:
            kept.append(found)
        return found


_kept: ContextVar[list[Organisation] | None] = ContextVar("organisation", default=None)


@contextmanager
def organisation_read_once() -> Iterator[None]:
    """Let `Organisation.get` ask the database at most once inside this block."""
    token = _kept.set([])
    try:
        yield
    finally:
        _kept.reset(token)


def usual_week() -> list[list[str] | None]:
    """Return Monday to Friday, 9:00 to 17:00."""
    return [["09:00", "17:00"]] * 5 + [None, None]


class Holiday(models.Model):
    """A day on which nobody's clock runs, beside the public holidays of the country."""

    day = models.DateField(unique=True)
    name = NameField(max_length=80, blank=True)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()


class Team(models.Model):
    name = NameField(max_length=80)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="team_name_is_unique")]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def reps(self) -> "UserQuerySet":
        """Active users who take handoffs."""
        return self.active().filter(role=Role.REP)

    def sellers(self) -> "UserQuerySet":
        """Active users for whom handoffs may wait: reps, and who leads them."""
        return self.active().filter(role__in=[Role.REP, Role.SALES_MANAGER])

    def administrators(self) -> "UserQuerySet":
        """Administrators who can log in."""
        return self.active().filter(role=Role.ADMIN).exclude(password__startswith="!")  # noqa: S106 unusable

    def invited(self) -> "UserQuerySet":
        """Users who have not used their invitation yet."""
        return self.filter(password__startswith="!", invited_at__isnull=False)  # noqa: S106 unusable

    def managed_by(self, user: "User") -> "UserQuerySet":
        """Those whose work `user` may plan: all for an administrator, his team for a manager.

        A manager never plans an administrator's work; whoever is no manager plans nobody's.
        """
        if user.is_admin:
            return self
        if not user.is_manager or user.team_id is None:
            return self.none()
        return self.filter(team=user.team_id).exclude(role=Role.ADMIN)

    def search(self, text: str) -> "UserQuerySet":
        """Users whose name or e-mail holds every word of `text`, in any case."""
        parts = Concat(
            "name", Value(" "), Coalesce("email", Value("")), output_field=models.TextField()
        )
        found = self.alias(words=Lower(parts))
        return found.filter(*(Q(words__contains=word) for word in text.lower().split()))

    def with_absence(self, on: date) -> "UserQuerySet":
        """Annotate `away_until`: the last day of the absence that covers the day `on`, or None."""
        away = Absence.objects.filter(user=OuterRef("pk"), first_day__lte=on, last_day__gte=on)
        return self.annotate(away_until=Subquery(away.order_by("-last_day").values("last_day")[:1]))

    def present(self, on: date) -> "UserQuerySet":
        """Users without an absence that covers the day `on`."""
        away = Absence.objects.filter(user=OuterRef("pk"), first_day__lte=on, last_day__gte=on)
        return self.exclude(models.Exists(away))


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password he cannot log in until invited."""
        fields.setdefault("name", email.partition("@")[0])
        user = self.model(email=self.normalize_email(email).lower() or None, **fields)
        if not user.scope:
            user.scope = USUAL_SCOPE.get(Role(user.role), Scope.ALL)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who works with Tandem. Without e-mail and password: known, but cannot log in."""

    email = models.EmailField(null=True, blank=True, unique=True)
    name = NameField(max_length=120)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.REP)
    scope = models.CharField(max_length=4, choices=Scope.choices)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        validators=[check_time_zone],
        help_text="Blank: the organisation's.",
    )
    capacity = models.PositiveIntegerField(
        default=30, help_text="Leads that may wait for this person's answer at one time."
    )
    weight = models.PositiveSmallIntegerField(
        default=1, help_text="Share of the round robin: 2 gets twice as many leads as 1."
    )
    theme = models.CharField(
        max_length=6,
        default="system",
        choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")],
    )
    single_keys = models.BooleanField("single-letter shortcuts", default=True)
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    is_active = models.BooleanField(default=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_is_known"),
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="user_scope_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_manager(self) -> bool:
        return self.role in (Role.SALES_MANAGER, Role.MARKETING_MANAGER, Role.ADMIN)

    @property
    def is_sales(self) -> bool:
        return self.role in (Role.REP, Role.SALES_MANAGER)

    @property
    def is_marketing(self) -> bool:
        return self.role in (Role.MARKETER, Role.MARKETING_MANAGER)

    @property
    def can_log_in(self) -> bool:
        return self.is_active and self.has_usable_password()

    @property
    def access(self) -> str:
        """What the list of people says about the log-in: Active, Invited, No log-in, Off."""
        if not self.is_active:
            return "Off"
        if self.has_usable_password():
            return "Active"
        return "Invited" if self.invited_at else "No log-in"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone) if self.time_zone else Organisation.get().zone

    def is_absent(self, at: datetime) -> bool:
        return not User.objects.present(localdate(at, self.zone)).filter(pk=self.pk).exists()


class Absence(models.Model):
    """Days on which a user gets no handoff."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")),
                name="absence_ends_after_its_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.first_day} to {self.last_day}"


from crm.users.transfer_models import Transfer as Transfer  # noqa: E402  of this app too
