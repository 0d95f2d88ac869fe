"""UTM links: building one, the list of them, those of a campaign."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from campaigns.capture import links, places, services, utm
from campaigns.capture.forms import LinkForm
from campaigns.capture.models import UtmLink
from campaigns.models import Campaign
from crm.common import keyset, parameters
from crm.common.htmx import done, toast
from crm.people import deleting
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow


@allow(EVERYBODY)
@require_GET
def link_list(request: SignedInRequest) -> HttpResponse:
    """The builder and all links."""
    return page(request, LinkForm(initial={"campaign_id": request.GET.get("campaign", "")}))


@allow(MARKETING)
@require_POST
def link_create(request: SignedInRequest) -> HttpResponse:
    """Keep a link. One made twice is one."""
    form = LinkForm(request.POST)
    if not form.is_valid():
        return page(request, form)
    data = form.cleaned_data
    link, new = services.save_link(
        data["campaign_id"], data["base_url"], form.values, actor=request.user
    )
    toast(request, "Link saved" if new else "This link is known already")
    return done(request, f"{reverse('capture:links')}#link-{link.pk}")


def page(request: SignedInRequest, form: LinkForm) -> HttpResponse:
    found = links.newest()
    campaign = campaign_of(request)
    if campaign:
        found = found.filter(campaign=campaign)
    rows = keyset.page(found, keyset.Order("pk", int, descending=True), request.GET)
    path = reverse("capture:links")
    context = {
        "form": form,
        "places": places.tabs(request.user, "capture:links"),
        "campaign": campaign,
        "links": links.counted(rows.rows),
        "older": rows.older(request.GET, path),
        "newer": rows.newer(request.GET, path),
        "sources": utm.SOURCES,
        "mediums": utm.MEDIUMS,
        "may_write": request.user.role in MARKETING,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "capture/links.html", context, status=status)


def campaign_of(request: SignedInRequest) -> Campaign | None:
    """Return the campaign to which the address narrows the list; None for all."""
    key = request.GET.get("campaign", "")
    return Campaign.objects.filter(pk__in=parameters.keys([key])).first()


@allow(MARKETING)
@require_GET
def link_preview(request: SignedInRequest) -> HttpResponse:
    """The link as typed so far; nothing is saved."""
    form = LinkForm(request.GET)
    url = ""
    if form.is_valid():
        url = utm.link(form.cleaned_data["base_url"], form.values)
    return render(request, "capture/_link_preview.html", {"url": url})


@allow(MARKETING)
@require_POST
def link_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a link. What it brought stays counted, and whoever has it still arrives."""
    link = get_object_or_404(UtmLink, pk=pk)
    back = reverse("capture:links")
    undo = deleting.delete(request, link, back=back)
    toast(request, "Link removed from the list", undo_url=undo)
    return done(request, back)
