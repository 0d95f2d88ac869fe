"""The report of this room, as the registry knows it."""

from crm.learning.chosen import BY
from crm.learning.report import answer
from crm.reports import registry
from crm.reports.registry import PERIOD, WHOSE, Report

LEARNING = Report(
    "learning",
    "Learning",
    "What converts, and what the outcomes say of scoring rules and threshold",
    answer,
    registry.BOTH,
    (PERIOD, registry.BY, WHOSE),
    BY,
    template="learning/_learning.html",
    page="learning:learning",
    definitions="learning",
    icon="bulb",
)
