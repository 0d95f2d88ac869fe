"""Who gets a lead: ordered rules, and whose turn it is."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_countries import countries
from django_countries.fields import CountryField

from crm.common.names import NameField
from crm.users.models import Team
from leads.models import Channel, CompanySize


class RoutingRule(models.Model):
    """Which team, or which rep, gets a lead. The first rule whose conditions all hold decides."""

    name = NameField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    countries = CountryField(multiple=True, blank=True, default="")
    industries = models.JSONField(default=list, blank=True)
    sizes = models.JSONField(default=list, blank=True, help_text="Values of CompanySize")
    channels = models.ManyToManyField(Channel, blank=True, related_name="+")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="routing_rules"
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="routing_rules",
    )

    SIZES = CompanySize

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=False) | Q(rep__isnull=False),
                name="routing_rule_names_a_team_or_a_rep",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def told(self) -> list[str]:
        """The conditions in words, one line each; none holds for every lead."""
        words = {
            "Country": [str(countries.name(str(code))) for code in self.countries],
            "Industry": self.industries,
            "Size": [str(CompanySize(size).label) for size in self.sizes],
            "Channel": [channel.name for channel in self.channels.all()],
        }
        return [f"{label}: {', '.join(values)}" for label, values in words.items() if values]


class RobinTurn(models.Model):
    """How many leads the round robin has given to a rep, divided by his weight: least is next."""

    rep = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="turn"
    )
    given = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.rep}: {self.given}"
