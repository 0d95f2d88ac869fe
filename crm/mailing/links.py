"""Secret links in stored mail: blanked once used or void, so that no copy lets anybody in."""

import re

from django.utils.timezone import now

from crm.common.logs import HIDDEN
from crm.mailing.models import Mail, MailQuerySet

TOKEN = re.compile(r"(?<=[/=])(?<!//)[\w.:~%-]{20,}")
"""A part of an address as long as a key; not the name of the host."""
BATCH = 500


def blank_used(key: str) -> int:
    """Blank the links of mail whose key begins so, such as `invitation:7:`; return how many.

    What has not left yet keeps its link until that ends by itself: nobody gets a mail without one.
    """
    return blank(with_link().filter(key__startswith=key))


def blank_ended() -> int:
    """Blank the links that are void by their time; return how many. Run by `prune`."""
    count = 0
    while found := blank(with_link().filter(link_until__lt=now())):
        count += found
    return count


def with_link() -> MailQuerySet:
    return Mail.objects.filter(link_until__isnull=False).exclude(
        state__in=[Mail.State.QUEUED, Mail.State.SENDING]
    )


def blank(mails: MailQuerySet) -> int:
    found = list(mails.only("pk", "text", "html").order_by("pk")[:BATCH])
    for mail in found:
        mail.text = TOKEN.sub(HIDDEN, mail.text)
        mail.html = TOKEN.sub(HIDDEN, mail.html)
        mail.link_until = None
    Mail.objects.bulk_update(found, ["text", "html", "link_until"])
    return len(found)
