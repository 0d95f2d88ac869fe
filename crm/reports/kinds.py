"""The kinds of rows behind numbers, and how a list shows each. Leads have a list already."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum

from campaigns.models import Campaign, Spend, Touch
from crm.activities.models import Activity
from crm.common.formats import DASH, day, moment, money
from crm.funnel.models import Handoff, Verdict
from crm.reports.rows import RowSet
from crm.users.models import Organisation, User
from deals.models import Deal
from leads.models import Lead


@dataclass(frozen=True)
class Shown:
    """One row of a list: what leads to its page, then its other cells."""

    title: str
    url: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """words: one and many; heads: of the columns

    scoped: limits rows to those that a user sees; loaded: with all that `show` needs
    money: columns of an amount and its currency, summed below the head; "" currency: the
        organisation's
    """

    name: str
    words: tuple[str, str]
    heads: tuple[str, ...]
    scoped: Callable[[QuerySet[Any], User], QuerySet[Any]]
    loaded: Callable[[QuerySet[Any]], QuerySet[Any]]
    show: Callable[[Any], Shown]
    money: tuple[str, str] | None = None

    def rows(self, chosen: RowSet, params: Any, user: User | None) -> QuerySet[Any]:
        """Return the rows of a set that `user` sees."""
        found = chosen.select(params, user)
        return self.scoped(found, user) if user else found

    def shown(self, row: Any) -> dict[str, Any]:
        """Return a row as the list draws it, each cell with the head that it stands under."""
        one = self.show(row)
        cells = list(zip(self.heads[1:], one.cells, strict=True))
        return {"title": one.title, "url": one.url, "labelled": cells}

    def sums(self, rows: QuerySet[Any]) -> list[tuple[str, int]]:
        """Return what the rows amount to: (currency, minor units), the largest first."""
        if self.money is None:
            return []
        amount, currency = self.money
        if not currency:
            return [(Organisation.get().currency, rows.aggregate(s=Sum(amount))["s"] or 0)]
        found = rows.order_by().values_list(currency).annotate(n=Count("pk"), s=Sum(amount))
        return sorted(((code, s) for code, _, s in found if code), key=lambda pair: -pair[1])


def word(value: object) -> str:
    return str(value) if value else DASH


def show_deal(deal: Deal) -> Shown:
    state = str(deal.stage) if deal.is_open else deal.get_status_display()
    closed = day(deal.closed_on) if deal.closed_on else DASH
    amount = money(deal.amount_minor, deal.currency)
    cells = (word(deal.company), word(deal.lead), state, amount, word(deal.owner), closed)
    return Shown(deal.name, deal.get_absolute_url(), cells)


def show_handoff(handoff: Handoff) -> Shown:
    cells = (
        handoff.attempt_label,
        word(handoff.rep),
        moment(handoff.opened_at),
        moment(handoff.routed_at) if handoff.routed_at else DASH,
        moment(handoff.answered_at) if handoff.answered_at else DASH,
        handoff.get_outcome_display(),
    )
    return Shown(str(handoff.lead), handoff.get_absolute_url(), cells)


def show_verdict(verdict: Verdict) -> Shown:
    reason = verdict.reason_text or word(verdict.reason)
    cells = (
        verdict.get_kind_display(),
        reason,
        word(verdict.lead.campaign),
        word(verdict.by),
        day(verdict.at),
    )
    return Shown(str(verdict.lead), verdict.lead.get_absolute_url(), cells)


def show_activity(activity: Activity) -> Shown:
    outcome = activity.get_outcome_display() or activity.get_reaction_display() or DASH
    cells = (activity.get_kind_display(), outcome, word(activity.by), moment(activity.at))
    return Shown(str(activity.lead), activity.lead.get_absolute_url(), cells)


def show_touch(touch: Touch) -> Shown:
    cells = (
        touch.get_kind_display(),
        word(touch.detail),
        word(touch.campaign),
        word(touch.channel),
        moment(touch.at),
    )
    return Shown(str(touch.lead), touch.lead.get_absolute_url(), cells)


def show_spend(spend: Spend) -> Shown:
    amount = money(spend.amount_minor, Organisation.get().currency)
    cells = (day(spend.day), word(spend.note), amount)
    return Shown(str(spend.campaign), spend.campaign.get_absolute_url(), cells)


def of_seen_leads(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    return rows.filter(lead__in=Lead.objects.visible_to(user))


def visible(rows: Any, user: User) -> Any:
    return rows.visible_to(user)


def seen_campaigns(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    return rows.filter(campaign__in=Campaign.objects.visible_to(user))


KINDS = {
    kind.name: kind
    for kind in [
        Kind(
            "deals",
            ("deal", "deals"),
            ("Deal", "Company", "Lead", "Stage", "Amount", "Owner", "Closed"),
            visible,
            lambda rows: rows.select_related("company", "lead", "stage", "owner"),
            show_deal,
            ("amount_minor", "currency"),
        ),
        Kind(
            "handoffs",
            ("handoff", "handoffs"),
            ("Lead", "Attempt", "Rep", "Opened", "Routed", "Answered", "Outcome"),
            visible,
            lambda rows: rows.select_related("lead", "rep"),
            show_handoff,
        ),
        Kind(
            "verdicts",
            ("verdict", "verdicts"),
            ("Lead", "Verdict", "Reason", "Campaign", "By", "Day"),
            visible,
            lambda rows: rows.select_related("lead__campaign", "reason", "by"),
            show_verdict,
        ),
        Kind(
            "activities",
            ("activity", "activities"),
            ("Lead", "Activity", "Outcome", "By", "When"),
            of_seen_leads,
            lambda rows: rows.select_related("lead", "by"),
            show_activity,
        ),
        Kind(
            "touches",
            ("touch", "touches"),
            ("Lead", "Touch", "Detail", "Campaign", "Channel", "When"),
            of_seen_leads,
            lambda rows: rows.select_related("lead", "campaign", "channel"),
            show_touch,
        ),
        Kind(
            "spend",
            ("entry of spend", "entries of spend"),
            ("Campaign", "Day", "Note", "Amount"),
            seen_campaigns,
            lambda rows: rows.select_related("campaign"),
            show_spend,
            ("amount_minor", ""),
        ),
    ]
}
