"""The grid of targets: people and teams by months and quarters; reading what was typed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from crm.common.money import NotMoney, parse_money, write_money
from crm.users.models import Organisation, Role, Team, User
from deals.forecast.arithmetic import added
from deals.forecast.quotas import Key, Quotas, quotas
from deals.forecast.spans import MONTH, QUARTER, Span

NAME = re.compile(r"(user|team)-(\d{1,17})\.(month|quarter)\.(20\d\d-\d\d-01)")
QUARTERS = 2


@dataclass(frozen=True)
class Cell:
    """One quota. derived: what it is the sum of below, shown beside it; None: of nothing."""

    name: str
    label: str
    text: str = ""
    derived: int | None = None
    sums: bool = False
    editable: bool = False
    error: str = ""
    saved: bool = False

    @property
    def key(self) -> str:
        """Its name as an id may be."""
        return self.name.replace(".", "-")


@dataclass(frozen=True)
class Line:
    """One person or team."""

    label: str
    is_team: bool
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Grid:
    spans: list[Span]
    lines: list[Line]
    totals: list[int | None]

    @property
    def cells(self) -> Iterable[Cell]:
        return (cell for line in self.lines for cell in line.cells)


def columns(first: Span) -> list[Span]:
    """Return two quarters, each after its months."""
    found: list[Span] = []
    for quarter in (first.shifted(n) for n in range(QUARTERS)):
        found += [*(Span(MONTH, month) for month in quarter.months), quarter]
    return found


@dataclass(frozen=True)
class Whose:
    """Whose quotas a page is about: what it shows, and what its reader may set."""

    people: list[User]
    teams: list[Team]
    may_people: frozenset[int]
    may_teams: frozenset[int]

    def may(self, kind: str, pk: int) -> bool:
        return pk in (self.may_teams if kind == "team" else self.may_people)


def whose(user: User, people: list[User], teams: list[Team]) -> Whose:
    """Return the rows that `user` sees, and those that he may set: his team's, an admin all."""
    if user.role not in (Role.SALES_MANAGER, Role.ADMIN):
        return Whose(people, teams, frozenset(), frozenset())
    managed = {
        one.pk for one in people if user.is_admin or (user.team_id and one.team_id == user.team_id)
    }
    own = {team.pk for team in teams if user.is_admin or team.pk == user.team_id}
    return Whose(people, teams, frozenset(managed), frozenset(own))


def grid(
    rows: Whose,
    everybody: list[User],
    first: Span,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Grid:
    """Return the grid of two quarters; what was typed stands where it was refused.

    everybody: all sellers, whose quotas a team's sum is made of
    """
    spans = columns(first)
    known = quotas(spans, everybody)
    make = Maker(rows, known, spans, typed or {}, errors or {})
    lines = []
    for team in rows.teams:
        lines.append(make.line("team", team.pk, team.name))
        lines += [make.line("user", u.pk, u.name) for u in rows.people if u.team_id == team.pk]
    teams = {team.pk for team in rows.teams}
    alone = [user for user in rows.people if user.team_id not in teams]
    lines += [make.line("user", user.pk, user.name) for user in alone]
    totals = [
        added(
            [known.of_team(team.pk, span) for team in rows.teams]
            + [known.of_user(user.pk, span) for user in alone]
        )
        for span in spans
    ]
    return Grid(spans, lines, totals)


@dataclass(frozen=True)
class Maker:
    rows: Whose
    known: Quotas
    spans: list[Span]
    typed: Mapping[str, str]
    errors: Mapping[str, str]

    def line(self, kind: str, pk: int, label: str) -> Line:
        cells = [self.cell(kind, pk, label, span) for span in self.spans]
        return Line(label, kind == "team", cells)

    def cell(self, kind: str, pk: int, label: str, span: Span) -> Cell:
        name = f"{kind}-{pk}.{span.kind}.{span.first}"
        own = self.known.set.get((kind, pk, span.kind, span.first))
        sums = kind == "team" or span.kind == QUARTER
        error = self.errors.get(name, "")
        return Cell(
            name=name,
            label=f"{label}, {span}",
            text=self.typed.get(name, "") if error else written(own),
            derived=self.below(kind, pk, span) if sums else None,
            sums=sums,
            editable=self.rows.may(kind, pk),
            error=error,
        )

    def below(self, kind: str, pk: int, span: Span) -> int | None:
        """Return what the cell counts as while nothing is written in it."""
        rest = {k: v for k, v in self.known.set.items() if k != (kind, pk, span.kind, span.first)}
        without = Quotas(rest, self.known.members)
        return without.of_team(pk, span) if kind == "team" else without.of_user(pk, span)


def written(minor: int | None) -> str:
    return "" if minor is None else write_money(minor, Organisation.get().currency)


def read(
    typed: Mapping[str, str], rows: Whose
) -> tuple[dict[Key, int | None], dict[str, str], list[str]]:
    """Return the quotas typed, what could not be read and why, and the names of all cells.

    Cells that the user may not set are passed over.
    """
    found: dict[Key, int | None] = {}
    errors, names = {}, []
    currency = Organisation.get().currency
    for name, text in typed.items():
        match = NAME.fullmatch(name)
        if not match or not rows.may(match[1], int(match[2])):
            continue
        try:
            day = date.fromisoformat(match[4])
            names.append(name)
            amount = parse_money(text, currency) if text.strip() else None
        except NotMoney as fault:
            errors[name] = str(fault)
        except ValueError:
            continue
        else:
            found[match[1], int(match[2]), match[3], day] = amount
    return found, errors, names
