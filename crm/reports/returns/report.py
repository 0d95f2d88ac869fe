"""The return report: what campaigns cost and what they brought (docs/metrics.md#campaigns).

Every number is that of campaigns.metrics; channels and programmes add up their campaigns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import now

from campaigns.metrics import Results, results, sees_all, together
from campaigns.models import Campaign
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table
from crm.reports.dimensions import NONE
from crm.reports.questions import NotAnswerable, Question
from crm.reports.returns import chosen
from crm.reports.returns.chosen import GROUPED_BY, INFLUENCED, OPEN, WON
from crm.reports.returns.paying import Paid, influenced, paid_back
from crm.stages import Stage
from crm.users.models import Organisation

COLUMNS = (
    Column("spend", "Spend", answers.MONEY, "Dated spend, refunds deducted"),
    Column("leads", "Leads", bar=True),
    Column("mqls", "MQLs"),
    Column("customers", "Customers"),
    Column("cost_per_lead", "Per lead", answers.MONEY, "Spend ÷ leads", no_rows=True),
    Column("cost_per_mql", "Per MQL", answers.MONEY, "Spend ÷ MQLs", no_rows=True),
    Column("cost_per_customer", "Per customer", answers.MONEY, "Spend ÷ customers", no_rows=True),
    Column("won", "Won", answers.MONEY, "Won deals of these leads"),
    Column("roi", "ROI", answers.PERCENT, "(Won − spend) ÷ spend"),
    Column("payback", "Payback", answers.NUMBER, "Months until won amounts reached all spend"),
    Column("pipeline", "Sourced", answers.MONEY, "Open deals of these leads"),
    Column("influenced", "Influenced", answers.MONEY, "Open deals whose leads it touched"),
)


@dataclass(frozen=True)
class ReturnLine:
    """One campaign, channel or programme, or all. Money in the organisation's currency.

    value: its key, “none”, or "" for all
    paid, influenced: None for a reader who does not see all leads; paid also without spend
    """

    value: str
    key: str
    name: str
    found: Results
    paid: Paid | None = None
    influenced: int | None = None
    url: str = ""

    def as_row(self, by: str) -> Row:
        found = self.found
        cells = {
            "spend": self.linked(by, "spend", found.spent),
            "leads": self.linked(by, "leads", found.leads, stage=Stage.LEAD.value),
            "mqls": self.linked(by, "leads", found.mqls, stage=Stage.MQL.value),
            "customers": self.linked(by, "leads", found.customers, stage=Stage.CUSTOMER.value),
            "won": self.linked(by, "deals", found.won, part=WON),
            "pipeline": self.linked(by, "deals", found.pipeline, part=OPEN),
            "influenced": self.linked(by, "deals", self.influenced, part=INFLUENCED),
            "cost_per_lead": Cell(found.cost_per_lead),
            "cost_per_mql": Cell(found.cost_per_mql),
            "cost_per_customer": Cell(found.cost_per_customer),
            "roi": Cell(found.roi),
            "payback": self.payback,
        }
        return Row(self.key, self.name, cells, self.url)

    def linked(self, by: str, name: str, value: int | None, **more: Any) -> Cell:
        return Cell(value, chosen.url(name, by, self.value, **more) if value else "")

    @property
    def payback(self) -> Cell:
        """Months until it was paid back; before that, how much of it is."""
        months = self.paid.months if self.paid else None
        spent, won = self.found.spent, self.found.won
        if months is not None or not spent or spent < 0 or won is None:
            return Cell(months)
        return Cell(None, note=f"{won / spent:.0%} back")


@dataclass(frozen=True)
class ReturnReport:
    by: str
    currency: str
    rows: list[ReturnLine]
    total: ReturnLine
    as_of: datetime


def returns(question: Question) -> ReturnReport:
    """Answer `question` over all time, archived campaigns included, the largest spend first.

    Raises NotAnswerable for another grouping than GROUPED_BY, or for a period.
    """
    if question.by not in GROUPED_BY:
        raise NotAnswerable(f"The return report groups by {', '.join(GROUPED_BY)}.")
    if question.period.first or question.period.end:
        raise NotAnswerable("The return report is of all time: a campaign pays off late.")
    campaigns = list(Campaign.objects.for_list())
    found = results(campaigns, question.user)
    total = ReturnLine("", "total", "Total", together(found.values()))
    rows = [
        ReturnLine(value, key, name, together(found[pk] for pk in members), url=url)
        for (value, key, name, url), members in grouped(campaigns, GROUPS[question.by]).items()
    ]
    rows.sort(key=lambda row: (-(row.found.spent or 0), row.name.casefold()))
    return ReturnReport(question.by, Organisation.get().currency, rows, total, now())


def return_answer(question: Question) -> Answer:
    """Answer the question with one table: a row for each campaign, channel or programme."""
    found = returns(question)
    lines, total = found.rows, found.total
    if sees_all(question.user):
        lines, total = with_money(found)
    by = found.by
    table = Table(
        "return",
        f"By {by}",
        by.capitalize(),
        COLUMNS,
        tuple(line.as_row(by) for line in lines),
        total.as_row(by),
        "Of all time, for the leads that a campaign brought in; influenced is what it touched.",
        "No campaign yet.",
    )
    return Answer(
        "return", question.asked, found.as_of, found.currency, (table,), figures(table.total)
    )


def with_money(found: ReturnReport) -> tuple[list[ReturnLine], ReturnLine]:
    """Return the lines with payback and influenced pipeline, which add up over no campaigns."""
    paid, touched = paid_back(found.by, found.currency), influenced(found.by, found.currency)
    of_all = paid_back("", found.currency).get(0), influenced("", found.currency).get(0, 0)
    lines = []
    for line in found.rows:
        key = None if line.value == NONE else int(line.value)
        lines.append(completed(line, paid.get(key), touched.get(key, 0)))
    return lines, completed(found.total, *of_all)


def completed(line: ReturnLine, paid: Paid | None, touched: int) -> ReturnLine:
    return ReturnLine(line.value, line.key, line.name, line.found, paid, touched, line.url)


def figures(total: Row | None) -> tuple[Figure, ...]:
    assert total is not None
    cells = total.cells
    return (
        Figure("spend", "Spend", cells["spend"], answers.MONEY, good=""),
        Figure("won", "Won", cells["won"], answers.MONEY, "Won deals of campaigns’ leads"),
        Figure("roi", "ROI", cells["roi"], answers.PERCENT, "(Won − spend) ÷ spend"),
        Figure("pipeline", "Sourced pipeline", cells["pipeline"], answers.MONEY,
               "Open deals of campaigns’ leads"),
        Figure("influenced", "Influenced pipeline", cells["influenced"], answers.MONEY,
               "Open deals whose leads have a touch of a campaign"),
    )  # fmt: skip


Name = tuple[str, str, str, str]
"""The group's value in addresses, its lasting key in files, its name, its page."""


def grouped(campaigns: list[Campaign], name: Callable[[Campaign], Name]) -> dict[Name, list[int]]:
    found: dict[Name, list[int]] = {}
    for campaign in campaigns:
        found.setdefault(name(campaign), []).append(campaign.pk)
    return found


def of_campaign(campaign: Campaign) -> Name:
    return str(campaign.pk), str(campaign.pk), campaign.name, campaign.get_absolute_url()


def of_channel(campaign: Campaign) -> Name:
    channel = campaign.channel
    return (str(channel.pk), channel.key, channel.name, "") if channel else NO_CHANNEL


def of_programme(campaign: Campaign) -> Name:
    return of_campaign(campaign.parent or campaign)


NO_CHANNEL = (NONE, "(none)", "No channel", "")
GROUPS = {"campaign": of_campaign, "channel": of_channel, "programme": of_programme}
