"""Deals as CSV, a line at a time: memory does not grow with their number."""

import csv
from collections.abc import Iterator
from typing import Any

from django.utils.timezone import localtime

from crm.common.formats import major
from deals.models import DealQuerySet

COLUMNS = {
    "id": "pk",
    "external_id": "external_id",
    "deal": "name",
    "company": "company__name",
    "lead": "lead__name",
    "email": "lead__email",
    "pipeline": "pipeline__name",
    "stage": "stage__name",
    "probability": "stage__probability",
    "status": "status",
    "amount": "amount_minor",
    "currency": "currency",
    "expected_close": "close_on",
    "closed_on": "closed_on",
    "closed_at": "closed_at",
    "owner": "owner__name",
    "team": "team__name",
    "qualified_by": "qualified_by__name",
    "lost_reason": "lost_reason__name",
    "competitor": "competitor",
    "good_lead": "good_lead",
    "channel": "lead__channel__key",
    "campaign": "lead__campaign__name",
    "created_at": "created_at",
}
"""The heading and the value of each column."""
PLACE = {path: place for place, path in enumerate(COLUMNS.values())}
WORDS = {True: "yes", False: "no", None: ""}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """Takes what a csv.writer writes and gives it back."""

    def write(self, line: str) -> str:
        return line


def lines(deals: DealQuerySet) -> Iterator[str]:
    """Yield the heading, then a line for each deal, oldest first."""
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for row in deals.order_by("pk").values_list(*COLUMNS.values()).iterator(chunk_size=2000):
        yield writer.writerow(written(row))


def written(row: tuple[Any, ...]) -> list[str]:
    """Return the values of one deal as text: amounts in major units, times in the reader's zone."""
    values = [text(value) for value in row]
    amount, currency = row[PLACE["amount_minor"]], row[PLACE["currency"]]
    values[PLACE["amount_minor"]] = str(major(amount, currency))
    values[PLACE["good_lead"]] = WORDS[row[PLACE["good_lead"]]]
    return values


def text(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if hasattr(value, "tzinfo"):
        return localtime(value).isoformat(timespec="seconds")
    words = str(value)
    return f"'{words}" if words.startswith(FORMULA) else words
