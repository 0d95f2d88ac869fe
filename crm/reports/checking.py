"""Whether the kept sums are what the ledger says: by hand, and every night."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Q
from django.utils.timezone import localdate, localtime, now

from crm.funnel.models import StageEntry
from crm.notifications.services import notify
from crm.reports import keeping
from crm.reports.facts import CountKey, DurationKey, Fact, Sums
from crm.reports.lives import as_counted, in_ledger
from crm.reports.models import COUNTED, DurationSum, FunnelFact, FunnelSum, StaleLead, SumsState
from crm.stages import PATH
from crm.users.models import Organisation, User

logger = logging.getLogger(__name__)

CHUNK = 5000
NIGHT = range(2, 5)
"""Hours of the organisation's clock at which the nightly check may begin."""


def check_nightly() -> None:
    """Check once a night; where something differs, mend it and tell the administrators."""
    organisation = Organisation.get()
    if localtime(timezone=organisation.zone).hour not in NIGHT or not claim_check():
        return
    found = check()
    if not found:
        return
    logger.error("the funnel sums differed from the ledger: %s", "; ".join(found[:20]))
    mend(found, night=localdate(timezone=organisation.zone))
    keeping.catch_up()


@transaction.atomic
def mend(found: list[str], *, night: date) -> None:
    """Have every lead counted anew, and tell the administrators. If killed later, beat goes on."""
    keeping.start_over()
    for administrator in User.objects.administrators():
        notify(
            administrator,
            key=f"sums-differed:{night}",
            title=f"The funnel report was mended: {len(found)} of its kept sums were wrong",
            body="\n".join(found[:20]),
            url="/reports/funnel/",
        )


def claim_check() -> bool:
    """Note that the check of this night has begun; False if another did, or nothing is kept yet."""
    long_ago = Q(checked_at=None) | Q(checked_at__lt=now() - timedelta(hours=12))
    return bool(SumsState.objects.filter(long_ago).update(checked_at=now()))


@transaction.atomic
def check() -> list[str]:
    """Compare the sums with the ledger; return what differs, in words. Nobody folds meanwhile.

    Leads that are marked stale are allowed to differ: the report counts their difference itself.
    """
    state = keeping.lock(wait=True)
    assert state is not None
    kept_sums = Sums(ZoneInfo(state.time_zone))
    wrong: dict[int, str] = {}
    for counted, said in side_by_side():
        for fact in counted.values():
            kept_sums.add(fact)
        wrong |= {
            lead: f"lead {lead}: kept {counted.get(lead)}, ledger {said.get(lead)}"
            for lead in counted.keys() | said.keys()
            if counted.get(lead) != said.get(lead)
        }
    stale = set(StaleLead.objects.filter(lead_id__in=list(wrong)).values_list("lead_id", flat=True))
    leads = [words for lead, words in sorted(wrong.items()) if lead not in stale]
    return leads + wrong_counts(kept_sums) + wrong_durations(kept_sums)


def side_by_side() -> Iterator[tuple[dict[int, Fact], dict[int, Fact]]]:
    """Yield all leads, a chunk at a time: the facts that were counted, and those of the ledger."""
    last = max(
        FunnelFact.objects.aggregate(last=Max("pk"))["last"] or 0,
        StageEntry.objects.aggregate(last=Max("lead"))["last"] or 0,
    )
    for start in range(1, last + 1, CHUNK):
        leads = range(start, start + CHUNK)
        yield as_counted(leads), in_ledger(leads)


def wrong_counts(expected: Sums) -> list[str]:
    rows = FunnelSum.objects.values_list("counting", "by", "value", "month", *COUNTED)
    kept = {CountKey(*row[:4]): list(row[4:]) for row in rows.iterator()}
    nothing = [0] * len(PATH)
    return [
        f"sum {' '.join(map(str, key))}: kept {kept.get(key)}, counted {expected.counts.get(key)}"
        for key in sorted(kept.keys() | expected.counts.keys())
        if kept.get(key, nothing) != expected.counts.get(key, nothing)
    ]


def wrong_durations(expected: Sums) -> list[str]:
    kept = {
        DurationKey(row.counting, row.month, PATH.index(stage)): {
            int(k): n for k, n in bins.items()
        }
        for row in DurationSum.objects.all()
        for stage, bins in row.bins.items()
    }
    return [
        f"durations {' '.join(map(str, key))}: kept otherwise than counted"
        for key in sorted(kept.keys() | expected.durations.keys())
        if kept.get(key, {}) != expected.durations.get(key, {})
    ]
