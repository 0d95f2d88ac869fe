"""What marketing and sales of the demo company agreed on: definitions, promises, disputes."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from campaigns.commitments import commit
from campaigns.models import CommitmentChange
from crm.alignment import measures, signing
from crm.alignment.models import DefinitionSignature, PromiseChange
from crm.alignment.promises import set_promises
from crm.common.periods import add_months
from crm.demo import words
from crm.demo.people import Cast
from crm.funnel import verdicts
from crm.funnel.models import MqlDefinition, Reason, StageEntry, Verdict
from crm.stages import Stage
from crm.users.models import Organisation, User
from deals.forecast.spans import MONTH, QUARTER, Span, span_of
from leads.models import Lead
from leads.services import search_key

VERSIONS = [
    # days ago, fields, why, days until marketing's and sales' signature; None: not signed yet
    (150, ["email", "country"], "Routing goes by country; blank ones waited for hours.", (0, 1)),
    (2, ["email", "country", "job_title"], "Reps want to know whom they call.", (0, None)),
]
PAST_MONTHS = 11
RATES = {
    # percent or attempts in the quarters up to the present one, the oldest first; then the next
    measures.QUALITY: ("70", "70", "70", "72", "75", "75"),
    measures.COMPLETENESS: ("90", "90", "95", "95", "98", "98"),
    measures.IN_TIME: ("35", "40", "45", "50", "50", "60"),
    measures.ATTEMPTS: ("1.5", "1.5", "1.5", "1.7", "1.7", "2"),
    measures.VERDICTS: ("90", "95", "95", "95", "95", "95"),
}
DISPUTES = [
    "She asked for a call herself, twice.",
    "The company moved into our size class in spring.",
    "The number was changed; the new one is on their site.",
]
NOON = time(12, 5)
WITHOUT_COMPANY = 3
"""Every so many of the leads that were given back for their data had named no company."""


@dataclass(frozen=True)
class Agreed:
    """The versions of the MQL definition, the first one first."""

    versions: list[MqlDefinition]

    def at(self, moment: datetime) -> MqlDefinition:
        """Return the version that was in force at that moment."""
        found = [one for one in self.versions[1:] if one.created_at <= moment]
        return found[-1] if found else self.versions[0]


def agree(now: datetime, cast: Cast) -> Agreed:
    """Write the versions of the definition and who signed them."""
    first = MqlDefinition.current()
    MqlDefinition.objects.filter(pk=first.pk).update(created_at=now - timedelta(days=364))
    made = [first]
    sales = next(iter(cast.managers.values()))
    sign(first, cast.marketing_manager, measures.MARKETING, now - timedelta(days=360))
    sign(first, sales, measures.SALES, now - timedelta(days=359))
    for ago, fields, why, signed in VERSIONS:
        at = now - timedelta(days=ago, hours=3)
        definition = MqlDefinition.objects.create(
            version=first.version + len(made),
            threshold=first.threshold,
            required_fields=fields,
            note=why,
            created_at=at,
            created_by=cast.marketing_manager,
        )
        made.append(definition)
        signers = (cast.marketing_manager, measures.MARKETING), (sales, measures.SALES)
        for (who, side), days in zip(signers, signed, strict=True):
            if days is not None:
                sign(definition, who, side, at + timedelta(days=days, minutes=40))
    signing.handle_changed({"version": made[-1].version})
    return Agreed(made)


def sign(definition: MqlDefinition, by: User, side: str, at: datetime) -> None:
    DefinitionSignature.objects.create(definition=definition, side=side, by=by, at=at)


def promise(now: datetime, cast: Cast) -> None:
    """Write what both sides promised in the past year and for the next months, and who did."""
    today = now.astimezone(Organisation.get().zone).date()
    marketing, sales = cast.marketing_manager, next(iter(cast.managers.values()))
    commit(promised_mqls(today), by=marketing)
    quarters = [span_of(QUARTER, today).shifted(n) for n in range(-4, 2)]
    for key, values in RATES.items():
        by = marketing if measures.MEASURES[key].side == measures.MARKETING else sales
        set_promises(key, dict(zip(quarters, map(Decimal, values), strict=True)), by=by)
    this_month = Span(MONTH, today.replace(day=1))
    set_promises(measures.IN_TIME, {this_month: Decimal(55)}, by=sales)
    date_changes(now)


def promised_mqls(today: date) -> dict[date, int | None]:
    """Return the commitments: in the past near what was reached, ahead as words.COMMITMENTS."""
    month = today.replace(day=1)
    reached = {add_months(month, -n): 0 for n in range(1, PAST_MONTHS + 1)}
    zone = Organisation.get().zone
    for at in StageEntry.objects.filter(stage=Stage.MQL).values_list("at", flat=True):
        day = at.astimezone(zone).date().replace(day=1)
        if day in reached:
            reached[day] += 1
    past = {day: max(5, round(count * stretch(day) / 5) * 5) for day, count in reached.items()}
    ahead = {add_months(month, n): mqls for n, mqls in enumerate(words.COMMITMENTS)}
    return {**past, **ahead}


def stretch(month: date) -> float:
    """Return by how much a month's commitment lay above what came of it."""
    return (1.0, 1.1, 0.95)[month.month % 3]


def date_changes(now: datetime) -> None:
    """Let the history say that promises were made before their time came, the last this week."""
    for change in CommitmentChange.objects.all():
        made = datetime.combine(change.month, NOON, now.tzinfo) - timedelta(days=12)
        CommitmentChange.objects.filter(pk=change.pk).update(at=min(made, now - timedelta(days=9)))
    for row in PromiseChange.objects.all():
        made = datetime.combine(row.starts_on, NOON, now.tzinfo) - timedelta(days=9)
        PromiseChange.objects.filter(pk=row.pk).update(at=min(made, now - timedelta(days=3)))


def leave_out_companies() -> None:
    """Let some leads that came back for their data have named no company."""
    back = Verdict.objects.filter(reason__side=Reason.Side.DATA, kind=Verdict.Kind.REJECTED)
    chosen = list(back.order_by("pk").values_list("lead", flat=True))[::WITHOUT_COMPANY]
    leads = list(Lead.objects.filter(pk__in=chosen).order_by("pk"))
    for lead in leads:
        lead.company = None
        lead.search_key = search_key(lead)
    Lead.objects.bulk_update(leads, ["company", "search_key"], batch_size=500)


def object_to(now: datetime, by: User) -> None:
    """Let marketing dispute some of the latest verdicts against its leads."""
    latest = Verdict.objects.standing().filter(kind=Verdict.Kind.REJECTED).order_by("-at", "-pk")
    for ago, (verdict, note) in enumerate(zip(latest[: len(DISPUTES)], DISPUTES, strict=False), 1):
        verdicts.dispute(verdict, by=by, note=note)
        Verdict.objects.filter(pk=verdict.pk).update(disputed_at=now - timedelta(days=ago, hours=2))
