"""What a user is told inside the application."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.common.names import NameField
from crm.users.models import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> "NotificationQuerySet":
        """A user's own: nobody reads another's."""
        return self.filter(user=user)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)

    def unread_by_kind(self) -> dict[str, int]:
        """How many of each kind are unread; a kind without any is left out."""
        counted = self.unread().order_by().values("kind").annotate(n=models.Count("pk"))
        return dict(counted.values_list("kind", "n"))


class Notification(models.Model):
    """One message to one user, at most once for each `key`."""

    class Kind(models.TextChoices):
        ACTION = "action", "Needs action"
        UPDATE = "update", "Update"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.UPDATE)
    key = models.CharField(max_length=200)
    title = NameField(max_length=250)
    body = models.TextField(blank=True, default="")
    url = models.CharField(max_length=250, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="notification_once_per_key")
        ]
        indexes = [
            models.Index(
                fields=["user", "-id"], condition=Q(read_at=None), name="notification_unread"
            ),
            models.Index(
                fields=["url"], condition=Q(read_at=None), name="notification_unread_of_page"
            ),
        ]

    def __str__(self) -> str:
        return self.title
