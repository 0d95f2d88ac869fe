"""The report “Learning”: what converts, rules and threshold against the outcomes, advice.

Source: docs/metrics.md#learning.
"""

from collections.abc import Iterable

from django.db.models import Count
from django.utils.timezone import now

from campaigns.models import ScoringRule
from crm.common.intervals import FEW, wilson
from crm.funnel.models import MqlDefinition
from crm.learning import chosen
from crm.learning.advising import advice
from crm.learning.arithmetic import Share
from crm.learning.chosen import BAND, BY, DECIDED, NOT_WON, OF_LEADS, PENDING, WON, leads_url
from crm.learning.lessons import Calibration, Case, Cut, Lessons, bounds, learn
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table
from crm.reports.questions import Question
from crm.users.models import Organisation

CONVERTS = (
    Column("low", "At least", answers.PERCENT, "Lower bound of the 95 % interval: ranks the rows"),
    Column("rate", "Converted", answers.PERCENT, "Customers ÷ decided"),
    Column("high", "At most", answers.PERCENT, "Upper bound of the 95 % interval"),
    Column("decided", "Decided", help="Customers, lost, given back and disqualified", bar=True),
    Column("won", "Customers"),
    Column("lost", "Not won"),
    Column("pending", "Pending", help="Still on their way: in no rate"),
)
RULES = (
    Column("points", "Points", no_rows=True),
    Column("suggested", "By the model", no_rows=True, help="In proportion to what each rule adds"),
    Column("with_it", "Decided with it"),
    Column("rate_with", "Converted", answers.PERCENT),
    Column("rate_without", "Without it", answers.PERCENT),
    Column("low", "Difference from", answers.PERCENT, "95 % interval, not adjusted for others"),
    Column("high", "to", answers.PERCENT),
    Column("verdict", "What that says", answers.TEXT),
)
CUTS = (
    Column("leads", "Handed over"),
    Column("fewer", "Fewer", answers.PERCENT),
    Column("won", "Customers"),
    Column("missed", "Wins lost", no_rows=True),
)
VERDICTS = {
    "few": f"Too few (<{FEW})",
    "useless": "Useless: hardly raises the odds",
    "useful": "Useful",
    "unclear": "Not clear yet",
}


def answer(question: Question) -> Answer:
    """Answer with what the handed leads of the period teach about the rules in force."""
    rules = in_force()
    definition = MqlDefinition.current()
    cases = list(chosen.cases(question.period, question.whose, question.user))
    found = learn(
        cases, {name: points for name, (_, points) in rules.items()}, definition.threshold
    )
    return Answer(
        "learning",
        question.asked,
        now(),
        Organisation.get().currency,
        (
            converts(question, cases),
            rules_table(question, found),
            cuts_table(question, found.cuts, definition.threshold),
        ),
        figures(question, found),
        notes=notes(found),
        own={"advice": advice(question, found, rules, definition.threshold)},
    )


def in_force() -> dict[str, tuple[int, int]]:
    """Return the active scoring rules by name: key and points."""
    rows = ScoringRule.objects.filter(is_active=True).order_by("position", "pk")
    return {name: (pk, points) for pk, name, points in rows.values_list("pk", "name", "points")}


# What converts ------------------------------------------------------------------------------------


def converts(question: Question, cases: list[Case]) -> Table:
    counts = counted(question, cases)
    by = question.by
    names = OF_LEADS[by].names(counts) if by in OF_LEADS else {v: (v, v) for v in counts}
    ranked = sorted(counts.items(), key=lambda pair: rank(pair[1], names[pair[0]][1]))
    rows = tuple(Row(*names[value], cells(question, row, value)) for value, row in ranked)
    won, lost, pending = (sum(case.won is said for case in cases) for said in (True, False, None))
    return Table(
        "converts",
        f"What converts, by {BY[by].lower()}",
        BY[by],
        CONVERTS,
        rows,
        Row("total", "All handed leads", cells(question, (won, lost, pending), "")),
        f"Ranked by what is sure: the lower bound. Fewer than {FEW} decided are too few to rank."
        + (" A lead counts for each rule that spoke for it." if by == chosen.RULE else ""),
        "No lead was handed over in this period.",
    )


Counts = tuple[int, int, int]
"""Won, not won, pending."""


def counted(question: Question, cases: list[Case]) -> dict[str, Counts]:
    by = question.by
    if by in OF_LEADS:
        found = chosen.leads(question.period, question.whose, question.user)
        parts = {name.replace("-", "_"): Count("pk", filter=chosen.PARTS[name])
                 for name in (WON, NOT_WON, PENDING)}  # fmt: skip
        rows = OF_LEADS[by].grouped(question.seen(found)).order_by().values_list("group")
        return {OF_LEADS[by].written(group): (a, b, c) for group, a, b, c in rows.annotate(**parts)}
    groups: dict[str, list[int]] = {}
    for case in cases:
        bands = [] if case.score is None else [chosen.band_of(case.score)]
        for value in bands if by == BAND else sorted(case.rules):
            row = groups.setdefault(value, [0, 0, 0])
            row[{True: 0, False: 1, None: 2}[case.won]] += 1
    return {value: (a, b, c) for value, (a, b, c) in groups.items()}


def rank(counts: Counts, name: str) -> tuple[bool, float, int, str]:
    share = Share(counts[0], counts[0] + counts[1])
    interval = wilson(*share)
    return share.of < FEW, -(interval.low if interval else 0.0), -share.of, name


def cells(question: Question, counts: Counts, value: str) -> dict[str, Cell]:
    won, lost, pending = counts
    share = Share(won, won + lost)
    by = question.by if value else ""
    few = share.of < FEW
    interval = None if few else wilson(*share)

    def linked(number: int, part: str) -> Cell:
        return Cell(number, leads_url(question, part, by, value) if number else "")

    return {
        "low": Cell(interval.low if interval else None, note=f"too few (<{FEW})" if few else ""),
        "rate": Cell(None if few else share.rate),
        "high": Cell(interval.high if interval else None),
        "decided": linked(share.of, DECIDED),
        "won": linked(won, WON),
        "lost": linked(lost, NOT_WON),
        "pending": linked(pending, PENDING),
    }


# Rules and threshold ------------------------------------------------------------------------------


def rules_table(question: Question, found: Lessons) -> Table:
    rows = tuple(rule_row(question, one) for one in found.rules)
    about = (
        "How the leads did for which a rule spoke at the handoff. The last column weighs all rules "
        "together: what this one adds, the others being equal."
    )
    empty = "No scoring rule is in force."
    return Table("rules", "Scoring rules", "Rule", RULES, rows, about=about, empty=empty)


def rule_row(question: Question, one: Calibration) -> Row:
    low, high = bounds(one) or (None, None)
    of = one.with_it.of
    return Row(
        one.rule,
        one.rule,
        {
            "points": Cell(one.points),
            "suggested": Cell(one.suggested),
            "with_it": Cell(of, leads_url(question, DECIDED, chosen.RULE, one.rule) if of else ""),
            "rate_with": Cell(one.with_it.rate),
            "rate_without": Cell(one.without.rate),
            "low": Cell(low),
            "high": Cell(high),
            "verdict": Cell(VERDICTS[one.verdict]),
        },
        tone="warning" if one.verdict == "useless" else "",
    )


def cuts_table(question: Question, cuts: Iterable[Cut], threshold: int) -> Table:
    found = list(cuts)
    rows = tuple(cut_row(question, cut, found[0]) for cut in found if cut.leads or cut is found[0])
    about = (
        "What a higher threshold would have left of the decided leads, by the scores frozen at "
        "their handoff. Of a lower one nothing is known: such leads were not handed over."
    )
    return Table("threshold", f"Another threshold than {threshold}", "From", CUTS, rows,
                 about=about)  # fmt: skip


def cut_row(question: Question, cut: Cut, first: Cut) -> Row:
    value = str(cut.threshold)
    return Row(
        value,
        value,
        {
            "leads": Cell(cut.leads, leads_url(question, DECIDED, chosen.FROM, value)
                          if cut.leads else ""),
            "fewer": Cell(1 - cut.leads / first.leads if first.leads else None),
            "won": Cell(cut.won, leads_url(question, WON, chosen.FROM, value) if cut.won else ""),
            "missed": Cell(first.won - cut.won),
        },
    )  # fmt: skip


def figures(question: Question, found: Lessons) -> tuple[Figure, ...]:
    def linked(number: int, part: str) -> Cell:
        return Cell(number, leads_url(question, part) if number else "")

    return (
        Figure("decided", "Decided", linked(found.decided, DECIDED), hint="handed leads"),
        Figure("pending", "Pending", linked(found.pending, PENDING), hint="in no rate", good=""),
        Figure("rules_auc", "Rules sort right", Cell(found.rules_auc), answers.PERCENT,
               "AUC of the frozen scores: the chance that a customer scored higher than another",
               "50 % is a coin"),
        Figure("model_auc", "A model would", Cell(found.model_auc), answers.PERCENT,
               "AUC of the fitted points, on leads that the fit did not see", "cross-validated"),
    )  # fmt: skip


def notes(found: Lessons) -> tuple[str, ...]:
    if found.decided >= FEW:
        return ()
    return (f"With {found.decided} decided leads nothing is sure yet: advice comes from {FEW} on.",)
