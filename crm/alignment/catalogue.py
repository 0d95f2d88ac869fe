"""The report of this room, as the registry knows it."""

from crm.alignment.report import answer
from crm.reports import registry
from crm.reports.registry import PERIOD, Report

ALIGNMENT = Report(
    "alignment",
    "Alignment",
    "What marketing and sales promised each other, and whether they keep it",
    answer,
    registry.BOTH,
    (PERIOD,),
    {},
    usual="month",
    periods=("month", "last_month", "quarter", "last_quarter"),
    template="alignment/_alignment.html",
    page="alignment:alignment",
    definitions="alignment",
    icon="heart-handshake",
)
