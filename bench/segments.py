"""Counting segments: typical rules over all leads and a million touches."""

import random
import sys
import time
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

from django.db import connection
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.segments.services import selected
from leads.models import Lead

SEED, ROUNDS, TOUCHES_A_LEAD, BATCH = 11, 9, 10, 5000
Tree = dict[str, Any]


def rule(field: str, operator: str, value: Any = None) -> Tree:
    return {"field": field, "operator": operator, "value": value}


def every(*rules: Tree) -> Tree:
    return {"join": "all", "rules": list(rules)}


def any_of(*rules: Tree) -> Tree:
    return {"join": "any", "rules": list(rules)}


def touch(operator: str = "has", **asked: Any) -> Tree:
    return rule("touch", operator, asked)


MINE = rule("stage", "in", ["lead", "recycled"])
SEGMENTS: dict[str, Tree] = {
    "consent, own stages": every(MINE, rule("consent", "yes")),
    "score and country": every(rule("score", "min", 25), rule("country", "in", ["DE", "AT"])),
    "size of the company": every(rule("size", "in", ["50-249", "250-999"])),
    "job title": every(rule("job_title", "contains", ["head", "chief", "vp"])),
    "webinar in 90 days": every(touch(kind="webinar", days=90)),
    "webinar or demo, larger company": every(
        any_of(touch(kind="webinar", days=365), touch(kind="demo_request", days=365)),
        rule("size", "in", ["50-249", "250-999", "1000+"]),
    ),
    "three page views in 30 days": every(touch(kind="page_view", days=30, times=3)),
    "any of a campaign": every(touch(campaign=7)),
    "no touch in 180 days": every(MINE, touch("has_not", days=180)),
    "quiet, was recycled": every(rule("recycled", "yes"), rule("last_touch", "not_within", 60)),
}


def fill_touches() -> int:
    """Write touches until there are ten for each lead; return how many there are."""
    leads = list(Lead.objects.order_by("pk").values_list("pk", flat=True))
    missing = len(leads) * TOUCHES_A_LEAD - Touch.objects.count()
    rng, at = random.Random(SEED), now()  # noqa: S311
    kinds = [*Touch.Kind.values, *["page_view"] * 12, *["email_click"] * 4]
    for first in range(0, max(0, missing), BATCH):
        Touch.objects.bulk_create(
            Touch(
                lead_id=rng.choice(leads),
                kind=rng.choice(kinds),
                campaign_id=rng.randint(1, 40),
                at=at - timedelta(days=rng.expovariate(1 / 200)),
                key=f"segments:{first + number}",
            )
            for number in range(min(BATCH, missing - first))
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE campaigns_touch")
    return Touch.objects.count()


def run() -> None:
    """Print of each segment how many leads it has and how long counting them takes."""
    touches = fill_touches()
    sys.stdout.write(f"\nsegments: {Lead.objects.count():,} leads, {touches:,} touches\n")
    sys.stdout.write(f"{'count of':36}{'leads':>10}{'median ms':>12}{'p95 ms':>10}\n")
    for name, tree in SEGMENTS.items():
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            found = selected(tree).count()
            times.append((time.perf_counter() - started) * 1000)
        worst = quantiles(times, n=20)[-1]
        sys.stdout.write(f"{name:36}{found:>10,}{median(times):>12.1f}{worst:>10.1f}\n")
