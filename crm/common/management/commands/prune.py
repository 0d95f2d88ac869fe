"""`manage.py prune`: drop what is past its retention (docs/operations.md). Beat does it daily."""

from typing import Any

from django.core.management.base import BaseCommand

from crm.common.retention import prune_all


class Command(BaseCommand):
    help = "Drop what is past its retention; sums stay."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, number in prune_all().items():
            self.stdout.write(f"{number:,} {what}")
