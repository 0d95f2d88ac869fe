"""Row scope: which rows with an owner and a team a user sees. One rule for every list."""

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from crm.users.models import Scope

if TYPE_CHECKING:
    from crm.users.models import User


def in_scope(user: "User", *, owner: str = "owner") -> Q:
    """Return the condition on the `owner` column and `team` that selects the rows `user` sees.

    Own: his rows, and those that wait in his team without an owner. Team: his team's rows, and
    those of no team at all. All: everything.
    """
    if user.scope == Scope.ALL:
        return Q()
    own, nobody = Q(**{owner: user}), Q(**{owner: None})
    if user.scope == Scope.TEAM:
        own |= nobody & Q(team=None)
        return own | Q(team=user.team_id) if user.team_id else own
    return own | (nobody & Q(team=user.team_id)) if user.team_id else own


def sight_of(user: "User") -> dict[str, Any] | None:
    """Return all of the user that `in_scope` looks at; None for who sees everything.

    Two users, or one before and after a change of team, see the same only if this is the same.
    """
    if user.scope == Scope.ALL:
        return None
    return {"scope": user.scope, "team": user.team_id, "user": user.pk}
