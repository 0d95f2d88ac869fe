"""The sample company, offered to an administrator as long as there is nothing of one's own."""

from crm.users.models import User
from crm.users.permissions import may_open
from leads.models import Lead


def sample_url(user: User) -> str:
    """Return where `user` may load the sample company; "" once there is a lead.

    Templates get this as a function: only a page that is empty asks the database.
    """
    url = may_open(user, "users:welcome")
    return url if url and not Lead.objects.exists() else ""
