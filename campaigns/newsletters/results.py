"""What came of a newsletter. Each number is the length of the list of mails that it links to."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from campaigns.newsletters.comparing import Comparison, Tried, compare
from campaigns.newsletters.models import MarketingMail, Newsletter
from campaigns.newsletters.querysets import MarketingMailQuerySet
from crm.users.models import User

State = MarketingMail.State

NUMBERS: dict[str, tuple[str, Q]] = {
    "all": ("Audience", Q()),
    "delivered": ("Delivered", Q(state=State.SENT)),
    "waiting": ("Waiting", Q(state__in=[State.QUEUED, State.SENDING])),
    "bounced": ("Bounced", Q(state=State.BOUNCED)),
    "unknown": ("Unknown", Q(state=State.UNKNOWN)),
    "failed": ("Failed", Q(state=State.FAILED)),
    "suppressed": ("Suppressed meanwhile", Q(state=State.SUPPRESSED)),
    "skipped": ("Left out meanwhile", Q(state=State.SKIPPED)),
    "cancelled": ("Cancelled", Q(state=State.CANCELLED)),
    "clicked": ("Clicked", Q(clicked_at__isnull=False)),
    "machines": ("Clicked by machines only", Q(clicked_at=None, machine_clicked_at__isnull=False)),
    "unsubscribed": ("Unsubscribed", Q(unsubscribed_at__isnull=False)),
    "complained": ("Marked as spam", Q(complained_at__isnull=False)),
    "opened": ("Opened", Q(opened_at__isnull=False)),
}
"""The numbers of a newsletter: label, and which mails count (docs/metrics.md#newsletters)."""

WAYS = (
    "delivered",
    "waiting",
    "bounced",
    "unknown",
    "failed",
    "suppressed",
    "skipped",
    "cancelled",
)
"""The numbers that add up to the audience."""


@dataclass(frozen=True)
class Results:
    """The numbers of one newsletter, or of one subject of it, by their name in NUMBERS."""

    numbers: dict[str, int]

    def count(self, name: str) -> int:
        return self.numbers.get(name, 0)

    @property
    def click_rate(self) -> float | None:
        """People who clicked per mail delivered, 0 to 1; None if none was delivered."""
        return self.count("clicked") / self.count("delivered") if self.count("delivered") else None

    @property
    def finished_share(self) -> float:
        """The share of the audience whose mail is decided, 0 to 1."""
        return 1 - self.count("waiting") / self.count("all") if self.count("all") else 0.0


def mails_in(newsletter: Newsletter, user: User, name: str) -> MarketingMailQuerySet:
    """Return the mails that the number `name` counts, as far as `user` sees their leads."""
    mails = MarketingMail.objects.visible_to(user).filter(newsletter=newsletter)
    return mails.filter(NUMBERS[name][1])


def counts() -> dict[str, Count]:
    return {name: Count("pk", filter=condition) for name, (_, condition) in NUMBERS.items()}


def results_of(newsletters: list[Newsletter], user: User) -> dict[int, Results]:
    """Return the results of each newsletter by its key, as far as `user` sees the leads."""
    return numbers_by_newsletter(newsletters, MarketingMail.objects.visible_to(user))


def numbers_by_newsletter(
    newsletters: list[Newsletter], mails: MarketingMailQuerySet | None = None
) -> dict[int, Results]:
    """Return the results of each newsletter by its key, in one query; of `mails`, None is all."""
    seen = MarketingMail.objects.all() if mails is None else mails
    found = grouped(seen.filter(newsletter__in=newsletters), "newsletter")
    return {each.pk: found.get(each.pk, Results({})) for each in newsletters}


def grouped(mails: MarketingMailQuerySet, field: str) -> dict[Any, Results]:
    """Return the results of the mails of each value of `field`."""
    rows: Any = mails.order_by().values(field).annotate(**counts())
    return {row.pop(field): Results(row) for row in rows}


def by_subject(newsletter: Newsletter) -> dict[str, Results]:
    """Return the results of subjects "a" and "b" among those who tried them."""
    found = grouped(newsletter.mails.exclude(variant=""), "variant")
    return {variant: found.get(variant, Results({})) for variant in ("a", "b")}


def compared(newsletter: Newsletter) -> Comparison:
    """Return which subject is the better one among those who tried them, and how sure that is."""
    found = by_subject(newsletter)
    a, b = (
        Tried(found[name].count("delivered"), found[name].count("clicked")) for name in ("a", "b")
    )
    return compare(a, b)
