"""What several views of newsletters do alike."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from campaigns.newsletters import comparing, planning
from campaigns.newsletters.models import Newsletter
from crm.common.htmx import done, toast
from crm.mailing.letterhead import NoPostalAddress
from crm.users.permissions import SignedInRequest

LEAST = {
    "delivered": comparing.LEAST_DELIVERED,
    "clicks": comparing.LEAST_CLICKS,
    "sure": comparing.SURE,
}
"""What a winner of two subjects needs, as pages say it."""
TOO_LATE = "Somebody was first: the newsletter is {state} now."


def found(request: SignedInRequest, pk: int) -> Newsletter:
    """Return the newsletter, or answer 404."""
    return get_object_or_404(Newsletter.objects.visible_to(request.user).for_list(), pk=pk)


def too_late(request: SignedInRequest, newsletter: Newsletter) -> HttpResponse:
    """Go to the newsletter and say in which state it is; nothing was changed."""
    newsletter.refresh_from_db()
    state = newsletter.get_state_display().lower()
    toast(request, TOO_LATE.format(state=state), level="warning")
    return redirect(newsletter.get_absolute_url())


def not_sent(
    request: SignedInRequest, newsletter: Newsletter, error: NoPostalAddress
) -> HttpResponse:
    """Go to the newsletter, which shows the way to the settings; nothing was changed."""
    toast(request, str(error), level="error")
    return done(request, newsletter.get_absolute_url())


def act(
    request: SignedInRequest,
    pk: int,
    step: Callable[[Newsletter], object],
    *,
    said: str,
    leads_to: str = "",
) -> HttpResponse:
    """Take one step of a newsletter's life and say so; said: “{} paused”."""
    newsletter = found(request, pk)
    try:
        step(newsletter)
    except planning.NotNow:
        return too_late(request, newsletter)
    except NoPostalAddress as error:
        return not_sent(request, newsletter, error)
    toast(request, said.format(newsletter.name))
    return done(request, leads_to or newsletter.get_absolute_url())
