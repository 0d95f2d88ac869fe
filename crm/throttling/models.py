"""How often something was tried: a row for each limit, subject and window."""

from django.db import models


class AttemptCount(models.Model):
    """The attempts of one subject at one thing within one window of time.

    `key` is a keyed hash of all three, so that no address of a visitor is stored.
    """

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at}"
