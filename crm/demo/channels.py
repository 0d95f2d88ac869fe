"""The demo company's channels, week by week for a year, and its programmes."""

from datetime import date, datetime, timedelta
from random import Random

from campaigns.channel_metrics.models import BrandChannel, ChannelWeek
from campaigns.channel_metrics.numbers import monday
from campaigns.models import Campaign
from crm.demo.people import Cast
from leads.models import Channel

WEEKS = 60
GROWTH = 0.9
"""By how much a year makes the numbers larger."""
BRAND = {"direct": "Direct visits", "branded_search": "Branded search"}
USUAL: dict[str, dict[str, float]] = {
    # the first week's numbers; followers are a level, all others a week's sum; spend in euros
    "content": {"sessions": 900, "impressions": 14_000, "clicks": 520, "spend": 700},
    "digital_ads": {"sessions": 620, "impressions": 52_000, "clicks": 700, "spend": 1_500},
    "social": {"sessions": 240, "impressions": 21_000, "clicks": 300, "followers": 2_100,
               "likes": 190, "comments": 26, "shares": 21, "spend": 260},
    "email": {"sessions": 180, "impressions": 5_200, "clicks": 210, "followers": 1_450,
              "spend": 130},
    "events": {"sessions": 60, "impressions": 900, "clicks": 40, "spend": 800},
    "referral": {"sessions": 95, "clicks": 70},
    "partner": {"sessions": 70, "impressions": 1_200, "clicks": 45, "spend": 250},
    "direct": {"sessions": 310},
    "branded_search": {"sessions": 220, "impressions": 1_900, "clicks": 240},
}  # fmt: skip
PROGRAMMES = {
    "Found by those who search": [
        "Guide: planning without spreadsheets", "Blog and search", "Customer stories",
        "Search ads: planning software",
    ],
    "Meet us in person": [
        "Spring trade fair", "Webinar: a week in operations", "Autumn breakfast talks",
        "Winter fair",
    ],
}  # fmt: skip
"""A programme and the campaigns under it."""


def measure(rng: Random, now: datetime, cast: Cast) -> None:
    """Write a year of weeks for each channel, and a part of them for each of its campaigns."""
    set_up_programmes(cast)
    for key, name in BRAND.items():
        channel, _ = Channel.objects.get_or_create(key=key, defaults={"name": name})
        BrandChannel.objects.get_or_create(channel=channel)
    first = monday(now.date()) - timedelta(weeks=WEEKS)
    channels = {channel.key: channel for channel in Channel.objects.filter(key__in=USUAL)}
    weeks = [
        week_of(rng, channels[key], first + timedelta(weeks=n), n / 52)
        for key in USUAL
        if key in channels
        for n in range(WEEKS)
    ]
    ChannelWeek.objects.bulk_create([*weeks, *parts(rng, weeks)])


def week_of(rng: Random, channel: Channel, week: date, years: float) -> ChannelWeek:
    """Return one week: growing, quiet in August and at the end of the year, never quite even."""
    season = 0.65 if week.month == 8 or (week.month, week.day > 18) == (12, True) else 1.0
    found: dict[str, int] = {}
    for name, usual in USUAL[channel.key].items():
        grown = usual * (1 + GROWTH * years)
        noise = 1.0 if name == "followers" else season * rng.uniform(0.82, 1.2)
        found[name] = round(grown * noise)
    if "sessions" in found:
        found["visitors"] = round(found["sessions"] * rng.uniform(0.72, 0.84))
    spend = found.pop("spend", None)
    minor = None if spend is None else spend * 100
    return ChannelWeek(channel=channel, week=week, spend_minor=minor, **found)


def parts(rng: Random, weeks: list[ChannelWeek]) -> list[ChannelWeek]:
    """Return for each campaign its part of its channel's weeks while it runs."""
    by_channel: dict[int, list[ChannelWeek]] = {}
    for week in weeks:
        by_channel.setdefault(week.channel_id, []).append(week)
    found = []
    for campaign in Campaign.objects.filter(channel__isnull=False, starts_on__isnull=False):
        share = rng.uniform(0.2, 0.45)
        for week in by_channel.get(campaign.channel_id or 0, []):
            if runs(campaign, week.week):
                found.append(part(campaign, week, share * rng.uniform(0.85, 1.15)))
    return found


def runs(campaign: Campaign, week: date) -> bool:
    return bool(campaign.starts_on and campaign.starts_on <= week) and (
        campaign.ends_on is None or week <= campaign.ends_on
    )


def part(campaign: Campaign, week: ChannelWeek, share: float) -> ChannelWeek:
    names = ("sessions", "visitors", "impressions", "clicks", "likes", "comments", "shares")
    values = {name: getattr(week, name) for name in names}
    known = {name: round(value * share) for name, value in values.items() if value is not None}
    return ChannelWeek(channel=week.channel, campaign=campaign, week=week.week, **known)


def set_up_programmes(cast: Cast) -> None:
    """Put campaigns that belong together under one programme, which itself spends nothing."""
    for name, under in PROGRAMMES.items():
        children = Campaign.objects.filter(name__in=under)
        first = children.order_by("starts_on").first()
        programme = Campaign.objects.create(
            name=name,
            status=Campaign.Status.LIVE,
            starts_on=first.starts_on if first else None,
            owner=cast.marketing_manager,
            notes="One plan and one budget talk for all of them.",
        )
        children.update(parent=programme)
