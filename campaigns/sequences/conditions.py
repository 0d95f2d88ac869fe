"""What a goal or a branch asks of a lead, in words and as a condition for the database."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from campaigns.models import Touch
from campaigns.segments.models import Segment
from campaigns.segments.rules import RulesNotAccepted
from campaigns.segments.services import members
from campaigns.sequences.models import Sequence, Step
from crm.funnel.models import StageTransition
from crm.stages import PATH, Stage

logger = logging.getLogger(__name__)
STAGE, TOUCH, SEGMENT, SCORE = "stage", "touch", "segment", "score"
NOBODY = Q(pk__in=[])
Since = datetime | OuterRef


@dataclass(frozen=True)
class Condition:
    """One question about a lead that walks through a sequence, answered yes or no.

    stage: reached it, or a later one, since it entered
    touch: responded in this way since it entered
    segment: is in it now
    score: has at least so much now
    """

    kind: str
    stage: str = ""
    touch: str = ""
    segment: Segment | None = None
    score: int = 0

    def __str__(self) -> str:
        if self.kind == STAGE:
            return f"reached {Stage(self.stage).label}"
        if self.kind == TOUCH:
            return f"responded: {Touch.Kind(self.touch).label}"
        if self.kind == SEGMENT:
            return f"is in the segment “{self.segment}”"
        return f"has a score of {self.score} or more"

    def met(self, *, lead: str = "lead", since: Since) -> Q:
        """Return the condition on rows whose column `lead` is the lead.

        since: when it entered; OuterRef("entered_at") of an enrolment, or a moment
        """
        if self.kind == STAGE:
            moves = StageTransition.objects.filter(reverts=None, reverted_by=None)
            reached = moves.filter(new_stage__in=from_stage(self.stage), at__gte=since)
            return Q(Exists(reached.filter(lead=OuterRef(lead))))
        if self.kind == TOUCH:
            touches = Touch.objects.filter(kind=self.touch, at__gte=since)
            return Q(Exists(touches.filter(lead=OuterRef(lead))))
        if self.kind == SEGMENT:
            return self.in_segment(lead)
        return Q(**{"score__gte" if lead == "pk" else f"{lead}__score__gte": self.score})

    def in_segment(self, lead: str) -> Q:
        """Nobody is in a segment whose rules cannot be understood any more."""
        if self.segment is None:
            return NOBODY
        try:
            return Q(**{f"{lead}__in": members(self.segment).values("pk")})
        except RulesNotAccepted:
            logger.exception("the rules of segment %s are not understood", self.segment.pk)
            return NOBODY


def from_stage(stage: str) -> list[Stage]:
    """Return the stage and, if it lies on the way forward, those after it."""
    found = Stage(stage)
    return list(PATH[PATH.index(found) :]) if found in PATH else [found]


def goal_of(sequence: Sequence) -> Condition | None:
    """Return what a lead has to reach, None if the sequence has no goal."""
    if not sequence.goal:
        return None
    return Condition(
        sequence.goal,
        stage=sequence.goal_stage,
        touch=sequence.goal_touch,
        segment=sequence.goal_segment,
    )


def asked_by(step: Step) -> Condition:
    """Return what a branch asks."""
    told = step.settings
    return Condition(
        told.get("condition", SCORE),
        stage=told.get("stage", ""),
        touch=told.get("touch", ""),
        segment=step.segment,
        score=told.get("score") or 0,
    )
