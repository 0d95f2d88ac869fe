"""Print how long a crossing takes to reach a queue, on the present database and broker.

python -m bench.run_latency [name of this profile]
"""

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402

from bench.latency import burst, measure, workers  # noqa: E402
from bench.seeder import people  # noqa: E402
from crm.users.models import User  # noqa: E402

if not User.objects.reps().exists():
    people()
User.objects.update(capacity=10_000, password=make_password("bench"))
name = sys.argv[1] if sys.argv[1:] else "Redis" if settings.REDIS_URL else "embedded"
with workers():
    found, seconds = measure(), burst()
sys.stdout.write(
    f"crossing to queue, {name}: {found.crossings} at 20 a second, median {found.median:.0f} ms, "
    f"p95 {found.p95:.0f} ms\n"
    f"recording a touch, {name}: p95 {found.recording_p95:.1f} ms, of it publishing "
    f"{found.publishing_p95:.1f} ms\n"
    f"burst, {name}: 2,000 crossings in one call, the last in a queue after {seconds:.1f} s\n"
)
