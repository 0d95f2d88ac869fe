"""`python -m bench.run_reports LEADS`: seed the environment's database if it is empty, and measure.

One line of JSON for each report. Run by bench/__main__.py as a process of its own.
"""

import dataclasses
import json
import os
import sys


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings"
    import django

    django.setup()
    from bench.reports import measured
    from bench.seeder import fill
    from bench.server import serving
    from crm.reports import keeping
    from leads.models import Lead

    if not Lead.objects.exists():
        fill(int(sys.argv[1]))
    keeping.catch_up()
    with serving() as address:
        for figure in measured(address):
            sys.stdout.write(json.dumps(dataclasses.asdict(figure)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
