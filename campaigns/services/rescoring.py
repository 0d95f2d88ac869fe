"""Scoring many leads at once: when a rule has changed, and every hour as points fade."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Min, Q, QuerySet, Value, When
from django.utils.timezone import now

from campaigns import scoring
from campaigns.models import HeldLead, Rescoring, Touch
from campaigns.scoring import Scorer
from campaigns.services.explaining import active_rules, facts_of
from campaigns.services.holding import held_back, hold, newest_evidence
from campaigns.services.qualifying import OFFERABLE, today
from campaigns.services.scores import SCORE_LEAD
from crm.funnel.models import MqlDefinition, Offering
from crm.funnel.policy import may_offer
from crm.outbox import services as outbox
from crm.outbox.models import Effect
from crm.stages import Stage
from leads.models import Lead, LeadQuerySet

RESCORE = "campaigns.rescore"
"""Payload {"run", "first", "end"}: score the leads with first <= pk < end by the rules in force.

run: of Rescoring; end: None is without end
"""

RESCORE_DECAYED = "campaigns.rescore_decayed"
"""Payload {"run", "first", "end"}: the same for those among them whose points fade."""

CHUNK = 500

NEEDED = (
    *("name", "email", "phone", "job_title", "country", "stage", "stage_since"),
    *("consent", "consent_asked_at"),
    *("score", "scored_at", "recycled_until", "enriched_at"),
    *("company__name", "company__industry", "company__size", "company__country"),
    *("channel__name", "channel__key"),
)
"""What rules of fit and the MQL definition ask of a lead."""

Moments = dict[str, list[datetime]]
"""Kind of touch to the moments of such touches."""


@transaction.atomic
def rescore_all(*, offering: str = Offering.ALL, a_day: int = 0) -> int:
    """Ask that every lead is scored anew, in chunks; return how many chunks.

    offering, a_day: what happens to leads that become ready, see Offering; with ALL also to those
        that an earlier change held back

    Called whenever a rule has changed. What is left of an earlier run is passed over. The last
    chunk has no end: a lead that came in while the rules changed is scored by the new ones too.
    """
    ends = Lead.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["last"] is None:
        return 0
    if offering == Offering.ALL:
        HeldLead.objects.all().delete()
    starts = range(ends["first"], ends["last"] + 1, CHUNK)
    made = Rescoring.objects.create(chunks=len(starts), offering=offering, a_day=a_day)
    run = str(made.pk)
    wishes: list[tuple[str, dict[str, Any]]] = [
        (f"rescore:{run}:{first}", {"run": run, "first": first, "end": first + CHUNK})
        for first in starts
    ]
    wishes[-1][1]["end"] = None
    outbox.enqueue_many(RESCORE, wishes)
    return len(wishes)


def handle_definition(payload: dict[str, Any]) -> None:
    """Score every lead by a new MQL definition, so that those who meet it are offered."""
    rescore_all(offering=payload.get("offering", Offering.ALL), a_day=payload.get("a_day", 0))


def ask_for_decayed(at: datetime | None = None) -> int:
    """Ask that leads whose points fade are scored; once an hour, however often this is called."""
    hour = f"{at or now():%Y%m%d%H}"
    wishes: list[tuple[str, dict[str, Any]]] = [
        (f"decay:{hour}:{first}", {"run": hour, "first": first, "end": last + 1})
        for first, last in chunks(fading().order_by("pk").values_list("pk", flat=True).iterator())
    ]
    return outbox.enqueue_many(RESCORE_DECAYED, wishes)


def chunks(pks: Iterator[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of every CHUNK ids."""
    while taken := list(islice(pks, CHUNK)):
        yield taken[0], taken[-1]


def fading() -> LeadQuerySet:
    """Leads whose score may be another one now though nothing was done to them.

    Their touches fade; or they were recycled, there is evidence since, and the cool-down has
    ended; or they were never scored.
    """
    since = now() - timedelta(days=scoring.horizon_days(active_rules()))
    cooled = Q(recycled_until=None) | Q(recycled_until__lte=today())
    evident = Q(last_touch_at__gt=F("stage_since")) | Q(enriched_at__gt=F("stage_since"))
    back = Q(stage=Stage.RECYCLED) & evident & cooled
    return Lead.objects.filter(Q(last_touch_at__gte=since) | back | Q(scored_at=None))


def handle(payload: dict[str, Any]) -> None:
    """Carry out one chunk of RESCORE, unless a newer run has replaced it."""
    if payload["run"] == latest_run():
        rescore(in_range(Lead.objects.all(), payload), run=payload["run"])


def handle_decayed(payload: dict[str, Any]) -> None:
    """Carry out one chunk of RESCORE_DECAYED."""
    rescore(in_range(fading(), payload), run=payload["run"])


def in_range(leads: LeadQuerySet, payload: dict[str, Any]) -> LeadQuerySet:
    found = leads.filter(pk__gte=payload["first"])
    return found if payload["end"] is None else found.filter(pk__lt=payload["end"])


@transaction.atomic
def rescore(leads: QuerySet[Lead], *, run: str = "") -> int:
    """Score `leads` in a few statements; return how many scores changed.

    Holds their rows, then reads the rules: whoever scores a lead last has read the last rules.
    Those that now meet the MQL definition are each asked to be offered.
    run: distinguishes this pass from others; "" takes the present moment
    """
    named = leads.select_related("company", "channel").only(*NEEDED).order_by("pk")
    held = list(named.select_for_update(of=("self",)))
    scorer, at = Scorer(active_rules()), now()
    seen = moments_of([lead.pk for lead in held])
    changed: dict[int, list[int]] = {}
    for lead in held:
        value = scorer.total(facts_of(lead), seen.get(lead.pk, {}), at)
        if value != lead.score or lead.scored_at is None:
            lead.score, lead.scored_at = value, at
            changed.setdefault(value, []).append(lead.pk)
    write_scores(changed, at)
    offer_ready(held, seen, run or f"{at:%Y%m%d%H%M%S%f}")
    return sum(map(len, changed.values()))


def write_scores(changed: dict[int, list[int]], at: datetime) -> None:
    """Write new scores, value to the leads that have it now, some hundred leads a statement."""
    pairs = [(pk, value) for value, pks in changed.items() for pk in pks]
    for first in range(0, len(pairs), CHUNK):
        some: dict[int, list[int]] = {}
        for pk, value in pairs[first : first + CHUNK]:
            some.setdefault(value, []).append(pk)
        score = Case(*(When(pk__in=pks, then=Value(value)) for value, pks in some.items()))
        every = [pk for pks in some.values() for pk in pks]
        Lead.objects.filter(pk__in=every).update(score=score, scored_at=at)


def moments_of(lead_ids: Collection[int]) -> dict[int, Moments]:
    """Return when many leads responded, by lead and by kind of touch, in one query."""
    found: dict[int, Moments] = {}
    rows = Touch.objects.filter(lead__in=lead_ids).order_by()
    for lead_id, kind, at in rows.values_list("lead", "kind", "at").iterator():
        found.setdefault(lead_id, {}).setdefault(kind, []).append(at)
    return found


def newest_of(moments: Moments) -> datetime | None:
    """Return when a lead responded last, None if it never did."""
    return max((max(each) for each in moments.values()), default=None)


def offer_ready(leads: list[Lead], seen: dict[int, Moments], run: str) -> None:
    """Ask, one by one, that leads which meet the definition are offered to sales.

    While a pass is under way that holds leads back, those that become ready are held instead.
    """
    ready = ready_of(leads, seen)
    if not ready:
        return
    pass_under_way = holding_pass()
    if pass_under_way is not None:
        hold(ready, pass_under_way)
    held = held_back({lead.pk: evidence_of(lead, seen) for lead in ready})
    wishes: list[tuple[str, dict[str, Any]]] = [
        (f"score:{run}:{lead.pk}", {"lead": lead.pk}) for lead in ready if lead.pk not in held
    ]
    outbox.enqueue_many(SCORE_LEAD, wishes)


def ready_of(leads: list[Lead], seen: dict[int, Moments]) -> list[Lead]:
    """Return the leads that meet the definition and may be offered."""
    definition, day = MqlDefinition.current(), today()
    return [
        lead
        for lead in leads
        if lead.stage in OFFERABLE
        and not definition.missing(lead)
        and may_offer(lead, newest_of(seen.get(lead.pk, {})), today=day)
    ]


def evidence_of(lead: Lead, seen: dict[int, Moments]) -> datetime | None:
    return newest_evidence(lead, newest_of(seen.get(lead.pk, {})))


def holding_pass() -> Rescoring | None:
    """Return the latest pass over all leads if it is under way and holds leads back."""
    newest = Rescoring.objects.order_by("-pk").first()
    if newest is None or newest.offering == Offering.ALL:
        return None
    return newest if pending_of(newest).exists() else None


@dataclass(frozen=True)
class Progress:
    """How far the latest rescoring of all leads is, in chunks."""

    done: int
    total: int

    @property
    def is_running(self) -> bool:
        return self.done < self.total


def latest_run() -> str:
    """Return the name of the latest run of `rescore_all`, "" if there was none."""
    newest = Rescoring.objects.order_by("-pk").values_list("pk", flat=True).first()
    return "" if newest is None else str(newest)


def progress() -> Progress:
    run = Rescoring.objects.order_by("-pk").first()
    if run is None:
        return Progress(0, 0)
    return Progress(run.chunks - min(run.chunks, pending_of(run).count()), run.chunks)


def pending_of(run: Rescoring) -> QuerySet[Effect]:
    """The chunks of a pass that are still to be carried out."""
    return Effect.objects.pending().filter(kind=RESCORE, payload__run=str(run.pk))
