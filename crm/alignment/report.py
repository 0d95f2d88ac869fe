"""The report “Alignment”: both sides' promises with target, actual and pace, and open disputes."""

from typing import Any

from django.utils.timezone import now

from crm.alignment.chosen import NUMBERS
from crm.alignment.measures import SIDES, Measure, Part, of_side
from crm.alignment.standing import Board, Standing, board
from crm.common.formats import day
from crm.common.links import link
from crm.funnel.models import Verdict
from crm.reports import answers, questions
from crm.reports.answers import Answer, Cell, Column, Row, Table
from crm.reports.questions import NotAnswerable, Question
from crm.users.models import Organisation
from deals.forecast.spans import MONTH, QUARTER, Span, span_of

MOST_DISPUTES = 50


def answer(question: Question) -> Answer:
    """Answer with the promises of one month or quarter; without a period, of the present month.

    The numbers are the whole organisation's; lists and `yours` are in the reader's row scope.
    Raises NotAnswerable for another period: promises are for months and quarters.
    """
    span = span_asked(question)
    found = board(question, span)
    sides = [side_table(question, found, side) for side in SIDES]
    trends = [trend_table(question, found, side) for side in SIDES]
    return Answer(
        "alignment",
        {**question.asked, "period": str(span)},
        now(),
        Organisation.get().currency,
        (*sides, *trends, disputes(question)),
        notes=notes(question),
        own={"sides": [drawn_side(question, found, side) for side in SIDES]},
    )


def span_asked(question: Question) -> Span:
    period = question.period
    if period.first is None and period.end is None:
        return span_of(MONTH, questions.today())
    for kind in (MONTH, QUARTER):
        if period.first and (span := span_of(kind, period.first)).period == period:
            return span
    raise NotAnswerable("Promises are for whole months and quarters. Choose one of these.")


def notes(question: Question) -> tuple[str, ...]:
    if question.sees_all:
        return ()
    return (
        "The numbers are of the whole organisation. “Yours” are the rows that you see of them.",
    )


# Tables -------------------------------------------------------------------------------------------


def columns(question: Question) -> tuple[Column, ...]:
    """Return the columns; who does not see all rows opens those that he sees."""
    hidden = not question.sees_all
    yours = (Column("yours", "Yours"), Column("of_yours", "Of yours")) if hidden else ()
    return (
        Column("target", "Target", no_rows=True),
        Column("actual", "Actual", no_rows=True),
        Column("pace", "Pace", answers.TEXT),
        Column("met", "Kept", no_rows=hidden),
        Column("of", "Of", no_rows=hidden),
        *yours,
    )


def side_table(question: Question, found: Board, side: str) -> Table:
    rows = tuple(
        row
        for measure in of_side(side)
        for row in rows_of(question, found, found.past[measure.key][-1])
    )
    return Table(side, SIDES[side], "Promise", columns(question), rows)


def rows_of(question: Question, found: Board, standing: Standing) -> list[Row]:
    """Return the row of a measure; if it has several parts, a row for each of them besides."""
    measure = standing.measure
    cells = {
        "target": Cell(standing.goal, kind=measure.kind),
        "actual": Cell(standing.actual, kind=measure.kind),
        "pace": Cell(standing.words),
    }
    if len(measure.parts) == 1:
        counts = part_cells(question, found, measure.parts[0])
        return [Row(measure.key, measure.label, cells | counts)]
    parts = [
        Row(
            f"{measure.key}-{part.met}",
            f"{measure.label}: {part.label}",
            part_cells(question, found, part) | {"actual": share_cell(found, part)},
        )
        for part in measure.parts
    ]
    return [Row(measure.key, measure.label, cells), *parts]


def share_cell(found: Board, part: Part) -> Cell:
    met, of = (found.counted.of(found.span.first, name) for name in (part.met, part.of))
    return Cell(met / of if of else None, kind=answers.PERCENT)


def part_cells(question: Question, found: Board, part: Part) -> dict[str, Cell]:
    cells = {}
    for column, name in (("met", part.met), ("of", part.of)):
        if not name:
            continue
        count = found.counted.of(found.span.first, name)
        seen = found.counted.seen_of(found.span.first, name)
        url = NUMBERS[name].url(found.span.period)
        cells[column] = Cell(count, url if count and seen is None else "")
        if seen is not None:
            cells["yours" if column == "met" else "of_yours"] = Cell(seen, url if seen else "")
    return cells


def trend_table(question: Question, found: Board, side: str) -> Table:
    """Return the measures of one side in the months or quarters until now."""
    measures = of_side(side)
    unit = "month" if found.span.kind == MONTH else "quarter"
    shown = tuple(trend_column(question, measure) for measure in measures)
    targets = tuple(
        Column(f"{measure.key}_target", "Target", measure.kind, no_rows=True)
        for measure in measures
    )
    pairs = tuple(column for pair in zip(shown, targets, strict=True) for column in pair)
    rows = tuple(
        Row(found.past[measures[0].key][place].span.key, str(span), trend_cells(question, past))
        for place, (span, past) in enumerate(by_span(found, measures))
    )
    return Table(f"trend-{side}", f"{SIDES[side]}, by {unit}", unit.capitalize(), pairs, rows)


def trend_column(question: Question, measure: Measure) -> Column:
    return Column(
        measure.key,
        measure.label,
        measure.kind,
        measure.help,
        good="up",
        no_rows=not question.sees_all,
    )


def by_span(found: Board, measures: list[Measure]) -> list[tuple[Span, list[Standing]]]:
    alike = zip(*(found.past[measure.key] for measure in measures), strict=True)
    return [(standings[0].span, list(standings)) for standings in alike]


def trend_cells(question: Question, past: list[Standing]) -> dict[str, Cell]:
    cells = {}
    for standing in past:
        measure = standing.measure
        linked = measure.is_count and standing.met and question.sees_all
        url = NUMBERS[measure.parts[0].met].url(standing.span.period) if linked else ""
        cells[measure.key] = Cell(standing.actual, url)
        cells[f"{measure.key}_target"] = Cell(standing.goal)
    return cells


def disputes(question: Question) -> Table:
    """Return the disputes that no manager has ruled on, the oldest first."""
    rows = question.seen(Verdict.objects.disputed()).select_related(
        "lead", "reason", "disputed_by", "by"
    )
    shown = (
        Column("verdict", "Verdict", answers.TEXT),
        Column("by", "Given by", answers.TEXT),
        Column("disputed_by", "Disputed by", answers.TEXT),
        Column("note", "Because", answers.TEXT),
        Column("since", "Since", answers.DAY),
    )
    return Table(
        "disputes",
        "Open disputes",
        "Lead",
        shown,
        tuple(dispute_row(one) for one in rows.order_by("disputed_at", "pk")[:MOST_DISPUTES]),
        about="Verdicts that marketing objects to, and no manager has ruled on.",
        empty="No dispute is open.",
    )


def dispute_row(verdict: Verdict) -> Row:
    reason = f": {verdict.reason}" if verdict.reason else ""
    page = verdict.lead.get_absolute_url()
    if verdict.handoff_id:
        page = link("funnel:handoff-detail", verdict.handoff_id)
    assert verdict.disputed_at
    cells: dict[str, Any] = {
        "verdict": Cell(f"{verdict.get_kind_display()}{reason}"),
        "by": Cell(str(verdict.by or "")),
        "disputed_by": Cell(str(verdict.disputed_by or "")),
        "note": Cell(verdict.dispute_note),
        "since": Cell(verdict.disputed_at.astimezone(Organisation.get().zone).date().isoformat()),
    }
    return Row(f"verdict-{verdict.pk}", str(verdict.lead), cells, page)


# Drawn by the page's own template -----------------------------------------------------------------


def drawn_side(question: Question, found: Board, side: str) -> dict[str, Any]:
    """Return one column of the page, plain values."""
    measures = [drawn(question, found, measure) for measure in of_side(side)]
    return {"key": side, "label": SIDES[side], "measures": measures}


def drawn(question: Question, found: Board, measure: Measure) -> dict[str, Any]:
    past = found.past[measure.key]
    standing = past[-1]
    scale = 100 if measure.kind == answers.PERCENT else 1
    known = [one.actual for one in past if one.actual is not None]
    return {
        "key": measure.key,
        "label": measure.label,
        "help": measure.help,
        "kind": measure.kind,
        "actual": standing.actual,
        "target": standing.goal,
        "words": standing.words,
        "tone": standing.tone,
        "series": [round(value * scale, 1) for value in known],
        "trend": f"{measure.label}, {day(past[0].span.first)} to {day(standing.span.last)}",
        "parts": [drawn_part(question, found, part) for part in measure.parts],
    }


def drawn_part(question: Question, found: Board, part: Part) -> dict[str, Any]:
    cells = part_cells(question, found, part)
    pairs = {key: [cell.value, cell.url] for key, cell in cells.items()}
    words = {"met_words": part.met_words, "between": part.between, "of_words": part.of_words}
    return {**words, **pairs}
