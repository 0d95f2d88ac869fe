"""From a number of a report to exactly its rows.

A **row set** is a named selection with parameters, such as the deals won in a period by a rep. It
is written into an address as one word, `won-deals~from=2026-01-01~rep=7`. Leads open in the lead
list, which filters by it; all other kinds in a list of the reports (crm.reports.views.rows).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, unquote, urlencode

from django.core.exceptions import BadRequest
from django.db.models import QuerySet

from crm.common import parameters
from crm.common.links import link
from crm.common.periods import Period
from crm.users.models import User
from leads.models import LeadQuerySet

PARAM = "rows"
LEADS = "leads"


class Params(dict[str, str]):
    """The parameters of a row set as they stand in an address. Each reader checks what it reads."""

    def text(self, name: str) -> str:
        return self.get(name, "")

    def number(self, name: str) -> int | None:
        """Return a whole number, None if it is missing or “none”."""
        word = self.get(name, "")
        if word in ("", "none"):
            return None
        number = parameters.whole_number(word.removeprefix("-"))
        if number is None:
            raise damaged()
        return -number if word.startswith("-") else number

    def choice(self, name: str, allowed: Collection[str]) -> str:
        word = self.get(name, "")
        if word not in allowed:
            raise damaged()
        return word

    def day(self, name: str) -> date | None:
        word = self.get(name, "")
        day = parameters.day(word)
        if word and day is None:
            raise damaged()
        return day

    @property
    def period(self) -> Period:
        """The days from `from` up to but not including `to`."""
        return Period(self.day("from"), self.day("to"))


@dataclass(frozen=True)
class RowSet:
    """Some rows that a number counts.

    kind: a key of KINDS, or “leads”
    select: (params, user) to the rows; user None sees all. Row scope is applied besides
    label: params to words, for the head of the list: “Deals won in Mar 2026”
    """

    name: str
    kind: str
    select: Callable[[Params, User | None], QuerySet[Any]]
    label: Callable[[Params], str]


SETS: dict[str, RowSet] = {}


def register(*sets: RowSet) -> None:
    """Make row sets known. Called from an AppConfig.ready."""
    for one in sets:
        if SETS.get(one.name, one) is not one:
            raise ValueError(f"two row sets named {one.name}")
        SETS[one.name] = one


def damaged() -> BadRequest:
    return BadRequest("The report's link is damaged. Open it from the report again.")


def word_of(name: str, params: Mapping[str, Any]) -> str:
    """Return the word for a row set; parameters that are None or "" are left out."""
    written = [
        f"{key}={quote(str(value), safe='').replace('~', '%7E')}"
        for key, value in params.items()
        if value is not None and value != ""
    ]
    return "~".join([name, *written])


def read(word: str) -> tuple[RowSet, Params]:
    """Return what a word stands for. Raises BadRequest for a damaged one."""
    name, *pairs = word.split("~")
    split = [pair.partition("=") for pair in pairs]
    if name not in SETS or not all(mark for _, mark, _ in split) or "\x00" in unquote(word):
        raise damaged()
    return SETS[name], Params({key: unquote(value) for key, _, value in split})


def url_of(name: str, /, **params: Any) -> str:
    """Return the address of the list with exactly the rows of the set `name`."""
    kind = SETS[name].kind
    page = link("leads:list") if kind == LEADS else link("reports:rows", kind)
    return f"{page}?{urlencode({PARAM: word_of(name, params)})}"


def in_period(period: Period) -> dict[str, date | None]:
    """Return the parameters of a period, for `url_of`."""
    return {"from": period.first, "to": period.end}


def filter_leads(leads: LeadQuerySet, word: str, user: User) -> LeadQuerySet:
    """Return those of `leads` that are in the set. Registered with the lead list."""
    chosen, params = read(word)
    if chosen.kind != LEADS:
        raise damaged()
    return leads.filter(pk__in=chosen.select(params, user).order_by().values("pk"))


def label(word: str) -> str:
    chosen, params = read(word)
    return chosen.label(params)
