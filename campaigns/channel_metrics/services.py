"""Writing weeks: one cell, a pasted block, or the rows of a file, all by the same hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from campaigns.channel_metrics.models import BrandChannel, ChannelWeek
from campaigns.channel_metrics.numbers import BY_NAME, monday
from campaigns.models import Campaign
from campaigns.services.spending import set_week_spend
from crm.users.models import User
from leads.models import Channel

Cells = Mapping[tuple[date, str], int | None]
"""(any day of a week, name of a metric) to its number, None where nobody knows it."""


@dataclass(frozen=True)
class Place:
    """Whose weeks: those of a whole channel, or of one campaign on its channel."""

    channel: Channel
    campaign: Campaign | None = None


@transaction.atomic
def write_cells(place: Place, cells: Cells, *, actor: User | None) -> None:
    """Write the given cells and leave all others alone. The last word counts.

    A campaign's spend becomes dated spend of the week's Monday, so that it counts once, there.
    """
    by_week: dict[date, dict[str, int | None]] = {}
    for (day, name), value in cells.items():
        metric, week = BY_NAME[name], monday(day)
        if metric.is_money and place.campaign is not None:
            set_week_spend(place.campaign, week, value, actor=actor)
        else:
            by_week.setdefault(week, {})[metric.column] = value
    for week, values in by_week.items():
        ChannelWeek.objects.update_or_create(
            defaults=dict(values), create_defaults={**values, "channel": place.channel},
            **whose(place), week=week,
        )  # fmt: skip


def whose(place: Place) -> dict[str, Channel | Campaign | None]:
    """Return the condition on the weeks of a place; a campaign's stay its own on any channel."""
    if place.campaign is not None:
        return {"campaign": place.campaign}
    return {"channel": place.channel, "campaign": None}


@transaction.atomic
def set_brand(channel: Channel, is_brand: bool) -> None:
    """Say whether a channel's sessions show brand awareness: direct visits, branded search."""
    if is_brand:
        BrandChannel.objects.get_or_create(channel=channel)
    else:
        BrandChannel.objects.filter(channel=channel).delete()
