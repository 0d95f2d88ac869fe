"""What was answered to a form that made a record, for when the same form is sent again."""

from django.db import models


class AnsweredForm(models.Model):
    """One sent form and its answer, written in the transaction that made the record.

    `key` is a keyed hash of who sent what, from which page, to which address: the same form sent
    twice has the same key, and no second row.
    """

    key = models.CharField(max_length=64, primary_key=True)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    content = models.TextField(blank=True)
    toasts = models.JSONField(default=list)
    """What the user was told: level, text and extra tags of each message."""
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.status} at {self.at}"
