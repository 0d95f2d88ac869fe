"""Who may get marketing mail, and who may not and why. One rule for every count, list and claim."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Value, When
from django.utils.timezone import localdate

from campaigns.newsletters.models import (
    LEFT_OUT,
    Kind,
    MailPreference,
    MarketingMail,
    Newsletter,
)
from campaigns.segments.services import members
from crm.mailing.suppressing import suppressed
from crm.stages import Stage
from crm.users.models import Organisation
from leads.models import Lead, LeadQuerySet

ERASED = "erased"
WHY = {why: words for why, words in LEFT_OUT.items() if why != ERASED}
"""Why a lead is left out; who is left out for several reasons counts at the first."""


def conditions(kind: str, day: date) -> dict[str, Any]:
    """Return the condition on leads of each reason in WHY, in their order."""
    wishes = MailPreference.objects.filter(lead=OuterRef("pk"))
    refused = Q(newsletters=False) if kind == Kind.NEWSLETTER else Q(sequences=False)
    return {
        "disqualified": Q(stage=Stage.DISQUALIFIED),
        "no_address": Q(email=""),
        "no_consent": Q(consent=False),
        "suppressed": suppressed(),
        "preference": Exists(wishes.filter(refused | Q(paused_until__gt=day))),
        "mailed_today": mailed_on(day),
    }


def mailed_on(day: date, lead: str = "pk") -> Exists:
    """Return the condition on rows whose `lead` has had its one marketing mail of `day`."""
    return Exists(MarketingMail.objects.filter(lead=OuterRef(lead), day=day, also_today=False))


def may_receive(leads: LeadQuerySet, kind: str = Kind.NEWSLETTER) -> LeadQuerySet:
    """Of `leads` those who may get marketing mail: consent, an address, not suppressed, willing.

    Whether one already got its mail of today is for the claim to say.
    """
    found = conditions(kind, today())
    del found["mailed_today"]
    for condition in found.values():
        leads = leads.exclude(condition) if isinstance(condition, Q) else leads.filter(~condition)
    return leads


def with_why(leads: LeadQuerySet, kind: str, day: date, *, also_today: bool) -> LeadQuerySet:
    """Annotate `why`: the reason for which a lead gets no mail on `day`, "" if it gets it.

    also_today: also who got another marketing mail on `day`
    """
    found = conditions(kind, day)
    if also_today:
        del found["mailed_today"]
    cases = [When(condition, then=Value(why)) for why, condition in found.items()]
    return leads.annotate(why=Case(*cases, default=Value(""), output_field=CharField()))


def left_out_for(judged: LeadQuerySet, why: str) -> LeadQuerySet:
    """Of leads with their `why` return those of one reason, "" those who get the mail."""
    return judged.filter(Q(("why", why)))


def today() -> date:
    """Return today in the organisation's time zone."""
    return localdate(timezone=Organisation.get().zone)


def day_of(newsletter: Newsletter) -> date:
    """Return the day on which a newsletter goes out: that of its time, else today."""
    if newsletter.scheduled_at is None or newsletter.started_at:
        return today()
    return max(today(), localdate(newsletter.scheduled_at, Organisation.get().zone))


def asked_for(newsletter: Newsletter) -> LeadQuerySet:
    """Return the leads that a newsletter is meant for: its segment, else all who agreed to mail.

    Raises RulesNotAccepted if the segment's rules cannot be understood any more.
    """
    if newsletter.segment is None:
        return Lead.objects.filter(consent=True)
    return members(newsletter.segment)


def judged(newsletter: Newsletter) -> LeadQuerySet:
    """Return the leads that a newsletter is meant for, with `why` (see `with_why`)."""
    return with_why(
        asked_for(newsletter),
        Kind.NEWSLETTER,
        day_of(newsletter),
        also_today=newsletter.also_mailed_today,
    )


def recipients(newsletter: Newsletter) -> LeadQuerySet:
    """Return the leads that a newsletter would go to now."""
    return left_out_for(judged(newsletter), "")


def counted(newsletter: Newsletter) -> dict[str, int]:
    """Return how many leads a newsletter reaches (key "") and leaves out, by reason."""
    rows = judged(newsletter).order_by().values_list(F("why")).annotate(count=Count("pk"))
    found: dict[str, int] = dict(rows)
    return {why: found[why] for why in ("", *WHY) if why in found}
