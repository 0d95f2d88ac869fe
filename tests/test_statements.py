"""What no statement of a page may do, looked at in a company of some size, on PostgreSQL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bench.pages import Page, pages, user_of
from bench.seeder import seed
from crm.common.keyset import COUNT_LIMIT

pytestmark = [pytest.mark.services, pytest.mark.django_db]

LEADS = 5_000
MOST_ROWS, DEEPEST = 500, 1000
GREAT = ("leads_lead", "funnel_stagetransition", "campaigns_touch")
CAPPED = f"LIMIT {COUNT_LIMIT + 1}"
"""A count that stops there may begin anywhere."""
HOT = ("lead list", "lead record", "lead timeline", "handoff queue", "my day", "deal")


@dataclass
class Statement:
    page: str
    sql: str
    params: Any
    rows: int

    def __str__(self) -> str:
        return f"{self.page}: {self.sql[:2000]}"

    def scans(self) -> list[str]:
        """Return the great tables that PostgreSQL reads from end to end for this."""
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {self.sql}", self.params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        return [table for table in GREAT if re.search(rf"Seq Scan on {table}\b", plan)]


@contextmanager
def noted(page: Page, statements: list[Statement]) -> Iterator[None]:
    def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        found = execute(sql, params, many, context)
        statements.append(Statement(page.name, sql, params, context["cursor"].rowcount))
        return found

    with connection.execute_wrapper(note):
        yield


@pytest.fixture
def statements() -> list[Statement]:
    """Return what every page that the benchmark measures asks the database."""
    seed(LEADS)
    found: list[Statement] = []
    for page in pages():
        client = Client()
        client.force_login(user_of(page.role))
        with noted(page, found):
            assert client.get(page.path).status_code == 200, page.name
    return [one for one in found if one.sql.startswith("SELECT")]


def test_pages_read_few_rows_and_the_hot_ones_find_them_by_an_index(
    statements: list[Statement],
) -> None:
    wide = [str(one) for one in statements if one.rows > MOST_ROWS]
    offsets = [re.search(r"OFFSET (\d+)", one.sql) for one in statements]
    deep = [found[0] for found in offsets if found and int(found[1]) > DEEPEST]
    hot = [one for one in statements if one.page.startswith(HOT) and CAPPED not in one.sql]
    scanning = [f"{tables} in {one}" for one in hot if (tables := one.scans())]

    assert (wide, deep, scanning) == ([], [], [])
