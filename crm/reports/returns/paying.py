"""When campaigns paid for themselves, and the open deals that they touched: two statements.

Written as SQL, for Django aggregates neither over a running sum nor over distinct pairs. What
varies in them is a key of COLUMNS, never a word from outside.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_date

MONTH_DAYS = 365.2425 / 12

COLUMNS = {
    "campaign": "c.id",
    "channel": "c.channel_id",
    "programme": "COALESCE(c.parent_id, c.id)",
    "": "0",
}
"""What a group is, of the campaign `c`; "" takes all together."""

PAID = """
WITH spent AS (
    SELECT {group} AS g, SUM(s.amount_minor) AS total, MIN(s.day) AS began
    FROM campaigns_spend s JOIN campaigns_campaign c ON c.id = s.campaign_id GROUP BY 1
), earned AS (
    SELECT {group} AS g, d.closed_on AS day,
        SUM(d.amount_minor) OVER (PARTITION BY {group} ORDER BY d.closed_on, d.id) AS running
    FROM deals_deal d
    JOIN leads_lead l ON l.id = d.lead_id JOIN campaigns_campaign c ON c.id = l.campaign_id
    WHERE d.status = 'won' AND d.currency = %s
)
SELECT spent.g, spent.began, MIN(CASE WHEN earned.running >= spent.total THEN earned.day END)
FROM spent LEFT JOIN earned ON earned.g = spent.g OR (earned.g IS NULL AND spent.g IS NULL)
GROUP BY 1, 2
"""
INFLUENCED = """
SELECT g, SUM(amount) FROM (
    SELECT DISTINCT {group} AS g, d.id AS deal, d.amount_minor AS amount
    FROM campaigns_touch t
    JOIN campaigns_campaign c ON c.id = t.campaign_id
    JOIN deals_deal d ON d.lead_id = t.lead_id AND d.status = 'open' AND d.currency = %s
) touched GROUP BY 1
"""


@dataclass(frozen=True)
class Paid:
    """began: the day of the first spend; on: when the won amounts first reached all that was spent

    None while they have not.
    """

    began: date
    on: date | None

    @property
    def months(self) -> float | None:
        """Months from the first spend until it was paid back; never below 0."""
        if self.on is None:
            return None
        return max(0.0, (self.on - self.began).days / MONTH_DAYS)


def paid_back(by: str, currency: str) -> dict[Any, Paid]:
    """Return for each group with spend when it paid for itself."""
    rows = ask(PAID, by, currency)
    return {group: Paid(as_day(began), as_day(on) if on else None) for group, began, on in rows}


def influenced(by: str, currency: str) -> dict[Any, int]:
    """Return the amounts of open deals whose lead has a touch of the group's campaigns.

    In minor units. A deal counts once in each group that touched it, however often.
    """
    return {group: int(amount) for group, amount in ask(INFLUENCED, by, currency)}


def ask(statement: str, by: str, currency: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(group=COLUMNS[by]), [currency])
        return list(cursor.fetchall())


def as_day(value: Any) -> date:
    """SQLite keeps days as text."""
    found = parse_date(value) if isinstance(value, str) else value
    assert isinstance(found, date)
    return found
