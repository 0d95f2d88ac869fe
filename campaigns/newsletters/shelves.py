"""A campaign's newsletters, for its page."""

from collections.abc import Iterator

from campaigns.assets import Asset
from campaigns.models import Campaign
from campaigns.newsletters.models import Newsletter
from campaigns.newsletters.results import numbers_by_newsletter


def newsletters_of(campaign: Campaign) -> Iterator[Asset]:
    """Yield the newsletters of a campaign, newest first, with what came of those that went out."""
    newsletters = list(Newsletter.objects.filter(campaign=campaign)[:50])
    found = numbers_by_newsletter(newsletters)
    for each in newsletters:
        text = each.get_state_display()
        if each.started_at:
            results = found[each.pk]
            text = f"{results.count('delivered'):,} delivered, {results.count('clicked'):,} clicked"
        yield Asset(each.name, each.get_absolute_url(), text)
