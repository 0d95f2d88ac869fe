"""Which leads and deals leak. No lead is in two leaks, so that their sums may be added.

Source: docs/metrics.md#leaks.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.timezone import now

from crm.activities.models import FollowUp
from crm.funnel.models import Handoff
from crm.reports.dimensions import DIMENSIONS, OF_DEALS
from crm.reports.questions import Question, of_whom
from crm.reports.rows import LEADS, Params, RowSet, url_of
from crm.reports.velocity.chosen import in_group
from crm.stages import Stage
from crm.users.models import Organisation, User
from deals.models import Deal
from leads.models import Lead

OWNERLESS, UNANSWERED, UNCONTACTED, BARE = "ownerless", "unanswered", "uncontacted", "bare-deals"


@dataclass(frozen=True)
class Leak:
    """stage: what its leads have reached, for their worth; None: deals, worth their own amount

    since: the column that says for how long
    """

    label: str
    remedy: str
    stage: Stage | None
    since: str = "stage_since"


LEAKS = {
    OWNERLESS: Leak("MQLs without an owner", "Give them to somebody", Stage.MQL),
    UNANSWERED: Leak("MQLs without a verdict", "Their deadline has passed", Stage.MQL),
    UNCONTACTED: Leak("Accepted, never contacted", "Call them", Stage.SAL),
    BARE: Leak("Deals without a next activity", "Plan the next step", None),
}


def leaking(part: str, whose: str = "") -> Any:
    """Return the leads, or for BARE the deals, of one leak."""
    if part == BARE:
        planned = FollowUp.objects.open().filter(deal=OuterRef("pk"))
        return Deal.objects.open().filter(of_whom(whose)).exclude(Exists(planned))
    leads = Lead.objects.filter(of_whom(whose))
    waiting = Handoff.objects.waiting().filter(lead=OuterRef("pk"))
    if part == OWNERLESS:
        return leads.filter(stage=Stage.MQL, owner=None)
    if part == UNANSWERED:
        late = waiting.overdue(now())
        return leads.filter(Exists(late), stage=Stage.MQL, owner__isnull=False)
    return leads.filter(Exists(uncontacted()), stage=Stage.SAL)


def uncontacted() -> Any:
    """Return accepted handoffs whose first contact is overdue (Organisation.contact_minutes)."""
    patience = timedelta(minutes=Organisation.get().contact_minutes)
    return Handoff.objects.accepted().filter(
        lead=OuterRef("pk"), first_contact_at=None, answered_at__lt=now() - patience
    )


def leak_url(question: Question, part: str, value: str = "") -> str:
    by = {"by": question.by, "value": value} if value else {}
    name = BARE if part == BARE else "leaking"
    return url_of(name, part=part, whose=question.whose, **by)


def leads_of(params: Params, user: User | None) -> Any:
    part = params.choice("part", [key for key in LEAKS if key != BARE])
    return leaking(part, params.text("whose")).filter(in_group(params, DIMENSIONS))


def deals_of(params: Params, user: User | None) -> Any:
    return leaking(BARE, params.text("whose")).filter(in_group(params, OF_DEALS))


SETS = (
    RowSet("leaking", LEADS, leads_of, lambda params: LEAKS[params.choice("part", LEAKS)].label),
    RowSet(BARE, "deals", deals_of, lambda params: LEAKS[BARE].label),
)
