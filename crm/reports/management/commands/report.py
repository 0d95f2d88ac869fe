"""`manage.py report NAME`: the numbers of a report page, from the same function."""

import json
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import BadRequest
from django.core.management.base import BaseCommand, CommandError

from crm.common.periods import Period, before
from crm.reports.answers import Answer
from crm.reports.questions import COHORT, COUNTINGS, NotAnswerable, Question
from crm.reports.registry import REPORTS, Report
from crm.reports.views.pages import chosen_table, csv_lines
from crm.reports.wording import written


def own_options() -> dict[str, str]:
    """Return what only some reports can be asked, name to words, each with who takes it."""
    return {
        name: f"{words} ({report.name})"
        for report in REPORTS.values()
        for name, words in report.options.items()
    }


class Command(BaseCommand):
    help = "Print a report. All leads count: the command line has no row scope."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help=f"one of: {', '.join(REPORTS)}")
        parser.add_argument("--list", action="store_true", help="name the reports and stop")
        parser.add_argument("--by", help="what its main table is broken down by")
        parser.add_argument("--counting", choices=sorted(COUNTINGS), default=COHORT)
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="2026-01-01")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="this day included")
        parser.add_argument("--compare", action="store_true", help="with the period before")
        parser.add_argument("--whose", default="", help="user-7 or team-2; everybody's if left out")
        parser.add_argument("--format", choices=["text", "json", "csv"], default="text")
        for name, words in own_options().items():
            parser.add_argument(f"--{name.replace('_', '-')}", default="", help=words)
        parser.add_argument("--table", default="", help="of a CSV file: another than the main one")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for report in REPORTS.values():
                self.stdout.write(f"{report.name:12} {report.about}")
            return
        if options["name"] not in REPORTS:
            raise CommandError(f"Name one of these reports: {', '.join(REPORTS)}.")
        answer = self.answer(REPORTS[options["name"]], options)
        if options["format"] == "json":
            self.stdout.write(json.dumps(answer.as_dict(), ensure_ascii=False, indent=2))
        elif options["format"] == "csv":
            table = chosen_table(answer, options["table"])
            self.stdout.write("".join(csv_lines(table, answer.currency)).lstrip("\ufeff"))
        else:
            self.write_text(answer)

    def answer(self, report: Report, options: dict[str, Any]) -> Answer:
        by, last = options["by"] or report.usual_by, options["last"]
        if report.by and by not in report.by:
            raise CommandError(f"{report.title} is broken down by one of: {', '.join(report.by)}.")
        period = Period(options["first"], last + timedelta(days=1) if last else None)
        question = Question(
            period=period,
            counting=options["counting"],
            by=by,
            before=before(period) if options["compare"] else None,
            whose=options["whose"],
            more={name: options[name] for name in report.options if options[name]},
        )
        try:
            return report.answer(question)
        except (NotAnswerable, BadRequest) as fault:
            raise CommandError(str(fault)) from fault

    def write_text(self, answer: Answer) -> None:
        for figure in answer.figures:
            words = written(figure.cell.value, figure.kind, answer.currency)
            self.stdout.write(f"{figure.label:32}{words:>13}")
        for table in answer.tables:
            heads = "".join(f"{column.label[:15]:>16}" for column in table.columns)
            self.stdout.write(f"{table.title[:31]:32}{heads}")
            for row in [*table.rows, *([table.total] if table.total else [])]:
                cells = [
                    written(row.value(c.key), row.kind(c), answer.currency) for c in table.columns
                ]
                line = "".join(f"{cell[:15]:>16}" for cell in cells)
                self.stdout.write(f"{row.label[:31]:32}{line}")
            self.stdout.write("")
        self.stdout.write(f"as of {answer.as_of.isoformat()}")
