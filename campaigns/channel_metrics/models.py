"""What each channel did, week by week, as marketing writes it down or a file brings it in."""

from django.db import models
from django.db.models import Q

from campaigns.models import Campaign
from leads.models import Channel


class ChannelWeek(models.Model):
    """One week of a channel, or of one campaign on it. A number that nobody knows is None.

    campaign: None for the whole channel, campaigns included; a campaign's week is a part of that
        and is never added to it
    spend_minor: what the whole channel cost, in minor units. A campaign's money is dated spend
        (campaigns.Spend) alone, so that nothing counts twice
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="weeks")
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="weeks"
    )
    week = models.DateField(help_text="Its Monday")
    sessions = models.PositiveBigIntegerField(null=True, blank=True)
    visitors = models.PositiveBigIntegerField(null=True, blank=True)
    impressions = models.PositiveBigIntegerField(null=True, blank=True)
    clicks = models.PositiveBigIntegerField(null=True, blank=True)
    followers = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="At the end of the week"
    )
    likes = models.PositiveBigIntegerField(null=True, blank=True)
    comments = models.PositiveBigIntegerField(null=True, blank=True)
    shares = models.PositiveBigIntegerField(null=True, blank=True)
    spend_minor = models.PositiveBigIntegerField(null=True, blank=True, help_text="Minor units")

    class Meta:
        ordering = ["-week", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(campaign=None) | Q(spend_minor=None),
                name="channel_week_of_a_campaign_leaves_spend_to_dated_spend",
            ),
            models.UniqueConstraint(
                fields=["channel", "week"],
                condition=Q(campaign=None),
                name="channel_week_is_one_per_channel",
            ),
            models.UniqueConstraint(
                fields=["campaign", "week"],
                condition=Q(campaign__isnull=False),
                name="channel_week_is_one_per_campaign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign or self.channel}, week of {self.week}"


class BrandChannel(models.Model):
    """A channel whose sessions show that people know us: they came direct, or by our name."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="brand")

    def __str__(self) -> str:
        return str(self.channel)
