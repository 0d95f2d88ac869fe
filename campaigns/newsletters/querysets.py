"""Which marketing mail and which newsletters a page or a sender takes."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.users.models import Scope
from leads.models import Lead

if TYPE_CHECKING:
    from campaigns.newsletters.models import MarketingMail, Newsletter  # noqa: F401
    from crm.users.models import User


class NewsletterQuerySet(models.QuerySet["Newsletter"]):
    def visible_to(self, user: "User") -> "NewsletterQuerySet":
        """Newsletters are shared knowledge, as campaigns are; their rows follow the row scope."""
        return self if user.is_active else self.none()

    def for_list(self) -> "NewsletterQuerySet":
        """With all that a row of the list shows beside its numbers."""
        return self.select_related("segment", "campaign", "owner")


class MarketingMailQuerySet(models.QuerySet["MarketingMail"]):
    def visible_to(self, user: "User") -> "MarketingMailQuerySet":
        """Mail to the leads that `user` sees."""
        if user.scope == Scope.ALL and user.is_active:
            return self
        return self.filter(lead__in=Lead.objects.visible_to(user))

    def open(self) -> "MarketingMailQuerySet":
        """Mail that is not decided yet: waiting, or being sent."""
        return self.filter(state__in=self.model.OPEN)

    def due(self) -> "MarketingMailQuerySet":
        """Mail that may leave now, of no newsletter or of one that is being sent."""
        running = Q(newsletter=None) | Q(newsletter__state="sending")
        return self.filter(running, state=self.model.State.QUEUED, due_at__lte=Now())

    def free(self) -> "MarketingMailQuerySet":
        """Mail that no living sender has taken."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))

    def half_sent(self) -> "MarketingMailQuerySet":
        """Mail whose sender died, or hung, between taking it and saying what came of it."""
        return self.filter(state=self.model.State.SENDING, lease_until__lt=Now())

    def accepted(self) -> "MarketingMailQuerySet":
        """Delivered: taken by the receiving side, and not come back (docs/metrics.md)."""
        return self.filter(state=self.model.State.SENT)
