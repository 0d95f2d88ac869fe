"""What the funnel does when something changes below it."""

from typing import Any

from crm.funnel.models import Handoff
from crm.people.services import TEAM_CHANGED
from crm.users.models import User

FOLLOW_TEAM = f"{TEAM_CHANGED}:funnel"


def follow_team(payload: dict[str, Any]) -> None:
    """Take the handoffs that wait for a rep into his new team. Answered ones keep theirs."""
    user = User.objects.get(pk=payload["user"])
    Handoff.objects.waiting().filter(rep=user).update(team=user.team_id)
