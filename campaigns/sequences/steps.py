"""What the settings of a step say: read for the engine, and in words for people."""

from dataclasses import dataclass, field
from datetime import time
from typing import Any

from campaigns.sequences.conditions import asked_by
from campaigns.sequences.models import Sequence, Step
from campaigns.sequences.waiting import DAYS, Wait
from crm.activities.models import Activity
from crm.users.models import User
from leads.models import Lead

LEAD_OWNER, SEQUENCE_OWNER, NAMED = "lead", "sequence", "user"
WHOSE = {
    LEAD_OWNER: "the lead's owner",
    SEQUENCE_OWNER: "the owner of this sequence",
    NAMED: "somebody else",
}
ICONS = {
    Step.Kind.WAIT: "clock",
    Step.Kind.EMAIL: "mail",
    Step.Kind.FOLLOW_UP: "phone",
    Step.Kind.BRANCH: "arrows-exchange",
    Step.Kind.EXIT: "flag",
}


def wait_of(step: Step) -> Wait:
    told = step.settings
    at = told.get("at")
    return Wait(
        int(told.get("amount") or 1),
        told.get("unit") or DAYS,
        time.fromisoformat(at) if at else None,
    )


@dataclass(frozen=True)
class Asked:
    """What a follow-up step asks of a person.

    whose: LEAD_OWNER, SEQUENCE_OWNER or NAMED; days: working days until it is due, 0 is the same
    """

    kind: Activity.Kind
    title: str
    whose: str
    user: User | None
    days: int

    def owner_for(self, lead: Lead, sequence: Sequence) -> User | None:
        """Return whose follow-up it is: where the lead has no owner, the sequence's owner's."""
        if self.whose == NAMED:
            return self.user
        return (lead.owner if self.whose == LEAD_OWNER else None) or sequence.owner


@dataclass
class Reader:
    """Reads the steps of a sequence; the users they name are fetched at once."""

    steps: list[Step]
    users: dict[int, User] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = {step.settings.get("user") for step in self.steps} - {None}
        self.users = User.objects.select_related("team").in_bulk(named) if named else {}

    def asked(self, step: Step) -> Asked:
        told = step.settings
        return Asked(
            Activity.Kind(told.get("kind") or Activity.Kind.CALL),
            told.get("title") or "",
            told.get("for") or LEAD_OWNER,
            self.users.get(told.get("user") or 0),
            int(told.get("days") or 0),
        )

    def title(self, step: Step) -> str:
        """Return what the step does, in a few words."""
        if step.kind == Step.Kind.WAIT:
            return str(wait_of(step))
        if step.kind == Step.Kind.EMAIL:
            return f"E-mail “{step.settings.get('subject') or 'without a subject'}”"
        if step.kind == Step.Kind.FOLLOW_UP:
            asked = self.asked(step)
            return f"{asked.kind.label}: {asked.title}" if asked.title else asked.kind.label
        if step.kind == Step.Kind.BRANCH:
            return f"If the lead {asked_by(step)}"
        return "End as goal reached" if step.settings.get("goal") else "End"

    def detail(self, step: Step) -> str:
        """Return what else there is to know of the step, "" for nothing."""
        if step.kind != Step.Kind.FOLLOW_UP:
            return ""
        asked = self.asked(step)
        who = asked.user.name if asked.whose == NAMED and asked.user else WHOSE[asked.whose]
        when = "the same day" if not asked.days else f"within {asked.days} working days"
        return f"For {who}, {when if asked.days != 1 else 'within 1 working day'}"

    def summary(self, step: Step) -> dict[str, Any]:
        return {
            "title": self.title(step),
            "detail": self.detail(step),
            "icon": ICONS[Step.Kind(step.kind)],
        }
