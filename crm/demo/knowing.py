"""What the demo company knows of its leads and deals: need, budget, authority, timing."""

from random import Random

from crm.demo.marketing import BATCH
from crm.stages import Stage
from deals.models import Deal, Pipeline
from deals.qualification.models import Qualification
from leads.models import Lead

CHECKLIST = [
    "The decision maker is named",
    "The present tool and its end date are known",
    "The number of users is known",
    "The next meeting has a date",
]
NEEDS = [
    "Planning in spreadsheets takes two days a week; wants one plan for all sites",
    "Overbooked machines twice a month; wants to see conflicts before they happen",
    "New plant in spring, needs shift planning for 60 people",
    "Cannot say to customers when an order is ready",
]
BUDGETS = ["About 20,000 a year, approved", "40,000 in this year's budget", "To be asked for", ""]
AUTHORITIES = ["The COO decides, IT has a veto", "Head of operations", "The two founders", ""]
TIMINGS = ["Live before the season", "By the end of the quarter", "Contract ends in May", ""]
COMPETITORS = ["Spreadsheets", "Gantry", "Planwise", ""]


def fill(rng: Random) -> None:
    """Write down what is known of open deals, and of leads that sales works without one yet."""
    Pipeline.objects.filter(position=0).update(checklist=CHECKLIST)
    deals = Deal.objects.filter(status=Deal.Status.OPEN).select_related("owner")
    worked = Lead.objects.filter(stage__in=[Stage.SAL, Stage.SQL], deals=None)
    rows = [known(rng, deal.lead_id, deal, deal.owner_id) for deal in deals.order_by("pk")]
    rows += [known(rng, lead.pk, None, lead.owner_id) for lead in worked.order_by("pk")[:60]]
    Qualification.objects.bulk_create(rows, batch_size=BATCH)
    competitors = [row.deal for row in rows if row.deal and row.competitor]
    Deal.objects.bulk_update(competitors, ["competitor"], batch_size=BATCH)


def known(rng: Random, lead: int, deal: Deal | None, rep: int | None) -> Qualification:
    found = Qualification(
        lead_id=lead,
        deal=deal,
        need=rng.choice(NEEDS),
        budget=rng.choice(BUDGETS),
        authority=rng.choice(AUTHORITIES),
        timing=rng.choice(TIMINGS),
        competitor=rng.choice(COMPETITORS),
        checked=CHECKLIST[: rng.randrange(len(CHECKLIST) + 1)],
        version=1,
        updated_by_id=rep,
    )
    if deal:
        deal.competitor = found.competitor
    return found
