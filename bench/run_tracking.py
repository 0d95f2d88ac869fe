"""`python -m bench.run_tracking <name>`: page views on the database and broker of the environment.

Run by bench/__main__.py as a process of its own.
"""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    from bench.seeder import people
    from bench.tracking import measure

    people()

    rates = measure()
    sys.stdout.write(
        f"tracking, {sys.argv[1]}: {rates.taken:,.0f} events/s taken "
        f"({rates.views:,}, {rates.lost} lost), {rates.counted:,.0f} views/s counted\n"
    )


if __name__ == "__main__":
    main()
