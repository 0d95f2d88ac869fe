"""Who may call a view. What rows they then see is the row scope (crm.users.scoping).

Field by field, and move by move: leads.writing and deals.writing.
"""

from collections.abc import Callable, Collection
from functools import cache, wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, resolve, reverse

from crm.users.models import Role, User

EVERYBODY = frozenset(Role)
WRITERS = EVERYBODY - {Role.VIEWER}
SALES = frozenset({Role.REP, Role.SALES_MANAGER, Role.ADMIN})
MARKETING = frozenset({Role.MARKETER, Role.MARKETING_MANAGER, Role.ADMIN})
SALES_MANAGERS = frozenset({Role.SALES_MANAGER, Role.ADMIN})
MARKETING_MANAGERS = frozenset({Role.MARKETING_MANAGER, Role.ADMIN})
MANAGERS = SALES_MANAGERS | MARKETING_MANAGERS
IMPORTERS = MARKETING | MANAGERS
ADMINS = frozenset({Role.ADMIN})


RANK = {
    Role.VIEWER: 0,
    Role.MARKETER: 1,
    Role.REP: 1,
    Role.MARKETING_MANAGER: 2,
    Role.SALES_MANAGER: 2,
    Role.ADMIN: 3,
}


def may_grant(user: User, role: Role) -> bool:
    """True if `user` may make somebody a `role`: managers and above, none above his own rank."""
    return user.is_manager and RANK[role] <= RANK[Role(user.role)]


class SignedInRequest(HttpRequest):
    """A request whose user is known."""

    user: User


View = Callable[..., HttpResponse]


def allow(roles: Collection[Role]) -> Callable[[View], View]:
    """Let only signed-in users of these roles call the view; others get the log-in or a 403.

    The view remembers its roles: menus show a page only to those who may open it (`may_open`).
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def checked(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.roles = frozenset(roles)  # type: ignore[attr-defined]
        return checked

    return decorate


@cache
def door(name: str) -> tuple[str, frozenset[Role]] | None:
    """Return the address of the URL `name` and the roles that may call it; None: no such URL."""
    try:
        url = reverse(name)
    except NoReverseMatch:
        return None
    return url, getattr(resolve(url).func, "roles", EVERYBODY)


def may_open(user: User, name: str) -> str:
    """Return the address of the page `name` if the user's role may open it, else ""."""
    found = door(name)
    return found[0] if found and user.role in found[1] else ""
