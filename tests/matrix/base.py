"""The form of the permission matrix. tests/matrix/<app>.py holds each app's rows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from crm.users.models import Role


@dataclass(frozen=True)
class Row:
    """Who may call one URL.

    name: the URL's name, with its namespace
    get, post: roles that may; None: the method answers 405
    obj: what the URL's first argument is ("lead", "deal", "handoff", …: tests/matrix/objects.py);
        a scoped object out of the caller's scope must answer 404
    data: a valid POST for that object, so that a refusal is by right and not by form; a value that
        is a function is called with the object (`{"version": lambda deal: deal.version}`)
    query: what follows the address, where it has no good answer without; functions as in `data`
    public: anonymous visitors may call it too
    args: arguments of the URL after the object; functions are called with the object
    """

    name: str
    get: Collection[Role] | None = None
    post: Collection[Role] | None = None
    obj: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    public: bool = False
    args: tuple[Any, ...] = ()
    query: dict[str, Any] = field(default_factory=dict)

    def filled(self, given: dict[str, Any], row: Any) -> dict[str, Any]:
        """Return `data` or `query` for one object."""
        return {k: value(row) if callable(value) else value for k, value in given.items()}
