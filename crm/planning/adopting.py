"""A plan becomes quotas of sellers and MQL commitments of marketing, and can be taken back."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from campaigns import commitments
from campaigns.models import Commitment
from crm.audit import services as audit
from crm.common.formats import money
from crm.planning.asking import ask
from crm.planning.models import AdoptedPlan
from crm.planning.previews import CannotAdopt, Preview, preview
from crm.planning.report import plan_of, rounded
from crm.reports.questions import Question
from crm.users.models import Organisation, Role, User
from deals.forecast.models import Quota
from deals.forecast.quotas import Key, set_quotas

EVERYTHING, COMMITMENTS = "all", "marketing"


def part_of(user: User) -> str:
    """Return which part of a plan `user` adopts: one of each is in force for a quarter."""
    if user.is_admin:
        return EVERYTHING
    return COMMITMENTS if user.role == Role.MARKETING_MANAGER else f"team-{user.team_id or 0}"


@transaction.atomic
def adopt(question: Question, *, by: User) -> AdoptedPlan:
    """Write the quotas and commitments that `by` may set; the same part adopted before ends.

    Raises CannotAdopt.
    """
    found, part = ask(question), part_of(by)
    in_force = AdoptedPlan.objects.select_for_update().in_force(found.quarter.first)
    (in_force if part == EVERYTHING else in_force.filter(part=part)).update(taken_back_at=now())
    changes = preview(question, by)
    if not found.target:
        raise CannotAdopt("Enter a revenue target first.")
    currency = Organisation.get().currency
    plan = AdoptedPlan.objects.create(
        quarter=found.quarter.first,
        part=part,
        target_minor=found.target,
        currency=currency,
        asked=dict(question.more),
        needs=rounded(plan_of(found)),
        before=as_stored(changes),
        adopted_by=by,
    )
    set_quotas({change.key: change.after for change in changes.quotas})
    note = f"Plan of {found.quarter}"
    commitments.commit({c.month: c.after for c in changes.mqls}, by=by, note=note)
    after = (
        f"{money(found.target, currency)}: {len(changes.quotas)} quotas, "
        f"{len(changes.mqls)} months of MQLs"
    )
    audit.record(by, audit.Area.PLAN, f"{note} adopted", after=after, url="/plan/")
    return plan


def as_stored(changes: Preview) -> dict[str, list[list[Any]]]:
    """Return what was and what is written: see AdoptedPlan.before."""
    return {
        "quotas": [
            [*change.key[:3], change.key[3].isoformat(), change.before, change.after]
            for change in changes.quotas
        ],
        "commitments": [[c.month.isoformat(), c.before, c.after] for c in changes.mqls],
    }


@transaction.atomic
def take_back(plan: AdoptedPlan, *, by: User) -> int | None:
    """Write what was there before the plan, where nobody has changed it since.

    Return how many quotas and commitments somebody has changed since, which stay as they are;
    None if the plan was taken back already.
    """
    if not AdoptedPlan.objects.filter(pk=plan.pk, taken_back_at=None).update(taken_back_at=now()):
        return None
    quota_changes = {key: rest for key, rest in stored_quotas(plan) if quota_is(key, rest)}
    mqls = {month: rest for month, rest in stored_commitments(plan) if commitment_is(month, rest)}
    set_quotas({key: rest[0] for key, rest in quota_changes.items()})
    commitments.commit({m: rest[0] for m, rest in mqls.items()}, by=by, note="Plan taken back")
    audit.record(by, audit.Area.PLAN, f"{plan} taken back", url="/plan/")
    every = len(plan.before["quotas"]) + len(plan.before["commitments"])
    return every - len(quota_changes) - len(mqls)


def stored_quotas(plan: AdoptedPlan) -> list[tuple[Key, list[int | None]]]:
    return [
        ((whose, pk, span, date.fromisoformat(day)), rest)
        for whose, pk, span, day, *rest in plan.before["quotas"]
    ]


def stored_commitments(plan: AdoptedPlan) -> list[tuple[date, list[int | None]]]:
    return [(date.fromisoformat(month), rest) for month, *rest in plan.before["commitments"]]


def quota_is(key: Key, rest: list[int | None]) -> bool:
    """True if a quota is still what the plan wrote, or the plan did not store what it wrote."""
    whose, pk, span, day = key
    row: dict[str, Any] = {f"{whose}_id": pk, "span": span, "starts_on": day}
    found = Quota.objects.filter(**row).values_list("amount_minor", flat=True).first()
    return len(rest) == 1 or found == rest[1]


def commitment_is(month: date, rest: list[int | None]) -> bool:
    """True if a commitment is still what the plan wrote; see `quota_is`."""
    found = Commitment.objects.filter(month=month).values_list("mqls", flat=True).first()
    return len(rest) == 1 or found == rest[1]
