"""`manage.py check_sums`: compare the kept sums of the funnel report with the ledger."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from crm.reports import checking


class Command(BaseCommand):
    help = "Say where the funnel's kept sums differ from the ledger; exit status 1 if they do."

    def handle(self, *args: Any, **options: Any) -> None:
        found = checking.check()
        if not found:
            self.stdout.write("The sums are what the ledger says.")
            return
        for line in found:
            self.stdout.write(line)
        self.stderr.write(f"{len(found)} differences. `manage.py rebuild_sums` mends them.")
        sys.exit(1)
