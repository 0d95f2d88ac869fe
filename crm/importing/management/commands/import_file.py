"""Bring leads, deals, touches, spend or weekly numbers in from a file, or take that back.

manage.py import_file leads FILE --map external_id=mql_id --map mql_at=first_contact_date
manage.py import_file spend FILE --map campaign=name --map day=date --map amount=cost
manage.py import_file --undo ID
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import BaseCommand, CommandError

from crm.importing import services, undoing, uploads
from crm.importing.amounts import SIGNS
from crm.importing.fields import NotMappable
from crm.importing.guessing import guess
from crm.importing.models import Import
from crm.importing.planning import Problem
from crm.importing.reading import NotReadable, known_encoding
from crm.importing.records import COUNTED, Tally
from crm.importing.services import NotReady

USAGE = 2
SHOWN = 20


class Command(BaseCommand):
    help = "Import leads, deals, touches, spend or weekly numbers from a file; or undo an import."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", choices=Import.Kind.values)
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
        parser.add_argument(
            "--map", action="append", default=[], metavar="FIELD=COLUMN",
            help="which column is which field; repeatable. Without any, columns are guessed.",
        )  # fmt: skip
        parser.add_argument(
            "--date-format", default="", help="how dates are written, such as %%d-%%m-%%Y"
        )
        parser.add_argument(
            "--decimal-sign", default="", choices=["", *SIGNS],
            help="'.' or ',': what marks the decimals of amounts; else found out",
        )  # fmt: skip
        parser.add_argument("--time-zone", default="", help="of the file; else the organisation's")
        parser.add_argument("--encoding", default="", help="such as cp1252; else found out")
        parser.add_argument("--delimiter", default="", help="such as ';'; else found out")
        parser.add_argument("--sheet", default="", help="of a workbook; else the first")
        parser.add_argument(
            "--duplicates", choices=Import.Duplicates.values, default=Import.Duplicates.UPDATE
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be; write nothing"
        )
        parser.add_argument("--undo", type=int, metavar="ID", help="take an import back")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["undo"] is not None:
            self.undo(options["undo"])
        elif not (options["kind"] and options["file"]):
            kinds = ", ".join(Import.Kind.values)
            raise CommandError(f"Say what to import: {kinds}, and the FILE.", returncode=USAGE)
        else:
            self.bring_in(options)

    def bring_in(self, options: dict[str, Any]) -> None:
        try:
            source = self.prepare(options)
            if options["dry_run"]:
                total, _ = services.dry_run(source)
                self.report(f"Dry run of {source.file_name}: nothing was written.", total)
                return
            source.save()
            services.run_here(source)
        except (NotReadable, NotMappable) as error:
            raise CommandError(str(error), returncode=USAGE) from error
        finally:
            if options["dry_run"] and "source" in locals():
                uploads.forget_files(source)
        self.tell(source)

    def prepare(self, options: dict[str, Any]) -> Import:
        """Return the import that the options describe, not saved."""
        zone = options["time_zone"]
        if zone and zone not in available_timezones():
            raise CommandError(f"“{zone}” is not a time zone.", returncode=USAGE)
        if options["encoding"]:
            options["encoding"] = known_encoding(options["encoding"])
        names = ("date_format", "time_zone", "encoding", "delimiter", "sheet", "decimal_sign")
        chosen = {name: options[name] for name in names if options[name]}
        chosen["delimiter"] = {"\\t": "\t", "tab": "\t"}.get(
            options["delimiter"], options["delimiter"]
        )
        source = uploads.take_path(options["file"], kind=options["kind"], options=chosen)
        source.duplicates = options["duplicates"]
        services.set_mapping(source, self.mapping(source, options["map"]))
        return source

    def mapping(self, source: Import, pairs: list[str]) -> dict[str, str]:
        if not pairs:
            guessed = guess(source.kind, source.columns)
            told = " ".join(f"--map {field}={column}" for field, column in guessed.items())
            self.stdout.write(f"Guessed: {told}")
            return guessed
        mapping = {}
        for pair in pairs:
            field, sign, column = pair.partition("=")
            if not sign:
                raise NotMappable(f"“{pair}” is not of the form field=column.")
            mapping[field] = column
        return mapping

    def tell(self, source: Import) -> None:
        """Print what became of a run; leave with 1 and the file of errors if rows were refused."""
        counts = {name: getattr(source, name) for name in COUNTED}
        problems = [Problem(**problem) for problem in source.problems]
        self.report(
            f"Import {source.pk}: {source.kind} from {source.file_name}.",
            Tally(counts=counts, problems=problems),  # type: ignore[arg-type]
        )
        self.stdout.write(f"Take it back with: manage.py import_file --undo {source.pk}")
        if source.refused:
            raise CommandError(
                f"{source.refused:,} rows were refused. They are, with the reasons, in "
                f"{source.error_file.path}",
                returncode=1,
            )

    def report(self, title: str, total: Tally) -> None:
        self.stdout.write(title)
        words = {"warned": "with warnings"}
        for name in COUNTED:
            self.stdout.write(f"  {words.get(name, name):14}{total.counts[name]:>10,}")
        for level in ("warning", "error"):
            told = [problem for problem in total.problems if problem.level == level]
            for problem in told[:SHOWN]:
                where = f" ({problem.field})" if problem.field else ""
                self.stdout.write(f"Line {problem.line}{where}: {level}: {problem.message}")
            if len(told) > SHOWN:
                self.stdout.write(f"and further {level}s")

    def undo(self, pk: int) -> None:
        source = Import.objects.filter(pk=pk).first()
        if source is None:
            raise CommandError(f"There is no import {pk}.", returncode=USAGE)
        try:
            source = undoing.undo(source, actor=None)
        except NotReady as error:
            raise CommandError(str(error), returncode=USAGE) from error
        self.stdout.write(f"Import {pk} ({source.file_name}) was taken back.")
        for kept in source.kept:
            self.stdout.write(f"Stays: {kept['what']} (line {kept['line']}): {kept['reason']}")
