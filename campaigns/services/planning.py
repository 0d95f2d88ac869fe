"""Campaigns and channels as marketing plans them."""

import uuid

from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from campaigns.models import Campaign, Feedback
from campaigns.querysets import CampaignQuerySet
from leads.models import Channel

PLAN = (
    "parent", "channel", "objective", "starts_on", "ends_on", "budget_minor", "mql_goal", "owner",
    "notes",
)  # fmt: skip
"""What a clone takes over: what was planned, nothing of what came of it."""


class NotAProgramme(ValueError):
    """The campaign cannot stand under that one; the message says why."""


@transaction.atomic
def save_campaign(campaign: Campaign) -> Campaign:
    """Write a campaign. A new owner also gets the feedback that the old one has not read.

    Raises NotAProgramme if it cannot stand under its parent.
    """
    check_parent(campaign)
    campaign.status_batch = None  # an earlier change of several at once is not undone any more
    campaign.save()
    unread = Feedback.objects.unread().filter(campaign=campaign)
    unread.exclude(owner=campaign.owner_id).update(owner=campaign.owner_id)
    return campaign


def check_parent(campaign: Campaign) -> None:
    """Programmes are one level deep: neither a cycle nor a chain. Locks the rows that matter.

    Raises NotAProgramme.
    """
    if campaign.parent_id is None:
        return
    family = Campaign.objects.select_for_update().filter(
        pk__in=[pk for pk in (campaign.parent_id, campaign.pk) if pk]
    )
    parent = next(one for one in family.order_by("pk") if one.pk == campaign.parent_id)
    if parent.pk == campaign.pk:
        raise NotAProgramme("A campaign cannot be its own programme.")
    if parent.parent_id is not None:
        raise NotAProgramme(f"{parent} belongs to a programme itself.")
    if campaign.pk and campaign.children.exists():
        raise NotAProgramme("Other campaigns stand under this one, so it is a programme.")


def copy_of(campaign: Campaign) -> Campaign:
    """Return a new, unsaved campaign with the plan of another; its spend and touches stay there."""
    plan = {name: getattr(campaign, name) for name in PLAN}
    return Campaign(name=f"Copy of {campaign.name}"[:200], **plan)


@transaction.atomic
def pause(campaigns: CampaignQuerySet) -> tuple[uuid.UUID, int]:
    """Pause those of `campaigns` that are live; see `set_status`."""
    return set_status(campaigns.filter(status=Campaign.Status.LIVE), Campaign.Status.PAUSED)


@transaction.atomic
def archive(campaigns: CampaignQuerySet) -> tuple[uuid.UUID, int]:
    """Put campaigns away; lists leave them out, what they brought stays. See `set_status`."""
    return set_status(campaigns.current(), Campaign.Status.ARCHIVED)


def set_status(campaigns: CampaignQuerySet, status: str) -> tuple[uuid.UUID, int]:
    """Give several campaigns a status at once; return what undoes it, and how many they were."""
    batch = uuid.uuid4()
    changed = Campaign.objects.filter(pk__in=list(campaigns.values_list("pk", flat=True))).update(
        status=status, status_before=F("status"), status_batch=batch
    )
    return batch, changed


@transaction.atomic
def undo_status(batch: uuid.UUID) -> int:
    """Give campaigns their status from before; those edited since keep theirs."""
    return Campaign.objects.filter(status_batch=batch).update(
        status=F("status_before"), status_batch=None
    )


@transaction.atomic
def create_channel(name: str) -> Channel:
    """Add a channel; its key for reports and files comes from its name and then stays."""
    stem = slugify(name).replace("-", "_")[:70] or "channel"
    taken = set(Channel.objects.filter(key__startswith=stem).values_list("key", flat=True))
    keys = [stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 2))]
    free = next(key for key in keys if key not in taken)
    return Channel.objects.create(name=name, key=free)


@transaction.atomic
def rename_channel(channel: Channel, name: str) -> Channel:
    """Give a channel another name. Its key stays, so that links and files go on working."""
    channel.name = name
    channel.save(update_fields=["name"])
    return channel


@transaction.atomic
def set_channel_active(channel: Channel, active: bool) -> Channel:
    """Offer a channel for choice, or no longer. What came through it keeps it."""
    channel.is_active = active
    channel.save(update_fields=["is_active"])
    return channel
