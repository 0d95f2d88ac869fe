"""The demo company, whole: people, a year of marketing, the funnel, deals, and this morning."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db import transaction
from django.utils.timezone import now

from campaigns.services import explanations, rescore
from crm.demo import (
    agenda,
    agreements,
    channels,
    dealing,
    forecast,
    handing_over,
    knowing,
    letters,
    marketing,
    newsletters,
    people,
    plan,
    quotes,
    returning,
    sales,
    segments,
    sequences,
    tactics,
    website,
)
from crm.demo.handing_over import Case
from crm.users.calendar import business_calendar
from crm.users.models import Organisation
from deals.models import Deal
from leads.models import Lead

SEED = 20_26
LEADS_PER_COMPANY = 3


class NotEmpty(Exception):
    """The database holds leads already; the demo company would mix with them."""


@dataclass(frozen=True)
class Seeded:
    leads: int
    deals: int


@transaction.atomic
def seed(*, password: str | None, times: int = 1, at: datetime | None = None) -> Seeded:
    """Write the demo company into an empty database.

    password: for every demo user; None leaves them unable to log in
    times: how often the year's leads are repeated (for a larger company)
    at: what the company takes as now

    Raises NotEmpty if there is a lead already. The counts of plan.FUNNEL hold exactly.
    """
    if Lead.objects.exists():
        raise NotEmpty("There are leads already.")
    rng, moment = Random(SEED), at or now()  # noqa: S311
    cast = people.hire(moment, password=password)
    lives = plan.lives(rng, moment, times=times)
    campaigns = marketing.run_campaigns(rng, moment, cast)
    companies = marketing.found_companies(rng, len(lives) // LEADS_PER_COMPANY)
    leads = marketing.bring_in(rng, lives, campaigns, companies)
    touches = marketing.touch_leads(rng, moment, lives, leads)
    cases = [Case(*parts) for parts in zip(lives, leads, touches, strict=True)]
    deals = fill_funnel(rng, moment, cases, cast)
    agreements.promise(moment, cast)
    agreements.object_to(moment, cast.marketers[0])
    dealing.fill(Random(SEED), deals)  # noqa: S311
    knowing.fill(Random(SEED))  # noqa: S311
    quotes.fill(Random(SEED), moment, cast)  # noqa: S311
    channels.measure(Random(SEED), moment, cast)  # noqa: S311
    segments.choose_audiences(cast)
    newsletters.send_out(moment, cast)
    sequences.nurture(rng, moment, cast)
    letters.write(Random(SEED), moment, cast)  # noqa: S311
    agenda.fill(moment)
    returning.stumble(Random(SEED), moment)  # noqa: S311
    tactics.play(Random(SEED))  # noqa: S311
    website.fill(Random(SEED), moment, cast)  # noqa: S311
    forecast.plan_and_expect(Random(SEED), moment, cast)  # noqa: S311
    return Seeded(len(leads), len(deals))


def fill_funnel(rng: Random, moment: datetime, cases: list[Case], cast: people.Cast) -> list[Deal]:
    """Write what happened to the leads after marketing: see `seed`."""
    agreed = agreements.agree(moment, cast)
    handing_over.give_reps(rng, cases, cast)
    handing_over.write_ledger(cases, agreed)
    handing_over.hand_over(rng, cases, agreed, business_calendar(), explanations())
    handing_over.judge(rng, moment, cases)
    agreements.leave_out_companies()
    deals = sales.sell(rng, moment, cases, Organisation.get().currency)
    sales.close_verdicts(moment, deals)
    sales.keep_busy(rng, moment, cases, deals)
    rescore(Lead.objects.all())
    return deals


@transaction.atomic
def load() -> None:
    """Write the demo company for the set-up's “sample data”: nobody in it can log in.

    Its past newsletters carry the sample's address; the organisation's own is still to be typed.
    """
    if Lead.objects.exists():
        return
    without = Organisation.objects.filter(pk=1, postal_address="")
    lacks = without.update(postal_address=people.ADDRESS)
    seed(password=None)
    if lacks:
        Organisation.objects.filter(pk=1).update(postal_address="")
