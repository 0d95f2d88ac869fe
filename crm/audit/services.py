"""Recording changes."""

from collections.abc import Iterable
from typing import Any

from crm.audit.models import AuditEntry
from crm.users.models import User

Area = AuditEntry.Area


def record(
    actor: User | None, area: str, what: str, *, before: str = "", after: str = "", url: str = ""
) -> AuditEntry:
    """Note a change. Call it in the transaction that makes the change.

    what: a few words, “Version 3 in force”; before, after: in words, one line for each fact
    """
    return AuditEntry.objects.create(
        actor=actor,
        who=str(actor or "Tandem")[:150],
        area=area,
        what=what[:200],
        before=before,
        after=after,
        url=url,
    )


def record_fields(
    actor: User | None,
    area: str,
    what: str,
    old: Any,
    new: Any,
    names: Iterable[str],
    url: str = "",
) -> AuditEntry | None:
    """Note which of the fields `names` differ between two records; None where none does.

    old: None for a new record
    """
    pairs = [(name, said(old, name) if old else "", said(new, name)) for name in names]
    changed = [pair for pair in pairs if pair[1] != pair[2]]
    if not changed:
        return None
    before = "\n".join(f"{words(name)}: {value}" for name, value, _ in changed) if old else ""
    after = "\n".join(f"{words(name)}: {value}" for name, _, value in changed)
    return record(actor, area, what, before=before, after=after, url=url)


def said(row: Any, name: str) -> str:
    value = getattr(row, name)
    if isinstance(value, str) and row._meta.get_field(name).choices:
        value = getattr(row, f"get_{name}_display")()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def words(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ").removeprefix("is ").capitalize()
