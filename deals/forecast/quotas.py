"""Quotas: setting them, and what they are for a seller or team in a month or quarter."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from crm.users.models import Organisation, Team, User
from deals.forecast import arithmetic
from deals.forecast.models import Quota
from deals.forecast.spans import MONTH, QUARTER, Span, span_of

Key = tuple[str, int, str, date]
"""Of a quota: user or team, its key, month or quarter, first day."""


def key_of(quota: Quota) -> Key:
    whose = ("user", quota.user_id) if quota.user_id else ("team", quota.team_id or 0)
    return (*whose, quota.span, quota.starts_on)


@transaction.atomic
def set_quotas(changes: dict[Key, int | None]) -> int:
    """Write quotas in the organisation's currency; None removes one. Return how many changed.

    The first day is that of the month or quarter in which the given one lies.
    """
    currency, changed = Organisation.get().currency, 0
    for (whose, pk, kind, day), amount in changes.items():
        span = span_of(kind, day)
        row: dict[str, Any] = {f"{whose}_id": pk, "span": span.kind, "starts_on": span.first}
        if amount is None:
            changed += Quota.objects.filter(**row).delete()[0]
            continue
        values: dict[str, Any] = {"amount_minor": amount, "currency": currency}
        if not Quota.objects.filter(**row, **values).exists():
            Quota.objects.update_or_create(**row, defaults=values)
            changed += 1
    return changed


def sellers() -> "list[User]":
    """Return those who may have a quota: active reps and sales managers, by team and name."""
    return list(User.objects.sellers().select_related("team").order_by("team__name", "name", "pk"))


def people_of(spans: Iterable[Span]) -> "list[User]":
    """Return the sellers, and whoever else has a quota in these spans, by team and name.

    Who left, or sells no more, keeps the quota beside what they won, so that rows sum to totals.
    """
    quota = Quota.objects.filter(user=OuterRef("pk"), starts_on__in=days_of(spans))
    found = User.objects.filter(Q(pk__in=User.objects.sellers().values("pk")) | Exists(quota))
    return list(found.select_related("team").order_by("team__name", "name", "pk"))


def days_of(spans: Iterable[Span]) -> set[date]:
    """Return the first days of all months and quarters that the targets of `spans` are made of."""
    days = {day for span in spans for day in [span.first, *span.months]}
    return days | {span_of(QUARTER, day).first for day in days}


@dataclass(frozen=True)
class Quotas:
    """The quotas of some months, and who is in which team today.

    set: what was written; members: the sellers of each team
    """

    set: dict[Key, int]
    members: dict[int, list[int]] = field(default_factory=dict)

    def of_user(self, pk: int, span: Span) -> int | None:
        own = self.set.get(("user", pk, span.kind, span.first))
        if span.kind == MONTH:
            return own
        months = [self.set.get(("user", pk, MONTH, month)) for month in span.months]
        return arithmetic.quarter_target(own, months)

    def of_team(self, pk: int, span: Span) -> int | None:
        own = self.set.get(("team", pk, span.kind, span.first))
        people = [self.of_user(member, span) for member in self.members.get(pk, [])]
        if span.kind == MONTH:
            return arithmetic.team_month(own, people)
        months = [Span(MONTH, month) for month in span.months]
        return arithmetic.team_quarter(
            own,
            [self.set.get(("team", pk, MONTH, month.first)) for month in months],
            [self.of_team(pk, month) for month in months],
            people,
        )

    def of_all(self, span: Span, *, teams: Iterable[int]) -> int | None:
        """Return the sum of the teams' targets and of those who are in no team."""
        return arithmetic.added(
            [self.of_team(team, span) for team in teams]
            + [self.of_user(pk, span) for pk in self.members.get(0, [])]
        )


def quotas(spans: Iterable[Span], people: Iterable[User]) -> Quotas:
    """Return the quotas that the targets of `spans` are made of, by one query.

    people: of `people_of`. A quota in a currency that is no longer the organisation's is left out.
    """
    rows = Quota.objects.filter(starts_on__in=days_of(spans), currency=Organisation.get().currency)
    members: dict[int, list[int]] = {}
    for user in people:
        members.setdefault(user.team_id or 0, []).append(user.pk)
    return Quotas({key_of(row): row.amount_minor for row in rows}, members)


def team_names() -> dict[int, str]:
    return dict(Team.objects.values_list("pk", "name"))
