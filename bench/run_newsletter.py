"""`python -m bench.run_newsletter <readers>`: print how fast a newsletter leaves."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
django.setup()

from bench.newsletter import measure  # noqa: E402

done = measure(int(sys.argv[1]))
sys.stdout.write(
    f"newsletter, {done.database}: {done.messages:,} messages, {done.rate:,.0f} a second, "
    "one sending process (bar: 200)\n"
)
