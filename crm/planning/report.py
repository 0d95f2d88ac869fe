"""The report “Plan”: what a quarter's revenue needs, month by month, with ranges; plan and actual.

Source: docs/metrics.md#plan.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any

from django.utils.timezone import now

from crm.common.formats import major, number, percent
from crm.common.periods import Period, add_months
from crm.planning.arithmetic import Need, Plan, backwards, bounded, split, total
from crm.planning.asking import LAGS, PERCENTS, Asked, ask, shown
from crm.planning.models import AdoptedPlan
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Chart, Column, Figure, Row, Table
from crm.reports.drill import Cell as Leads
from crm.reports.funnel import funnel
from crm.reports.questions import PERIOD, Question, today
from crm.stages import Stage
from crm.users.models import Organisation

NEEDS = ("leads", "mqls", "sqls", "deals")
COLUMNS = (
    Column("leads", "Leads", no_rows=True, bar=True),
    Column("leads_range", "Between", answers.TEXT),
    Column("mqls", "MQLs", no_rows=True),
    Column("mqls_range", "Between", answers.TEXT),
    Column("sqls", "SQLs", no_rows=True),
    Column("sqls_range", "Between", answers.TEXT),
    Column("deals", "Deals won", no_rows=True),
    Column("revenue", "Revenue", answers.MONEY, no_rows=True),
    Column("budget", "Budget", answers.MONEY, "Leads × cost of a lead", no_rows=True),
)
ASSUMED = (
    Column("measured", "Measured", answers.TEXT),
    Column("range", "95 % range", answers.TEXT),
    Column("planned", "Planned with", answers.TEXT),
    Column("sample", "Of", no_rows=True),
)
ACTUAL = (
    Column("mqls_planned", "MQLs planned", no_rows=True),
    Column("mqls", "MQLs"),
    Column("sqls_planned", "SQLs planned", no_rows=True),
    Column("sqls", "SQLs"),
    Column("deals_planned", "Deals planned", no_rows=True),
    Column("deals", "Customers"),
)
REACHED = {"mqls": Stage.MQL, "sqls": Stage.SQL, "deals": Stage.CUSTOMER}
LABELS = {
    "target": "Revenue target",
    "value": "Value of a deal",
    "mql_rate": "Leads that become MQLs",
    "sql_rate": "MQLs that become SQLs",
    "win_rate": "SQLs that become customers",
    "cost": "Cost of a lead",
    "mql_lag": "Lead to MQL",
    "sql_lag": "MQL to SQL",
    "win_lag": "SQL to customer",
}


def answer(question: Question) -> Answer:
    """Answer with the needs of each month; without them where an assumption is missing."""
    found = ask(question)
    plan = plan_of(found)
    adopted = list(AdoptedPlan.objects.in_force(found.quarter.first).select_related("adopted_by"))
    tables = [plan_table(found, plan), assumed_table(found)]
    if adopted:
        tables.append(actual_table(adopted[0]))
    return Answer(
        "plan",
        {**question.asked, "period": str(found.quarter)},
        now(),
        Organisation.get().currency,
        tuple(tables),
        figures(found, plan),
        (chart(tables[0]),) if plan else (),
        notes(found, plan),
        own=drawn(found, adopted),
    )


def plan_of(found: Asked) -> Plan:
    if found.planned is None or not found.target:
        return {}
    return backwards(split(found.target, found.quarter.months), found.planned)


# Tables -------------------------------------------------------------------------------------------


def plan_table(found: Asked, plan: Plan) -> Table:
    least, most = ranges_of(found, plan)
    rows = tuple(
        Row(f"{month:%Y-%m}", f"{month:%b %Y}", cells(need, least.get(month), most.get(month)),
            tone="muted" if month < today().replace(day=1) else "")
        for month, need in plan.items()
    )  # fmt: skip
    summed = cells(total(plan), total(least), total(most)) if plan else {}
    return Table(
        "plan",
        f"What {found.quarter} needs",
        "Month",
        COLUMNS,
        rows,
        Row("total", "Total", summed) if plan else None,
        "Each stage stands in the month in which it has to be reached: earlier by the time that "
        "leads take from there. Numbers are rounded up. “Between” has the rates' 95 % ranges.",
        "Say what is missing, and the plan stands here.",
    )


def ranges_of(found: Asked, plan: Plan) -> tuple[Plan, Plan]:
    """Return the plan by the upper and by the lower ends of the measured rates: least and most."""
    if not plan or found.planned is None or not found.target:
        return {}, {}
    ranges = {name: one for name, one in found.measured.ranges.items() if name not in found.given}
    revenue = split(found.target, found.quarter.months)
    ends = [bounded(found.planned, ranges, high=high) for high in (True, False)]
    return backwards(revenue, ends[0]), backwards(revenue, ends[1])


def cells(need: Need, least: Need | None, most: Need | None) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for name in NEEDS:
        value: Fraction = getattr(need, name)
        if not value:
            continue
        found[name] = Cell(ceil(value))
        if name != "deals" and least and most:
            low, high = (ceil(getattr(end, name)) for end in (least, most))
            found[f"{name}_range"] = Cell(f"{number(low)}–{number(high)}" if low != high else "")
    if need.revenue:
        found["revenue"] = Cell(round(need.revenue))
    if need.budget:
        found["budget"] = Cell(round(need.budget))
    return found


def assumed_table(found: Asked) -> Table:
    rows = []
    for name, label in LABELS.items():
        interval = found.measured.ranges.get(name)
        between = f"{percent(interval.low)}–{percent(interval.high)}" if interval else ""
        known = {
            "measured": Cell(words(name, measured_value(found, name))),
            "range": Cell(between),
            "planned": Cell(words(name, found.values[name])),
            "sample": Cell(found.measured.samples.get(name, found.measured.won
                                                      if name == "value" else None)),
        }  # fmt: skip
        rows.append(Row(name, label, known, tone="warning" if name in found.missing else ""))
    about = "Measured over the last twelve months. Fewer than 20 are too few to plan with."
    return Table(
        "assumptions", "What it stands on", "Assumption", ASSUMED, tuple(rows), about=about
    )


def measured_value(found: Asked, name: str) -> Any:
    measured = found.measured
    if name in PERCENTS:
        return measured.rates.get(name)
    if name in LAGS:
        return measured.lags.get(name)
    return {"value": measured.value, "cost": measured.cost}.get(name)


def words(name: str, value: Any) -> str:
    """Write an assumption: percent, months (measured: days), or an amount."""
    if value is None:
        return "n/a"
    if name in PERCENTS:
        return percent(float(value), 1)
    if name in LAGS:
        whole = isinstance(value, int)
        return f"{value} {unit_of(name, value)}" if whole else f"{number(value, 1)} days"
    return number(float(major(float(value), Organisation.get().currency)), 0)


def actual_table(plan: AdoptedPlan) -> Table:
    """Return the adopted plan beside what was reached, each month a link to its leads."""
    months = [date.fromisoformat(month) for month in plan.needs]
    period = Period(min(months), add_months(max(months), 1))
    reached = funnel(Question(period, PERIOD, "month"))
    rows = []
    for written, needs in plan.needs.items():
        month = date.fromisoformat(written)
        value = f"{month:%Y-%m}"
        counts = reached.row(value).counts
        shown: dict[str, Cell] = {}
        for name, stage in REACHED.items():
            shown[f"{name}_planned"] = Cell(needs.get(name))
            url = Leads(stage, None, PERIOD, period, "month", value).url if counts[stage] else ""
            shown[name] = Cell(counts[stage], url)
        rows.append(Row(value, f"{month:%b %Y}", shown))
    about = "What was adopted, and what the funnel counts in each month."
    return Table("actual", "Plan and actual", "Month", ACTUAL, tuple(rows), about=about)


# Around the tables --------------------------------------------------------------------------------


def figures(found: Asked, plan: Plan) -> tuple[Figure, ...]:
    need = total(plan)
    return (
        Figure("target", "Target", Cell(found.target), answers.MONEY, no_rows=True),
        Figure("deals", "Deals to win", Cell(ceil(need.deals) or None), no_rows=True),
        Figure("leads", "Leads to bring in", Cell(ceil(need.leads) or None), no_rows=True),
        Figure("budget", "Budget", Cell(round(need.budget) or None), answers.MONEY, no_rows=True),
    )


def notes(found: Asked, plan: Plan) -> tuple[str, ...]:
    said = []
    if found.missing:
        missing = ", ".join(LABELS[name].lower() for name in found.missing)
        said.append(f"Too little is known to measure: {missing}. Say a number above.")
    first = min(plan, default=None)
    if first and first < today().replace(day=1):
        said.append(
            f"The first leads had to come in {first:%B %Y}: what lies in the past is greyed, and "
            "can only be made up by better rates."
        )
    return tuple(said)


def chart(table: Table) -> Chart:
    series = [
        {
            "label": label,
            "type": "bar" if name == "leads" else "line",
            "colour": f"--series-{place}",
            "values": [row.value(name) for row in table.rows],
        }
        for place, (name, label) in enumerate(
            (("leads", "Leads"), ("mqls", "MQLs"), ("sqls", "SQLs"), ("deals", "Deals")), start=1
        )
    ]
    data = {"labels": [row.label for row in table.rows], "series": series}
    return Chart("plan", "What each month has to bring", data, table.key)


def drawn(found: Asked, adopted: list[AdoptedPlan]) -> dict[str, Any]:
    """Return what the page's own template needs, plain values."""
    return {
        "quarter": found.quarter.key,
        "quarter_label": str(found.quarter),
        "before": found.quarter.shifted(-1).key,
        "after": found.quarter.shifted(1).key,
        "controls": [control(found, name) for name in LABELS],
        "is_whole": not found.missing,
        "adopted": [
            {"pk": plan.pk, "by": str(plan.adopted_by or ""), "by_id": plan.adopted_by_id,
             "part": plan.part_label}
            for plan in adopted
        ],
    }  # fmt: skip


def control(found: Asked, name: str) -> dict[str, Any]:
    """Return one slider or number: its value as written, its bounds, what was measured."""
    return {
        "name": name,
        "label": LABELS[name],
        "value": shown(name, found.values[name]),
        "is_slider": name in PERCENTS or name in LAGS,
        "most": 100 if name in PERCENTS else 24,
        "step": "0.1" if name in PERCENTS else "1",
        "unit": unit_of(name, found.values[name]),
        "measured": words(name, measured_value(found, name)) if name != "target" else "",
        "is_changed": name in found.given,
        "is_missing": name in found.missing,
    }


def unit_of(name: str, value: Any) -> str:
    if name in PERCENTS:
        return "%"
    if name in LAGS:
        return "month" if value == 1 else "months"
    return Organisation.get().currency


def rounded(plan: Plan) -> Mapping[str, dict[str, int]]:
    """Return the needs as they are adopted: whole leads, by month."""
    return {
        month.isoformat(): {name: ceil(getattr(need, name)) for name in NEEDS}
        for month, need in plan.items()
    }
