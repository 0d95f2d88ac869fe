"""The report of this room, as the registry knows it."""

from crm.planning.asking import OPTIONS
from crm.planning.report import answer
from crm.reports import registry
from crm.reports.registry import Report

PLAN = Report(
    "plan",
    "Planner",
    "From a revenue target back to deals, SQLs, MQLs, leads and budget, by month",
    answer,
    registry.BOTH,
    (),
    {},
    usual="all",
    options=OPTIONS,
    template="planning/_plan.html",
    page="planning:plan",
    definitions="plan",
    icon="adjustments",
)
