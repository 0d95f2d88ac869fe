"""Durable effects. A row is done when its effect is committed, not when a message was sent."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class EffectQuerySet(models.QuerySet["Effect"]):
    def pending(self) -> "EffectQuerySet":
        return self.filter(state=Effect.State.PENDING)

    def dead(self) -> "EffectQuerySet":
        return self.filter(state=Effect.State.DEAD)

    def failing(self) -> "EffectQuerySet":
        """What did not succeed at its first try; one that is at its first now is none."""
        return self.pending().filter(Q(attempts__gt=1) | ~Q(last_error=""))

    def due(self) -> "EffectQuerySet":
        """What may run now, by the database's clock."""
        return self.pending().filter(due_at__lte=Now())


class Effect(models.Model):
    """One thing that must happen once because a transaction committed: a handoff is routed."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        DEAD = "dead", "Dead"

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)

    objects = EffectQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=Q(state="pending"), name="effect_pending_by_due"
            ),
            models.Index(fields=["id"], condition=Q(state="dead"), name="effect_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Heartbeat(models.Model):
    """When a part of the machinery last showed life: `sweep`, `worker`, `beat`."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
