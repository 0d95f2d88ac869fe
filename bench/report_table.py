"""The table of the reports, from the lines that `bench.run_reports` prints."""

from collections.abc import Iterator
from typing import Any

QUERIES = 15
PATIENCE = 300.0
"""Milliseconds that a page may take; where counting takes longer its answer is a kept one."""


def table(large: dict[str, Any], small: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table; figures by the report's name, `small` of fewer leads."""
    head = ("report", "queries", "by hand ms", "counted ms", "x by hand", "page ms", "growth")
    yield ("{:14}" + "{:>12}" * 6).format(*head)
    for name, row in large.items():
        before = small[name]
        by_hand = row["by_hand"]
        cells = (
            f"{row['queries']}",
            f"{by_hand:.1f}" if by_hand else "",
            f"{row['counted']:.1f}",
            f"x{row['counted'] / by_hand:.2f}" if by_hand else "",
            f"{row['page']:.1f}",
            f"x{row['page'] / before['page']:.2f}",
        )
        broken = missed(row, before)
        said = f"  misses {', '.join(broken)}" if broken else "  held"
        yield ("{:14}" + "{:>12}" * 6 + "{}").format(name, *cells, said)


def missed(row: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Return what a report misses: 15 queries, 300 ms a page, twice the smaller company's page.

    A page of a few milliseconds may double without anybody noticing: growth counts from 50 ms.
    """
    bounds = {
        "queries": row["queries"] > QUERIES,
        "page": row["page"] > PATIENCE,
        "growth": row["page"] > max(2 * before["page"], 50.0),
    }
    return [name for name, broken in bounds.items() if broken]
