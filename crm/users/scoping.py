"""Row scope: which rows with an owner and a team a user sees. One rule for every list."""

from typing import TYPE_CHECKING

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
