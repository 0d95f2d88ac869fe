from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.correspondence.fetching import CannotFetch, fetch


class Command(BaseCommand):
    help = "Fetch what is new in the folder of INBOUND_IMAP_URL, and log it with its leads."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch until nothing is new. Ends with an error if the server cannot be read."""
        total = 0
        try:
            while read := fetch():
                total += read
        except CannotFetch as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{total} messages read")
