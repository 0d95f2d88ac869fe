"""`manage.py seed_demo`: fill an empty database with the demo company."""

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.demo import company, people
from crm.users.models import Role, User


class Command(BaseCommand):
    help = "Fill an empty database with the demo company, a believable year from a fixed seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing if there are leads")
        parser.add_argument("--show-logins", action="store_true", help="print the log-ins and stop")
        parser.add_argument("--password", help="of all demo users; otherwise one is made up")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["show_logins"]:
            self.seed(options["password"], quiet=options["if_empty"])
        self.show_log_ins()

    def seed(self, password: str | None, *, quiet: bool) -> None:
        password = password or secrets.token_urlsafe(6)
        try:
            seeded = company.seed(password=password)
        except company.NotEmpty as error:
            if not quiet:
                raise CommandError(f"{error} The demo company needs an empty database.") from error
            return
        note = self.password_file()
        note.touch(mode=0o600)
        note.write_text(password)
        self.stdout.write(f"Demo company: {seeded.leads} leads, {seeded.deals} deals.")

    def show_log_ins(self) -> None:
        """Print a log-in for each role, if this installation has the demo company."""
        if not self.password_file().exists():
            return
        password = self.password_file().read_text()
        for role, name in people.LOG_INS.items():
            if User.objects.filter(email=people.address(name)).exists():
                label = Role(role).label
                self.stdout.write(f"  {label:18} {people.address(name):22} {password}")

    def password_file(self) -> Path:
        return Path(settings.VAR) / "demo_password"
