"""The shared funnel: its ledger of moves, the handoffs to sales, and the verdicts."""

from crm.funnel.models.handoffs import IN_TIME, LATE, Handoff, HandoffQuerySet
from crm.funnel.models.ledger import (
    LedgerDoor,
    MqlDefinition,
    Offering,
    StageEntry,
    StageTransition,
)
from crm.funnel.models.routing import RobinTurn, RoutingRule
from crm.funnel.models.verdicts import Reason, Verdict, VerdictQuerySet

__all__ = [
    "IN_TIME",
    "LATE",
    "Handoff",
    "HandoffQuerySet",
    "LedgerDoor",
    "MqlDefinition",
    "Offering",
    "Reason",
    "RobinTurn",
    "RoutingRule",
    "StageEntry",
    "StageTransition",
    "Verdict",
    "VerdictQuerySet",
]
