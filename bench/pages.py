"""The pages: queries, SQL time, server median and p95 of 30 requests, bytes."""

import gzip
from dataclasses import dataclass
from http.client import HTTPResponse
from statistics import median, median_high, quantiles

from bench import bars
from bench.bars import Bar
from bench.browser import FRAGMENT, Browser
from crm.users.models import User
from deals.models import Deal
from leads.models import Lead

ROUNDS, WARM_UP = 30, 10


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    role: str = "manager"
    bar: Bar = bars.OVERVIEW
    as_one_types: bool = False
    """Asked for by htmx: the part of the page that a filter changes."""


@dataclass(frozen=True)
class Figure:
    """One operation measured. Times in milliseconds on the server, bytes raw and compressed.

    queries: as a rule; a worker's first request opens its connection besides
    """

    name: str
    queries: int
    sql: float
    median: float
    p95: float
    raw: int
    packed: int
    bar: Bar


def pages() -> list[Page]:
    """Return what is measured, with records that exist."""
    lead = Lead.objects.filter(stage="opportunity").order_by("pk")[0]
    middle = Lead.objects.order_by("-score", "-pk")[Lead.objects.count() // 2]
    deal = Deal.objects.open().order_by("pk")[0]
    funnel = "/reports/funnel/"
    return [
        Page("lead list", "/leads/", bar=bars.LIST),
        Page("lead list, a rep's", "/leads/", "rep", bars.LIST),
        Page("lead list, one campaign and stage", "/leads/?campaign=7&stage=sql", bar=bars.LIST),
        Page("lead search", "/leads/?q=costa", bar=bars.SEARCH, as_one_types=True),
        Page("lead record", f"/leads/{lead.pk}/", bar=bars.RECORD),
        Page("lead record, middle of the list", f"/leads/{middle.pk}/", bar=bars.RECORD),
        Page("lead timeline", f"/leads/{lead.pk}/timeline/", bar=bars.TIMELINE),
        Page("handoff queue", "/handoff/", bar=bars.QUEUE),
        Page("handoff queue, accepted", "/handoff/?tab=accepted", bar=bars.QUEUE),
        Page("handoff queue, a rep's", "/handoff/", "rep", bars.QUEUE),
        Page("my day, a rep's", "/", "rep", bars.QUEUE),
        Page("my day, marketing", "/", bar=bars.QUEUE),
        Page("deal board", "/deals/?view=board", bar=bars.BOARD),
        Page("deal list", "/deals/?view=list", bar=bars.BOARD),
        Page("deal record", f"/deals/{deal.pk}/", bar=bars.DEAL),
        Page("campaigns", "/campaigns/"),
        Page("palette search", "/search/palette/?q=felix+garcia", bar=bars.SEARCH),
        Page("funnel report, 12 months", f"{funnel}?period=12m&by=campaign", bar=bars.FUNNEL),
        Page("funnel report, all time", f"{funnel}?period=all&by=campaign", bar=bars.FUNNEL),
        Page("funnel report, quarter", f"{funnel}?period=last_quarter&by=channel", bar=bars.FUNNEL),
    ]


class Sheet:
    """Notes what the probe says of each answer."""

    def __init__(self) -> None:
        self.queries: list[int] = []
        self.sql: list[float] = []
        self.times: list[float] = []

    def note(self, answer: HTTPResponse) -> None:
        self.queries.append(int(answer.headers["X-Queries"]))
        self.sql.append(float(answer.headers["X-SQL-Ms"]))
        self.times.append(float(answer.headers["X-Server-Ms"]))

    def figure(self, name: str, bar: Bar, body: bytes = b"") -> Figure:
        p95 = quantiles(self.times, n=20)[-1]
        sizes = len(body), len(gzip.compress(body)) if body else 0
        return Figure(
            name,
            median_high(self.queries),
            median(self.sql),
            median(self.times),
            p95,
            *sizes,
            bar=bar,
        )


def user_of(role: str) -> User:
    return User.objects.filter(role="rep" if role == "rep" else "marketing_manager")[0]


def measure(address: str, page: Page) -> Figure:
    """Ask for a page 30 times over one connection; see Figure."""
    browser, sheet, body = Browser(address, user_of(page.role)), Sheet(), b""
    for turn in range(WARM_UP + ROUNDS):
        answer, body = browser.get(page.path, FRAGMENT if page.as_one_types else None)
        if turn >= WARM_UP:
            sheet.note(answer)
    return sheet.figure(page.name, page.bar, body)
