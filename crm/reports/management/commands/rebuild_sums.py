"""`manage.py rebuild_sums`: count all leads anew for the kept sums of the funnel report."""

from typing import Any

from django.core.management.base import BaseCommand

from crm.reports import keeping


class Command(BaseCommand):
    help = "Count all leads anew for the funnel report. It stays right while this runs."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{keeping.rebuild():,} leads counted")
