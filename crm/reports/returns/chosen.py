"""Which rows stand behind the numbers of the return report.

A lead belongs to the campaign that brought it in; a group is campaigns: one, those of a channel,
or a programme with what stands under it.
"""

from typing import Any

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, Spend, Touch
from crm.funnel.models import StageEntry
from crm.reports.dimensions import NONE, row_key
from crm.reports.rows import LEADS, Params, RowSet, url_of
from crm.stages import PATH
from crm.users.models import Organisation, User
from deals.models import Deal
from leads.models import Lead

CAMPAIGN, CHANNEL, PROGRAMME = "campaign", "channel", "programme"
GROUPED_BY = (CAMPAIGN, CHANNEL, PROGRAMME)
WON, OPEN, INFLUENCED = "won", "open", "influenced"


def of_group(by: str, value: str) -> Any:
    """Return the campaigns of a group; value "" is all of them."""
    campaigns = Campaign.objects.all()
    if not value:
        return campaigns
    key = None if value == NONE else row_key(value)
    if by == CHANNEL:
        return campaigns.filter(channel=key)
    if by == PROGRAMME:
        return campaigns.annotate(programme=Coalesce(F("parent"), F("pk"))).filter(programme=key)
    return campaigns.filter(pk=key or 0)


def leads_of(params: Params, user: User | None) -> Any:
    """Return the leads that the campaigns brought in and that reached a stage."""
    stage = params.choice("stage", [stage.value for stage in PATH])
    entry = StageEntry.objects.filter(lead=OuterRef("pk"), stage=stage)
    return Lead.objects.filter(Exists(entry), campaign__in=group(params))


def deals_of(params: Params, user: User | None) -> Any:
    """Return the deals in our currency that were won, are open, or are influenced."""
    part = params.choice("part", (WON, OPEN, INFLUENCED))
    deals = Deal.objects.filter(currency=Organisation.get().currency)
    if part == INFLUENCED:
        touches = Touch.objects.filter(lead=OuterRef("lead"), campaign__in=group(params))
        return deals.filter(Exists(touches), status=Deal.Status.OPEN)
    return deals.filter(status=part, lead__campaign__in=group(params))


def spend_of(params: Params, user: User | None) -> Any:
    return Spend.objects.filter(campaign__in=group(params))


def group(params: Params) -> Any:
    value = params.text("value")
    if value and value != NONE:
        params.number("value")
    return of_group(params.choice("by", GROUPED_BY), value).values("pk")


def url(name: str, by: str, value: str, **more: Any) -> str:
    return url_of(f"return-{name}", by=by, value=value, **more)


def deals_label(params: Params) -> str:
    return {
        WON: "Deals won with leads of campaigns",
        OPEN: "Open deals with leads of campaigns",
        INFLUENCED: "Open deals whose leads campaigns touched",
    }[params.choice("part", (WON, OPEN, INFLUENCED))]


SETS = (
    RowSet("return-leads", LEADS, leads_of, lambda p: f"{p.text('stage').upper()}s of campaigns"),
    RowSet("return-deals", "deals", deals_of, deals_label),
    RowSet("return-spend", "spend", spend_of, lambda params: "Spend"),
)
