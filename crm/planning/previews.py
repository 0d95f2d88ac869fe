"""What adopting a plan would write for one reader: only what they may set, only months to come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil

from campaigns.models import Commitment
from crm.planning.asking import Asked, ask
from crm.planning.report import plan_of
from crm.reports.attribution.shares import split
from crm.reports.questions import Question, today
from crm.users.models import Team, User
from crm.users.permissions import MARKETING_MANAGERS, SALES_MANAGERS
from deals.forecast.models import Quota
from deals.forecast.quotas import Key, key_of, quotas, sellers
from deals.forecast.spans import MONTH, QUARTER, Span
from deals.forecast.targets import Whose, whose

LOOK_BACK = 4
"""Quarters before the plan's in which quotas are looked for, to share by."""


class CannotAdopt(ValueError):
    """Nothing can be adopted; the message says why and what to do."""


@dataclass(frozen=True)
class QuotaChange:
    """One quota, before and after in minor units; None: there is none."""

    label: str
    key: Key
    before: int | None
    after: int | None


@dataclass(frozen=True)
class CommitmentChange:
    """What marketing commits to in one month, before and after; None: nothing."""

    month: date
    before: int | None
    after: int | None


@dataclass(frozen=True)
class SellerRow:
    """One seller's quotas by month. share: 0 to 1, of all sellers"""

    name: str
    share: float
    changes: list[QuotaChange]

    @property
    def total(self) -> int:
        return sum(change.after or 0 for change in self.changes)


@dataclass(frozen=True)
class Preview:
    """What adopting would write.

    months: of the quarter, that are still to come; basis: what the shares follow
    overridden: quotas of whole quarters and teams that would no longer be the sum of their months
        and sellers, and are removed
    left: what of the plan somebody else adopts, in words
    """

    months: list[date] = field(default_factory=list)
    sellers: list[SellerRow] = field(default_factory=list)
    overridden: list[QuotaChange] = field(default_factory=list)
    mqls: list[CommitmentChange] = field(default_factory=list)
    basis: str = ""
    left: list[str] = field(default_factory=list)

    @property
    def quotas(self) -> list[QuotaChange]:
        return [change for row in self.sellers for change in row.changes] + self.overridden

    @property
    def totals(self) -> list[int]:
        """What the shown sellers' quotas sum to, by month."""
        columns = zip(*(row.changes for row in self.sellers), strict=True)
        return [sum(change.after or 0 for change in column) for column in columns]


def preview(question: Question, user: User) -> Preview:
    """Return what adopting the plan would change for `user`. Raises CannotAdopt."""
    found = ask(question)
    plan = plan_of(found)
    if not plan or not found.target:
        raise CannotAdopt("A number is missing. Enter it under the assumptions, then adopt.")
    if user.role not in SALES_MANAGERS | MARKETING_MANAGERS:
        raise CannotAdopt("Only managers adopt a plan.")
    made = Preview(left=left_to_others(user))
    if user.role in SALES_MANAGERS:
        made = quota_preview(found, found.target, user, made)
    if user.role in MARKETING_MANAGERS:
        needed = {month: ceil(need.mqls) for month, need in plan.items() if need.mqls}
        made.mqls.extend(commitment_changes(needed))
    if not made.sellers and not made.mqls:
        raise CannotAdopt(nothing_left(user, found.quarter, made))
    return made


def left_to_others(user: User) -> list[str]:
    if user.is_admin:
        return []
    if user.role in MARKETING_MANAGERS:
        return ["Quotas: adopted by the sales manager of each team, or an administrator."]
    return [
        "MQL commitments: adopted by a marketing manager, or an administrator.",
        "Quotas of other teams: adopted by their managers.",
    ]


def nothing_left(user: User, quarter: Span, made: Preview) -> str:
    if user.role in SALES_MANAGERS and made.months:
        return "You set no seller's quota: you are in no team, or your team has no seller."
    return f"No month of {quarter} that this plan needs is still to come. Choose a later quarter."


def to_come(months: Sequence[date]) -> list[date]:
    """Return the months that have not begun: nobody's running month changes under them."""
    return [month for month in months if month > today()]


def commitment_changes(needed: dict[date, int]) -> list[CommitmentChange]:
    months = to_come(list(needed))
    known = dict(Commitment.objects.filter(month__in=months).values_list("month", "mqls"))
    return [CommitmentChange(month, known.get(month), needed[month]) for month in months]


# Quotas -------------------------------------------------------------------------------------------


def quota_preview(found: Asked, target: int, user: User, made: Preview) -> Preview:
    """Add the quotas of the sellers that `user` may set: each seller's share of each month."""
    people, teams = sellers(), list(Team.objects.all())
    rows, quarter = whose(user, people, teams), found.quarter
    shares, basis = shares_of(people, quarter)
    every_month = split(target, [1 / len(quarter.months)] * len(quarter.months))
    amounts = {
        month: dict(zip(shares, split(amount, list(shares.values())), strict=True))
        for month, amount in zip(quarter.months, every_month, strict=True)
    }
    months = to_come(quarter.months)
    known = quotas([Span(MONTH, month) for month in months], people).set
    lines = [
        SellerRow(str(person), shares[person.pk], [
            quota_change(str(person), ("user", person.pk, MONTH, month), known,
                         amounts[month][person.pk]) for month in months])
        for person in people if person.pk in rows.may_people and shares.get(person.pk)
    ]  # fmt: skip
    overridden = overridden_quotas(rows, quarter, months) if lines and months else []
    shown = lines if months else []
    return Preview(months, shown, overridden, made.mqls, basis, made.left)


def quota_change(label: str, key: Key, known: dict[Key, int], after: int) -> QuotaChange:
    return QuotaChange(label, key, known.get(key), after)


def shares_of(people: list[User], quarter: Span) -> tuple[dict[int, float], str]:
    """Return each seller's share of the target, 0 to 1, and what it follows.

    The quotas in force: of the plan's quarter, else of the latest quarter before it that has any.
    Where nobody has a quota, the weights of the round robin.
    """
    for back in range(LOOK_BACK + 1):
        span = quarter.shifted(-back)
        known = quotas([span], people)
        amounts = {one.pk: known.of_user(one.pk, span) or 0 for one in people}
        if whole := sum(amounts.values()):
            shares = {pk: amount / whole for pk, amount in amounts.items()}
            return shares, f"Shares follow the quotas of {span}."
    whole = sum(one.weight for one in people)
    weighted = {one.pk: one.weight / whole for one in people} if whole else {}
    return weighted, "Nobody has a quota yet: shares follow the weights in the round robin."


def overridden_quotas(rows: Whose, quarter: Span, months: list[date]) -> list[QuotaChange]:
    """Return quotas set for a whole quarter or for a team that would hide the new sums.

    A quarter that has begun keeps its own.
    """
    spans = [(MONTH, month) for month in months]
    if months == quarter.months:
        spans.append((QUARTER, quarter.first))
    found = []
    for quota in Quota.objects.select_related("user", "team").filter(
        starts_on__in={day for _, day in spans}
    ):
        of_team = quota.team_id is not None
        mine = rows.may("team" if of_team else "user", quota.team_id or quota.user_id or 0)
        hides = of_team or quota.span == QUARTER
        if mine and hides and (quota.span, quota.starts_on) in spans:
            span = Span(quota.span, quota.starts_on)
            label = f"{quota.team or quota.user}, {span}"
            found.append(QuotaChange(label, key_of(quota), quota.amount_minor, None))
    return found
