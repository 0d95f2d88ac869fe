"""Which sequences and enrolments a page or a pass of the engine takes."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from crm.funnel.models import Handoff
from crm.stages import WITH_SALES, Stage
from crm.users.models import Scope
from leads.models import Lead

if TYPE_CHECKING:
    from campaigns.sequences.models import Enrolment, Sequence  # noqa: F401 what they hold
    from crm.users.models import User

HELD_STAGES = WITH_SALES | {Stage.LOST}
"""Stages of a lead that sales has and has not given back: nurture keeps still."""

OVER = {Stage.CUSTOMER: "customer", Stage.DISQUALIFIED: "disqualified"}
"""Stages in which a lead leaves every sequence, and the reason that is kept."""

OPEN = ["running", "paused"]
SHOWN = {
    "enrolled": Q(),
    "active": Q(state__in=OPEN),
    "paused": Q(state="paused"),
    "finished": Q(state="finished"),
    "goal": Q(state="exited", reason="goal"),
    "left": Q(state="exited") & ~Q(reason="goal"),
}
"""What is counted of a sequence, and the condition on its enrolments."""


def with_sales(lead: str = "lead") -> Q:
    """Return the condition on leads that a rep works or is offered; see HELD_STAGES.

    lead: the column that is the lead: "lead" of an enrolment, "pk" of a lead
    """
    stage = "stage" if lead == "pk" else f"{lead}__stage"
    waiting = Handoff.objects.waiting().filter(lead=OuterRef(lead))
    return Q(**{f"{stage}__in": HELD_STAGES}) | Q(Exists(waiting))


class SequenceQuerySet(models.QuerySet["Sequence"]):
    def visible_to(self, user: "User") -> "SequenceQuerySet":
        """Everybody sees every sequence: a rep must know what his lead was told."""
        return self if user.is_active else self.none()

    def live(self) -> "SequenceQuerySet":
        return self.filter(state="live")

    def with_comes_back(self) -> "SequenceQuerySet":
        """Annotate `comes_back`: whether leads enter it by coming back from sales."""
        reasons = self.model.entry_reasons.through.objects.filter(sequence=OuterRef("pk"))
        return self.annotate(comes_back=Q(Exists(reasons)) | Q(entry_on_revisit=True))

    def taking(self) -> "SequenceQuerySet":
        """Sequences that leads may enter by hand or by coming back from sales."""
        return self.filter(state__in=["live", "paused"])


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, user: "User") -> "EnrolmentQuerySet":
        """Enrolments of the leads that `user` sees."""
        if user.scope == Scope.ALL:
            return self
        return self.filter(lead__in=Lead.objects.visible_to(user).values("pk"))

    def open(self) -> "EnrolmentQuerySet":
        return self.filter(SHOWN["active"])

    def due(self, at: datetime) -> "EnrolmentQuerySet":
        """What is to go on now: running, due, in a live sequence, and not with sales."""
        running = self.filter(state="running", due_at__lte=at, sequence__state="live")
        return running.exclude(with_sales()).exclude(lead__stage__in=OVER)
