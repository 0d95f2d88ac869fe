"""Which deals stand behind the numbers of attribution."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from campaigns.models import Touch
from crm.common.periods import Period
from crm.reports.attribution.counting import UNATTRIBUTED
from crm.reports.dimensions import NONE, row_key
from crm.reports.questions import Question, of_whom, on_days
from crm.reports.rows import Params, RowSet, in_period, url_of
from crm.users.models import Organisation, User
from deals.models import Deal

WON, OPEN = "won", "open"
BY = ("channel", "campaign")


def owed_deals(period: Period, part: str, whose: str = "") -> Any:
    """Return the deals won in the period, or those that are open now."""
    if part == OPEN:
        return Deal.objects.open().filter(of_whom(whose))
    return Deal.objects.filter(on_days(period, "closed_on"), of_whom(whose), status=Deal.Status.WON)


def touched(deals: Any, by: str, value: str) -> Any:
    """Return those of `deals` that have a point in a group: the SQL of `counting.share_out`."""
    until = Coalesce(OuterRef("closed_at"), Now())
    touches = Touch.objects.filter(lead=OuterRef("lead"), at__lte=until)
    known = Q(lead__channel__isnull=False) | Q(lead__campaign__isnull=False)
    if value == UNATTRIBUTED:
        return deals.exclude(Exists(touches)).exclude(known)
    group = F("campaign") if by == "campaign" else Coalesce(F("channel"), F("campaign__channel"))
    wanted = None if value == NONE else row_key(value)
    there = Exists(touches.annotate(group=group).filter(group=wanted))
    origin = known & Q(**{f"lead__{by}": wanted}) & ~Exists(touches)
    return deals.filter(there | origin)


def deals_url(question: Question, part: str, value: str = "", *, own_currency: bool = False) -> str:
    """Return the address of the deals that have a point in the group; "" is all of them."""
    by = {"by": question.by, "value": value} if value else {}
    period = in_period(question.period) if part == WON else {}
    currency = Organisation.get().currency if own_currency else ""
    return url_of("attributed", part=part, currency=currency, whose=question.whose, **period, **by)


def select(params: Params, user: User | None) -> Any:
    part = params.choice("part", (WON, OPEN))
    deals = owed_deals(params.period, part, params.text("whose"))
    if currency := params.text("currency"):
        deals = deals.filter(currency=currency)
    if not params.text("by"):
        return deals
    value = params.text("value")
    if value not in (NONE, UNATTRIBUTED):
        params.number("value")
    return touched(deals, params.choice("by", BY), value)


def label(params: Params) -> str:
    what = "Open deals" if params.text("part") == OPEN else f"Deals won: {params.period}"
    return f"{what}, owed to one {params.text('by')}" if params.text("by") else what


SETS = (RowSet("attributed", "deals", select, label),)
