"""A small pair of files of the shape that a marketplace's marketing funnel has: leads, won deals.

Made here from a fixed seed; the counts are known because they are counted while it is made.
"""

import csv
import io
import random
from collections import Counter
from datetime import datetime, timedelta

CHANNELS = ["paid_search", "organic_search", "social", "unknown", ""]
LEADS_MAP = {
    "external_id": "mql_id", "name": "mql_id", "channel": "origin",
    "campaign": "landing_page_id", "mql_at": "first_contact_date",
}  # fmt: skip
DEALS_MAP = {
    "lead": "mql_id", "external_id": "seller_id", "qualified_by": "sdr_id", "owner": "sr_id",
    "won_at": "won_date",
}  # fmt: skip
LEADS_DATES, DEALS_DATES = "%d-%m-%Y", "%d-%m-%Y %H:%M"


class Pair:
    """Two files and what a funnel report must say after both."""

    def __init__(self, leads: int = 60) -> None:
        draw = random.Random(7)
        self.mqls: Counter[str] = Counter()
        self.won: Counter[str] = Counter()
        rows, deals = [], []
        for number in range(leads):
            lead, channel = f"{number:032x}", draw.choice(CHANNELS)
            at = datetime(2024, 1, 1) + timedelta(days=draw.randrange(200))  # noqa: DTZ001
            rows.append([lead, f"{at:%d-%m-%Y}", f"page-{number % 4}", channel])
            self.mqls[channel] += 1
            if number % 6 == 0:
                won = at - timedelta(days=2) if number == 6 else at + timedelta(days=9, hours=5)
                seller, sdr, sr = (
                    f"s{number}",
                    f"{number // 6 % 3 + 1:032x}",
                    f"{number // 6 % 2 + 7:032x}",
                )
                deals.append([lead, seller, sdr, sr, f"{won:%d-%m-%Y %H:%M}", "pet"])
                self.won[channel] += 1
        self.odd_line = 3
        self.leads = as_csv(["mql_id", "first_contact_date", "landing_page_id", "origin"], rows)
        self.deals = as_csv(
            ["mql_id", "seller_id", "sdr_id", "sr_id", "won_date", "segment"], deals
        )
        self.reps = 5


def as_csv(header: list[str], rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()
