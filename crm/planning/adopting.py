"""A plan becomes quotas of the sellers and MQL commitments of marketing, and can be taken back."""

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from campaigns import commitments
from campaigns.models import Commitment
from crm.audit import services as audit
from crm.common.formats import money
from crm.planning.arithmetic import split
from crm.planning.asking import ask
from crm.planning.models import AdoptedPlan
from crm.planning.report import plan_of, rounded
from crm.reports.questions import Question, today
from crm.users.models import Organisation, User
from deals.forecast.models import Quota
from deals.forecast.quotas import sellers, set_quotas
from deals.forecast.spans import MONTH


class NotWhole(ValueError):
    """The plan lacks a number; nothing can be adopted from it."""


@dataclass(frozen=True)
class Change:
    """One quota or commitment: whose, which month, before and after (None: none)"""

    who: str
    key: int | None
    month: date
    before: int | None
    after: int


@dataclass(frozen=True)
class Preview:
    """What adopting would write; the months of the past stay as they are."""

    quotas: list[Change]
    mqls: list[Change]


def preview(question: Question) -> Preview:
    """Return what adopting the plan would change. Raises NotWhole."""
    found = ask(question)
    plan = plan_of(found)
    if not plan or not found.target:
        raise NotWhole("Say the missing numbers first.")
    present = today().replace(day=1)
    needed = {month: ceil(need.mqls) for month, need in plan.items() if need.mqls}
    months = [month for month in needed if month >= present]
    kept = dict(Commitment.objects.filter(month__in=months).values_list("month", "mqls"))
    mqls = [Change("Marketing", None, m, kept.get(m), needed[m]) for m in months]
    return Preview(quota_changes(found.target, found.quarter.months), mqls)


def quota_changes(target: int, months: list[date]) -> list[Change]:
    """Return each seller's part of each month's revenue, by his weight; the parts add up."""
    people = [person for person in sellers() if person.weight]
    known = {
        (row.user_id, row.starts_on): row.amount_minor
        for row in Quota.objects.filter(span=MONTH, starts_on__in=months, user__in=people)
    }
    changes = []
    for month, amount in split(target, months).items():
        left, weights = round(amount), sum(person.weight for person in people)
        for person in people:
            part = round(left * person.weight / weights)
            left, weights = left - part, weights - person.weight
            before = known.get((person.pk, month))
            changes.append(Change(str(person), person.pk, month, before, part))
    return changes


@transaction.atomic
def adopt(question: Question, *, by: User) -> AdoptedPlan:
    """Write the plan's quotas and commitments; a plan of the same quarter is taken back first.

    Raises NotWhole.
    """
    found = ask(question)
    AdoptedPlan.objects.select_for_update().filter(
        quarter=found.quarter.first, taken_back_at=None
    ).update(taken_back_at=now())
    changes = preview(question)
    assert found.target
    currency = Organisation.get().currency
    plan = AdoptedPlan.objects.create(
        quarter=found.quarter.first,
        target_minor=found.target,
        currency=currency,
        asked=dict(question.more),
        needs=rounded(plan_of(found)),
        before={
            "quotas": [[c.key, c.month.isoformat(), c.before] for c in changes.quotas],
            "commitments": [[c.month.isoformat(), c.before] for c in changes.mqls],
        },
        adopted_by=by,
    )
    write(
        {(c.key, c.month): c.after for c in changes.quotas},
        {c.month: c.after for c in changes.mqls},
        by=by,
        note=f"Plan of {found.quarter}",
    )
    after = f"{money(found.target, currency)}, {len(changes.mqls)} months of MQLs"
    audit.record(by, audit.Area.PLAN, f"Plan of {found.quarter} adopted", after=after, url="/plan/")
    return plan


@transaction.atomic
def take_back(plan: AdoptedPlan, *, by: User) -> bool:
    """Write the quotas and commitments of before again; False if that was done already."""
    if not AdoptedPlan.objects.filter(pk=plan.pk, taken_back_at=None).update(taken_back_at=now()):
        return False
    before = plan.before
    write(
        {(key, date.fromisoformat(month)): amount for key, month, amount in before["quotas"]},
        {date.fromisoformat(month): mqls for month, mqls in before["commitments"]},
        by=by,
        note="Plan taken back",
    )
    audit.record(by, audit.Area.PLAN, f"{plan} taken back", url="/plan/")
    return True


def write(
    quotas: dict[Any, int | None], mqls: dict[date, int | None], *, by: User, note: str
) -> None:
    set_quotas({("user", key, MONTH, month): amount for (key, month), amount in quotas.items()})
    commitments.commit(mqls, by=by, note=note)
