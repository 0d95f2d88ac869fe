"""The pages of capturing: forms and UTM links."""

from crm.common.parts import Tab
from crm.users.models import User
from crm.users.permissions import may_open

PLACES = (
    ("Forms", "capture:list"),
    ("UTM links", "capture:links"),
)


def tabs(user: User, here: str) -> list[Tab]:
    """Return the pages that `user` may open; `here` is the URL name of the present one."""
    return [
        Tab(label, url, active=name == here)
        for label, name in PLACES
        if (url := may_open(user, name))
    ]
