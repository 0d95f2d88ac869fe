"""The weekly grid of a channel and of a campaign: shown, and saved by cell, block or form."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_POST

from campaigns.channel_metrics import grid
from campaigns.channel_metrics.models import BrandChannel
from campaigns.channel_metrics.numbers import BY_NAME, LOOK_BACK, METRICS, NotANumber, monday
from campaigns.channel_metrics.services import Place, set_brand, write_cells
from campaigns.models import Campaign
from campaigns.views.common import header
from crm.common import parameters
from crm.common.htmx import done, toast, wants_partial
from crm.common.parts import Tab
from crm.users.permissions import (
    EVERYBODY,
    MARKETING,
    MARKETING_MANAGERS,
    SignedInRequest,
    allow,
)
from leads.models import Channel


@dataclass(frozen=True)
class Page:
    """One of the two pages that show a grid: its template, and where its cells are sent."""

    place: Place
    template: str
    url: str
    save_url: str
    context: dict[str, object]


def channel_page(request: SignedInRequest, pk: int) -> Page:
    channel = get_object_or_404(Channel, pk=pk)
    channels = Channel.objects.filter(is_active=True)
    context = {
        "channel": channel,
        "is_brand": BrandChannel.objects.filter(channel=channel).exists(),
        "may_brand": request.user.role in MARKETING_MANAGERS,
        "may_write": request.user.role in MARKETING,
        "tabs": page_tabs("grid"),
        "channels": [Tab(str(one), grid_url(one), active=one == channel) for one in channels],
    }
    save_url = reverse("channel_metrics:channel-save", args=[pk])
    return Page(Place(channel), "channel_metrics/grid.html", grid_url(channel), save_url, context)


def campaign_page(request: SignedInRequest, pk: int) -> Page:
    campaigns = Campaign.objects.visible_to(request.user).for_list()
    campaign = get_object_or_404(campaigns, pk=pk)
    place = Place(campaign.channel or Channel(), campaign)
    return Page(
        place,
        "channel_metrics/campaign.html",
        reverse("channel_metrics:campaign", args=[pk]),
        reverse("channel_metrics:campaign-save", args=[pk]),
        header(request, campaign, "metrics"),
    )


def grid_url(channel: Channel) -> str:
    return reverse("channel_metrics:channel", args=[channel.pk])


def page_tabs(here: str) -> list[Tab]:
    return [
        Tab("Charts", reverse("channel_metrics:channels"), active=here == "charts"),
        Tab("Weekly numbers", reverse("channel_metrics:grid"), active=here == "grid"),
    ]


# Reading ------------------------------------------------------------------------------------------


@allow(EVERYBODY)
@require_GET
def first_grid(request: SignedInRequest) -> HttpResponse:
    """The grid of the first channel; the others are one click away."""
    channel = Channel.objects.filter(is_active=True).first()
    return redirect(grid_url(channel) if channel else "channel_metrics:channels")


@allow(EVERYBODY)
@require_GET
def channel(request: SignedInRequest, pk: int) -> HttpResponse:
    return show(request, channel_page(request, pk))


@allow(EVERYBODY)
@require_GET
def campaign(request: SignedInRequest, pk: int) -> HttpResponse:
    return show(request, campaign_page(request, pk))


def show(
    request: SignedInRequest,
    page: Page,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """Render the grid that ends with the week asked for; 422 if cells could not be read."""
    today = localdate()
    to = asked_week(request.GET.get("to") or (typed or {}).get("to"), today)
    back, on = to - timedelta(weeks=grid.WEEKS), to + timedelta(weeks=grid.WEEKS)
    context = {
        **page.context,
        "place": page.place,
        "lines": grid.lines(page.place, to, today, typed or {}, errors or {}),
        "metrics": METRICS,
        "to": to,
        "save_url": page.save_url,
        "errors": errors,
        "earlier_url": f"{page.url}?to={back}",
        "later_url": f"{page.url}?to={min(on, monday(today))}" if to < monday(today) else "",
    }
    return render(request, page.template, context, status=422 if errors else 200)


def asked_week(text: str | None, today: date) -> date:
    """Return the Monday that the address asks for, this week's for anything that is no day."""
    day = parameters.day(text)
    try:
        return grid.likely_week(day) if day else monday(today)
    except NotANumber:
        return monday(today)


# Writing ------------------------------------------------------------------------------------------


@allow(MARKETING)
@require_POST
def channel_save(request: SignedInRequest, pk: int) -> HttpResponse:
    return save(request, channel_page(request, pk))


@allow(MARKETING)
@require_POST
def campaign_save(request: SignedInRequest, pk: int) -> HttpResponse:
    page = campaign_page(request, pk)
    if page.place.channel.pk is None:
        return HttpResponse("Give the campaign a channel first.", status=422)
    return save(request, page)


def save(request: SignedInRequest, page: Page) -> HttpResponse:
    """Save what can be read: one cell or a block by htmx, all of a plain form without it."""
    typed = request.POST.dict()
    cells, errors = grid.read(typed)
    fresh = grid.changed(page.place, cells)
    write_cells(page.place, fresh, actor=request.user)
    if wants_partial(request):
        return marks(request, page.place, cells, errors)
    if errors:
        return show(request, page, typed, errors)
    toast(request, f"{len(fresh)} numbers saved" if len(fresh) != 1 else "1 number saved")
    return redirect(f"{page.url}?to={asked_week(typed.get('to'), localdate())}")


def marks(
    request: SignedInRequest,
    place: Place,
    cells: dict[tuple[date, str], int | None],
    errors: dict[str, str],
) -> HttpResponse:
    """Answer with the mark of each cell sent: saved, unusual, or why it was refused."""
    weeks = sorted({week for week, _ in cells})
    values, totals = {}, {}
    if weeks:
        first = weeks[0] - timedelta(weeks=LOOK_BACK)
        values, totals = grid.values_of(place, first, weeks[-1]), grid.totals_of(place, weeks)
    found = [replace(grid.cell_of(week, BY_NAME[name], values), saved=True) for week, name in cells]
    found += [refused_cell(name, error) for name, error in errors.items()]
    lines = [grid.Line(week, False, [], totals.get(week)) for week in weeks if place.campaign]
    context = {"cells": found, "lines": lines, "oob": True}
    return render(request, "channel_metrics/_marks.html", context, status=422 if errors else 200)


def refused_cell(name: str, error: str) -> grid.Cell:
    week, _, metric = name.partition(".")
    return grid.Cell(name=name, metric=BY_NAME[metric], week=date.min, error=error)


@allow(MARKETING_MANAGERS)
@require_POST
def brand(request: SignedInRequest, pk: int) -> HttpResponse:
    """Count a channel's sessions as brand awareness, or no longer."""
    channel = get_object_or_404(Channel, pk=pk)
    set_brand(channel, "on" in request.POST)
    toast(request, f"{channel} {'shows' if 'on' in request.POST else 'no longer shows'} awareness")
    return done(request, grid_url(channel))
