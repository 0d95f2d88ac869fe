"""What a campaign's page shows of its forms and links (campaigns.assets)."""

from collections.abc import Iterator

from django.urls import reverse

from campaigns.assets import Asset
from campaigns.capture import links
from campaigns.capture.models import CaptureForm
from campaigns.models import Campaign

MOST = 50


def forms_of(campaign: Campaign) -> Iterator[Asset]:
    for form in CaptureForm.objects.for_list().filter(campaign=campaign)[:MOST]:
        state = "" if form.is_active else "closed, "
        yield Asset(
            form.name,
            reverse("capture:share", args=[form.pk]),
            f"{state}{form.sent} sent, {form.spam} spam held back",  # type: ignore[attr-defined]
        )


def links_of(campaign: Campaign) -> Iterator[Asset]:
    address = f"{reverse('capture:links')}?campaign={campaign.pk}"
    found = list(links.newest().filter(campaign=campaign)[:MOST])
    for row in links.counted(found):
        yield Asset(
            str(row.link),
            f"{address}#link-{row.link.pk}",
            f"{row.visits or 0} visits, {row.link.page_words}",
        )
