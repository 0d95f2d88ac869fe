"""What marketing does: recording touches, scoring, offering leads to sales, reading feedback.

Each module is one topic. `Lead.score` is written by `scores` alone.
"""

from campaigns.services.explaining import explain_lead, explanations
from campaigns.services.qualifying import NotQualifiable, qualify, qualify_by_hand
from campaigns.services.rescoring import rescore, rescore_all
from campaigns.services.scores import score_lead, score_leads
from campaigns.services.touches import (
    NewTouch,
    TouchInFuture,
    record_touch,
    record_touches,
)

__all__ = [
    "NewTouch",
    "NotQualifiable",
    "TouchInFuture",
    "explain_lead",
    "explanations",
    "qualify",
    "qualify_by_hand",
    "record_touch",
    "record_touches",
    "rescore",
    "rescore_all",
    "score_lead",
    "score_leads",
]
