"""The forecast of a month, quarter or other period: who stands where against his target."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.users.models import Organisation, Role, Scope, User
from deals.forecast import arithmetic, counting
from deals.forecast.arithmetic import Line, Standing, Sum, standing
from deals.forecast.quotas import Quotas, people_of, quotas, team_names
from deals.forecast.spans import Span

PEOPLE, TEAMS = "people", "teams"
NOBODY = "No owner"


@dataclass(frozen=True)
class Row:
    """Who, and where he stands. who: as in addresses, “user-3”, “team-2”; under: his team."""

    who: str
    name: str
    standing: Standing
    under: str = ""


@dataclass(frozen=True)
class Foreign:
    """Deals in another currency than the organisation's: shown apart, never added."""

    currency: str
    part: str
    sum: Sum


@dataclass(frozen=True)
class Forecast:
    span: Span
    by: str
    currency: str
    rows: list[Row]
    total: Standing
    foreign: list[Foreign]

    def as_dict(self) -> dict[str, Any]:
        """Return it as the command line writes it: money in minor units."""
        return {
            "report": "forecast",
            "by": self.by,
            "period": str(self.span.period),
            "currency": self.currency,
            "rows": [{"key": r.who, "name": r.name, **figures(r.standing)} for r in self.rows],
            "total": {"key": "", "name": "All", **figures(self.total)},
            "other_currencies": [
                {
                    "currency": f.currency,
                    "part": f.part,
                    "amount": f.sum.amount,
                    "deals": f.sum.count,
                }
                for f in self.foreign
            ],
        }


def figures(found: Standing) -> dict[str, Any]:
    return {
        "target": found.target,
        "won": found.won.amount,
        "commit": found.commit.amount,
        "best_case": found.best.amount,
        "pipeline": found.pipeline.amount,
        "weighted": found.weighted,
        "attainment": found.attainment,
        "gap": found.gap,
        "coverage": found.coverage,
    }


def forecast(span: Span, *, by: str = PEOPLE, user: User | None = None) -> Forecast:
    """Return the forecast of a month or quarter as it stands now.

    by: PEOPLE or TEAMS
    user: whose row scope limits deals and targets; None, the command line, sees all
    """
    lines = counting.lines_of(counting.visible_deals(user), span.period)
    return put_together(lines, span, by=by, user=user)


def put_together(lines: list[Line], span: Span, *, by: str, user: User | None) -> Forecast:
    """Return the forecast that `lines` add up to, of now or of a snapshot."""
    currency, people, teams = Organisation.get().currency, people_of([span]), team_names()
    known = quotas([span], people)
    seen, seen_teams = visible_people(people, user), visible_teams(teams, user)
    make = by_team if by == TEAMS else by_person
    rows = make(lines, span, currency, known, seen, seen_teams)
    return Forecast(
        span=span,
        by=by,
        currency=currency,
        rows=rows,
        total=standing(lines, currency, whole_target(span, known, user, seen, seen_teams)),
        foreign=foreign(lines, currency),
    )


def whole_target(
    span: Span, known: Quotas, user: User | None, people: list[User], teams: dict[int, str]
) -> int | None:
    """Return the target of all that the user sees: a rep's own, a team's, the organisation's."""
    if user and user.scope == Scope.OWN:
        return known.of_user(user.pk, span)
    if user and user.scope == Scope.TEAM:
        if user.team_id is None:
            return known.of_user(user.pk, span)
        return known.of_team(user.team_id, span)
    return known.of_all(span, teams=teams)


def visible_people(people: list[User], user: User | None) -> list[User]:
    if user is None or user.scope == Scope.ALL:
        return people
    if user.scope == Scope.TEAM and user.team_id:
        return [one for one in people if one.team_id == user.team_id or one.pk == user.pk]
    return [one for one in people if one.pk == user.pk]


def visible_teams(teams: dict[int, str], user: User | None) -> dict[int, str]:
    if user is None or user.scope == Scope.ALL:
        return teams
    own = user.scope == Scope.TEAM
    return {pk: name for pk, name in teams.items() if own and pk == user.team_id}


def by_person(
    lines: list[Line], span: Span, currency: str, known: Quotas, people: list[User],
    teams: dict[int, str],
) -> list[Row]:  # fmt: skip
    """Return a row for each rep, and for whoever else has a deal or a target; also who left."""
    groups = grouped(lines, lambda line: line.owner)
    names = {user.pk: user.name for user in people}
    missing = [pk for pk in groups if pk and pk not in names]
    gone = User.objects.filter(pk__in=missing).order_by("name") if missing else []
    everybody = [*people, *gone]
    rows = [
        Row(
            f"user-{one.pk}",
            one.name,
            standing(groups.get(one.pk, []), currency, known.of_user(one.pk, span)),
            teams.get(one.team_id or 0, ""),
        )
        for one in everybody
        if one.role == Role.REP or one.pk in groups or known.of_user(one.pk, span) is not None
    ]
    if None in groups:
        rows.append(Row("user-none", NOBODY, standing(groups[None], currency)))
    return rows


def by_team(
    lines: list[Line], span: Span, currency: str, known: Quotas, people: list[User],
    teams: dict[int, str],
) -> list[Row]:  # fmt: skip
    groups = grouped(lines, lambda line: line.team)
    names = team_names() if groups.keys() - teams.keys() - {None} else teams
    rows = [
        Row(
            f"team-{pk}",
            name,
            standing(
                groups.get(pk, []), currency, known.of_team(pk, span) if pk in teams else None
            ),
        )
        for pk, name in sorted(names.items(), key=lambda item: item[1])
        if pk in teams or pk in groups
    ]
    if None in groups:
        rows.append(Row("team-none", "No team", standing(groups[None], currency)))
    return rows


def grouped(lines: list[Line], key: Callable[[Line], int | None]) -> dict[int | None, list[Line]]:
    found: dict[int | None, list[Line]] = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return found


def foreign(lines: list[Line], currency: str) -> list[Foreign]:
    """Return the sums in other currencies, by currency and category."""
    sums: dict[tuple[str, str], Sum] = {}
    for line in lines:
        if line.currency != currency:
            key = line.currency, line.part
            sums[key] = sums.get(key, Sum()) + Sum(line.amount, line.count)
    order = {part: place for place, part in enumerate(arithmetic.PARTS)}
    found = sorted(sums.items(), key=lambda item: (item[0][0], order[item[0][1]]))
    return [Foreign(code, part, total) for (code, part), total in found]


def own_standing(user: User, span: Span) -> Standing:
    """Return where one seller stands: his own deals against his own target, by two queries."""
    currency = Organisation.get().currency
    mine = counting.visible_deals(None).filter(owner=user)
    target = quotas([span], [user]).of_user(user.pk, span)
    return standing(counting.lines_of(mine, span.period), currency, target)


def needing_a_date(user: User | None, on: date, span: Span) -> dict[str, Sum]:
    """Return the sums of slipped and undated deals in the organisation's currency."""
    deals, currency = counting.visible_deals(user), Organisation.get().currency
    found = {}
    for name in (counting.SLIPPED, counting.UNDATED):
        rows = counting.deals_of(name, deals, span.period, on).filter(currency=currency)
        lines = counting.summed(rows)
        found[name] = sum((Sum(line.amount, line.count) for line in lines), Sum())
    return found
