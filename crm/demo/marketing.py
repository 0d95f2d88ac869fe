"""The demo company's marketing: campaigns with dated spend, leads with companies, touches."""

from datetime import date, datetime, timedelta
from random import Random

from campaigns.models import Campaign, Spend, Touch
from crm.demo import words
from crm.demo.people import Cast
from crm.demo.plan import Life
from crm.stages import Stage
from leads import addresses
from leads.models import Channel, Company, CompanySize, Consent, Lead
from leads.services import search_key

BATCH = 1000
ONE_IN_PENDING = 5
"""One of so many leads that never agreed was asked, and has not confirmed."""
WANDERING = 0.45
"""Share of the later touches that are of another campaign."""

Shares = dict[str, list[tuple[Campaign, float]]]
"""Of each channel its campaigns, and what share of its leads each brings."""


def run_campaigns(rng: Random, now: datetime, cast: Cast) -> Shares:
    """Create the campaigns and their weekly spend."""
    channels = {channel.key: channel for channel in Channel.objects.all()}
    owners = [*cast.marketers, cast.marketing_manager]
    found: Shares = {}
    for number, (name, key, objective, status, ago, weeks, budget, share) in enumerate(
        words.CAMPAIGNS
    ):
        starts = (now - timedelta(weeks=ago)).date()
        campaign = Campaign.objects.create(
            name=name,
            channel=channels[key],
            objective=objective,
            status=status,
            starts_on=starts,
            ends_on=starts + timedelta(weeks=weeks),
            budget_minor=budget * 100,
            mql_goal=max(5, round(share * 150)),
            owner=owners[number % len(owners)],
        )
        spend(rng, now, campaign, weeks)
        found.setdefault(key, []).append((campaign, share))
    return found


def spend(rng: Random, now: datetime, campaign: Campaign, weeks: int) -> None:
    """Spend the budget week by week, up to today, not quite as planned."""
    assert campaign.starts_on
    assert campaign.budget_minor
    weekly = campaign.budget_minor / weeks
    days = [campaign.starts_on + timedelta(weeks=week) for week in range(weeks)]
    Spend.objects.bulk_create(
        Spend(
            campaign=campaign,
            day=day,
            amount_minor=round(weekly * rng.uniform(0.75, 1.2) / 100) * 100,
            note="Weekly invoice",
        )
        for day in days
        if day <= now.date()
    )


def found_companies(rng: Random, count: int) -> list[Company]:
    pairs = [(first, last) for first in words.COMPANY_FIRST for last in words.COMPANY_LAST]
    rng.shuffle(pairs)
    made = []
    for number in range(count):
        first, last = pairs[number % len(pairs)]
        suffix = f" {number // len(pairs) + 1}" if number >= len(pairs) else ""
        made.append(
            Company(
                name=f"{first} {last}{suffix}",
                domain=f"{first}-{last}{suffix.strip()}.example.com".lower(),
                industry=rng.choice(words.INDUSTRIES),
                size=rng.choices(CompanySize.values, weights=[3, 6, 6, 3, 1])[0],
                country=rng.choice(words.COUNTRIES),
            )
        )
    return Company.objects.bulk_create(made, batch_size=BATCH)


def bring_in(
    rng: Random,
    lives: list[Life],
    campaigns: Shares,
    companies: list[Company],
) -> list[Lead]:
    """Create a lead for each life, in its stage, with the campaign that brought it."""
    leads = [
        lead_of(rng, number, life, campaigns[life.channel], rng.choice(companies))
        for number, life in enumerate(lives)
    ]
    for lead in leads:
        lead.search_key = search_key(lead)
    made = Lead.objects.bulk_create(leads, batch_size=BATCH)
    addresses.write(made, new=True)
    asked = [consent_of(lead) for lead in made if lead.consent_asked_at]
    Consent.objects.bulk_create(asked, batch_size=BATCH)
    return made


def consent_of(lead: Lead) -> Consent:
    """Return the record behind a lead's consent: confirmed by the mailed link, or pending."""
    at = lead.consent_asked_at or lead.created_at
    return Consent(
        lead=lead, source="Form", address=lead.email, wording=words.CONSENT, wording_version=1,
        asked_at=at, mailed_at=at,
        confirmed_at=lead.consent_at, proof=Consent.Proof.LINK if lead.consent else "",
    )  # fmt: skip


def lead_of(
    rng: Random,
    number: int,
    life: Life,
    campaigns: list[tuple[Campaign, float]],
    company: Company,
) -> Lead:
    first, last = rng.choice(words.FIRST_NAMES), rng.choice(words.LAST_NAMES)
    campaign = campaign_at(rng, campaigns, life.at[Stage.LEAD])
    stage, since = stage_now(life)
    email = f"{first}.{last}{number}@{company.domain}".lower()
    second = f"{first}.{last}{number}@example.org".lower() if not number % 12 else ""
    keen = life.stage != Stage.LEAD
    lead = Lead(
        name=f"{first} {last}",
        given_name=first,
        family_name=last,
        email=email,
        more_emails=second,
        more_phones=f"+49171{number:07}" if not number % 9 else "",
        phone=f"+4930{rng.randrange(10**6, 10**7)}" if keen and rng.random() < 0.8 else "",
        job_title=rng.choice(words.DECIDERS if keen else words.OTHERS),
        company=company,
        country=company.country,
        channel=campaign.channel,
        campaign=campaign,
        stage=stage,
        stage_since=since,
        consent=rng.random() < 0.8,
        created_at=life.at[Stage.LEAD],
    )
    if lead.consent or number % ONE_IN_PENDING == 0:
        lead.consent_asked_at = lead.created_at
    if lead.consent:
        lead.consent_at, lead.consent_source = lead.created_at, "Form"
    return lead


def campaign_at(rng: Random, campaigns: list[tuple[Campaign, float]], at: datetime) -> Campaign:
    """Return one of a channel's campaigns by its share, of those that ran at that time if any."""
    running = [
        (campaign, share) for campaign, share in campaigns if share and ran(campaign, at.date())
    ]
    options = running or [pair for pair in campaigns if pair[1]]
    return rng.choices([c for c, _ in options], weights=[share for _, share in options])[0]


def ran(campaign: Campaign, day: date) -> bool:
    assert campaign.starts_on
    assert campaign.ends_on
    return campaign.starts_on <= day <= campaign.ends_on


def stage_now(life: Life) -> tuple[Stage, datetime]:
    """Return the stage in which the life has ended up, and since when."""
    out = {
        "rejected": Stage.RECYCLED,
        "closed": Stage.DISQUALIFIED,
        "recycled": Stage.RECYCLED,
        "lost": Stage.LOST,
    }
    if life.end in out and life.ended_at:
        return out[life.end], life.ended_at
    return life.stage, life.at[life.stage]


def touch_leads(
    rng: Random, now: datetime, lives: list[Life], leads: list[Lead]
) -> list[list[Touch]]:
    """Create each lead's touches: the first brought it in; who went further left many more.

    A lead that is still one stays below the threshold of the first MQL definition.
    """
    made = [touches_of(rng, now, life, lead) for life, lead in zip(lives, leads, strict=True)]
    wander(Random(rng.random()), made)  # noqa: S311
    Touch.objects.bulk_create((touch for touches in made for touch in touches), batch_size=BATCH)
    for lead, touches in zip(leads, made, strict=True):
        lead.last_touch_at = max(touch.at for touch in touches)
    Lead.objects.bulk_update(leads, ["last_touch_at"], batch_size=BATCH)
    return made


def wander(rng: Random, made: list[list[Touch]]) -> None:
    """Let later touches be of other campaigns than the one that brought the lead in."""
    helping = list(Campaign.objects.filter(name__in=words.HELPING).order_by("pk"))
    for touches in made:
        for touch in touches[1:]:
            if rng.random() < WANDERING:
                running = [c for c in helping if c.starts_on and c.starts_on <= touch.at.date()]
                if running:
                    campaign = rng.choice(running)
                    touch.campaign, touch.channel_id = campaign, campaign.channel_id


def touches_of(rng: Random, now: datetime, life: Life, lead: Lead) -> list[Touch]:
    came = life.at[Stage.LEAD]
    until = life.at.get(Stage.MQL, now)
    kinds = words.TOUCHES[life.channel]
    if life.stage == Stage.LEAD:
        moments = [came + (until - came) * rng.random() * 0.9 for _ in range(rng.randrange(2))]
    else:
        warm = min(timedelta(days=12), until - came)
        moments = [until - warm * rng.random() for _ in range(rng.randrange(3, 7))]
        moments += [until - timedelta(minutes=rng.uniform(1, 30))]
    later = [("page_view", "Blog post")] if life.stage == Stage.LEAD else kinds
    chosen = [(came, kinds[0])] + [(at, rng.choice(later)) for at in sorted(moments)]
    return [
        Touch(
            lead=lead,
            campaign_id=lead.campaign_id,
            channel_id=lead.channel_id,
            kind=kind,
            detail=detail,
            at=max(at, came),
            key=f"demo:{lead.pk}:{number}",
            recorded_at=max(at, came),
        )
        for number, (at, (kind, detail)) in enumerate(chosen)
    ]
