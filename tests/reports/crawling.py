"""Following the numbers of a report to their lists."""

from typing import Any
from urllib.parse import urlsplit

from django.http import QueryDict
from django.test import Client
from django.urls import resolve

from crm.reports import answers, rows
from crm.reports.answers import Answer, Cell
from crm.reports.kinds import KINDS
from crm.users.models import User
from leads.listing import LeadList

Listed = tuple[int | None, dict[str, int]]
"""How many rows a list has, and what they amount to by currency."""


class Crawl:
    """Follows numbers as one reader. Each list is asked once; one of each sort is also opened."""

    def __init__(self, reader: User) -> None:
        self.reader, self.client = reader, Client()
        self.client.force_login(reader)
        self.known: dict[str, Listed] = {}
        self.opened: set[str] = set()

    def faults(self, answer: Answer) -> list[str]:
        """Return every number of the answer that its list contradicts, or that leads nowhere."""
        found = []
        for place, cell, column in answer.cells():
            kind = cell.kind or column.kind
            counts = kind in (answers.COUNT, answers.MONEY) and not column.no_rows
            if cell.url:
                found += self.contradictions(place, cell, kind)
            elif counts and cell.value:
                found.append(f"{place} is {cell.value} and leads nowhere")
        return found

    def contradictions(self, place: str, cell: Cell, kind: str) -> list[str]:
        count, sums = self.listed(cell.url)
        if kind == answers.MONEY and cell.rows is None:
            return [] if cell.value in sums.values() else [f"{place}: {cell.value}, listed {sums}"]
        expected = cell.value if kind == answers.COUNT else cell.rows
        return [] if count == expected else [f"{place}: {expected}, listed {count}: {cell.url}"]

    def listed(self, url: str) -> Listed:
        """Return what the page at `url` lists: by its own selection, once also by opening it."""
        if url not in self.known:
            parts = urlsplit(url)
            query, match = QueryDict(parts.query), resolve(parts.path)
            sort = (
                f"{match.view_name} {query.get(rows.PARAM, query.urlencode()).split('~')[0][:20]}"
            )
            if sort in self.opened and match.view_name == "leads:list":
                self.known[url] = LeadList(self.reader, query).leads.count(), {}
            elif sort in self.opened and match.view_name == "reports:rows":
                self.known[url] = self.selected(KINDS[match.kwargs["kind"]], query)
            else:
                self.opened.add(sort)
                self.known[url] = self.shown(url)
        return self.known[url]

    def selected(self, kind: Any, query: QueryDict) -> Listed:
        found = kind.rows(*rows.read(query[rows.PARAM]), self.reader)
        return found.count(), dict(kind.sums(found))

    def shown(self, url: str) -> Listed:
        response = self.client.get(url)
        assert response.status_code == 200, f"{url} answers {response.status_code}"
        listed = response.context.get("sums") or []
        sums = {currency: rest[-2] if len(rest) > 1 else rest[0] for currency, *rest in listed}
        return response.context.get("count"), sums
