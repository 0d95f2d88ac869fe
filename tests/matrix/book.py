"""All rows of the permission matrix, all URLs of the application, and the page that shows both."""

from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from django.urls import URLPattern, URLResolver, get_resolver

import tests.matrix
from crm.users import permissions
from crm.users.models import Role
from deals.writing import ACTS, DEAL
from leads.writing import COMPANY, LEAD, MOVES
from tests.matrix.base import Row
from tests.matrix.objects import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

GROUPS = {
    permissions.EVERYBODY: "everybody",
    permissions.WRITERS: "everybody but viewers",
    permissions.SALES: "sales",
    permissions.MARKETING: "marketing",
    permissions.SALES_MANAGERS: "sales managers",
    permissions.MARKETING_MANAGERS: "marketing managers",
    permissions.MANAGERS: "managers",
    permissions.ADMINS: "administrators",
}

HEAD = """# Who may call what

Made by `python -m tests.matrix` from the rows in `tests/matrix/`; `tests/test_permissions.py` calls
every URL as every role, on own and other people's objects, and holds this page to be true.

A role that may not gets 403, an anonymous visitor the log-in, a method that an address does not
have 405. *Sales* are reps and sales managers, *marketing* are marketers and marketing managers;
administrators belong to every group. Whose object it may be:

| object | seen with scope own | team | all |
|---|---|---|---|
| own | yes | yes | yes |
| of a colleague in the team | 404 | yes | yes |
| of another team | 404 | 404 | yes |
| of nobody, in the own team | yes | yes | yes |
| of nobody, in another team | 404 | 404 | yes |
| of nobody, in no team | 404 | yes | yes |

Reps start with scope own, sales managers with team, everybody else with all. The column *object*
says by which rule the address' object is seen: `scope` is this table, `owner` is its owner alone,
`managed` is oneself, one's team for a manager and everybody for an administrator, `all` is whoever
may call the address. What is not seen,
or is not there, is 404. The set-up answers 404 to everybody once it is done.
"""


def rows() -> dict[str, Row]:
    """Return all rows by the name of their URL."""
    found: dict[str, Row] = {}
    for module in iter_modules(tests.matrix.__path__):
        for row in getattr(import_module(f"tests.matrix.{module.name}"), "ROWS", ()):
            if row.name in found:
                raise ValueError(f"two rows for {row.name}")
            found[row.name] = row
    return found


def urls() -> dict[str, str]:
    """Return the address of every URL of the application by its name, with namespace."""
    return dict(walk(get_resolver(), "", "/"))


def walk(resolver: URLResolver, space: str, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern).removeprefix("^").removesuffix("$")
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name or path}", path
        else:
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from walk(entry, inner, path)


def who(roles: Collection[Role] | None, *, public: bool) -> str:
    if roles is None:
        return "–"
    if public:
        return "anyone"
    names = [role.label.lower() for role in Role if role in roles]
    return GROUPS.get(frozenset(roles)) or ", ".join(names)


WRITING = """
## Who may write what

From `leads/writing.py` and `deals/writing.py`, which every form, edit in place, bulk action,
import and service asks. It is about rows that one sees. Forms do not show what would be refused; a
service that is given it nevertheless refuses the whole change (403). Only what changes counts.
Where nobody is signed in (a public form, received mail, a task, the command line) these rules do
not apply. What is left out is written by services alone: stage, score, dates of moves, keys. A new
lead is its maker's if sales brings it in. A new company is nobody's unless a manager says whose.

| what | fields | who |
|---|---|---|
"""


def writing_lines() -> Iterator[str]:
    """Yield the rows of the table of fields, moves and acts."""
    for what, writers in (("lead", LEAD), ("company", COMPANY), ("deal", DEAL)):
        groups: dict[frozenset[Role], list[str]] = {}
        for field, roles in writers.items():
            groups.setdefault(frozenset(roles), []).append(field.replace("_", " "))
        for group, fields in groups.items():
            if group:
                yield f"| {what} | {', '.join(fields)} | {who(group, public=False)} |"
    for stage, movers in MOVES.items():
        yield f"| move of a lead | → {stage.label} | {who(movers, public=False)} |"
    yield "| move of a lead | from MQL on, or from Lost, Customer, Disqualified | sales |"
    yield f"| deal | {', '.join(ACTS)} | {who(ACTS['open'], public=False)} |"


def page() -> str:
    """Return docs/permissions.md."""
    lines, paths = [HEAD + WRITING + "\n".join(writing_lines())], urls()
    known = {name: row for name, row in rows().items() if name in paths}
    for app in sorted({app_of(name) for name in known}):
        lines += [
            f"\n## {app}\n",
            "| name | address | GET | POST | object |",
            "|---|---|---|---|---|",
        ]
        for name, row in sorted(known.items()):
            if app_of(name) == app:
                get, post = (who(roles, public=row.public) for roles in (row.get, row.post))
                what = f"{row.obj} ({KINDS[row.obj].seen})" if row.obj else ""
                path = paths[name].replace("|", "\\|")
                lines.append(f"| `{name}` | `{path}` | {get} | {post} | {what} |")
    return "\n".join(lines) + "\n"


def app_of(name: str) -> str:
    return name.partition(":")[0] if ":" in name else "frame and log-in"
