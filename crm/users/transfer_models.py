"""What of a switched-off person's records goes to whom: asked once, carried out by the outbox."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class TransferQuerySet(models.QuerySet["Transfer"]):
    def unfinished(self) -> "TransferQuerySet":
        return self.filter(done_at=None)


class Transfer(models.Model):
    """All records of one kind that a person owned, on their way to a new owner.

    kind: of crm.people.belongings; without a taker they go to the queue of the person's team
    count: how many there were when it was asked; moved: how many have their new owner by now
    """

    giver = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="transfers")
    kind = models.CharField(max_length=20)
    taker = models.ForeignKey(
        "users.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by = models.ForeignKey(
        "users.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    count = models.PositiveIntegerField()
    moved = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)
    stopped = models.BooleanField(default=False, help_text="The person came back before its end")

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["giver", "kind"],
                condition=Q(done_at=None),
                name="transfer_of_a_kind_is_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(stopped=False) | Q(done_at__isnull=False),
                name="transfer_that_stopped_is_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.giver}"
