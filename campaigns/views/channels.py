"""The list of channels, kept by marketing managers."""

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.forms import ChannelForm
from campaigns.services import planning
from campaigns.views.common import show_form
from crm.common.htmx import done, toast
from crm.users.permissions import MARKETING_MANAGERS, SignedInRequest, allow
from leads.models import Channel


@allow(MARKETING_MANAGERS)
@require_GET
def channels(request: SignedInRequest) -> HttpResponse:
    found = Channel.objects.annotate(used=Count("campaigns")).order_by("-is_active", "name")
    return render(request, "campaigns/channels.html", {"channels": found})


@allow(MARKETING_MANAGERS)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    form = ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        channel = planning.create_channel(form.cleaned_data["name"])
        toast(request, f"Channel {channel} added")
        return done(request, reverse("campaigns:channels"))
    return show(request, form, "New channel")


@allow(MARKETING_MANAGERS)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    channel = get_object_or_404(Channel, pk=pk)
    form = ChannelForm(request.POST or None, instance=channel)
    if request.method == "POST" and form.is_valid():
        planning.rename_channel(channel, form.cleaned_data["name"])
        toast(request, f"Channel {channel} saved")
        return done(request, reverse("campaigns:channels"))
    return show(request, form, "Rename channel")


def show(request: SignedInRequest, form: ChannelForm, title: str) -> HttpResponse:
    return show_form(
        request,
        "campaigns/_channel_form.html",
        {"form": form},
        title=title,
        back=reverse("campaigns:channels"),
        back_label="Channels",
    )


@allow(MARKETING_MANAGERS)
@require_POST
def activate(request: SignedInRequest, pk: int) -> HttpResponse:
    return set_active(request, pk, True)


@allow(MARKETING_MANAGERS)
@require_POST
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    return set_active(request, pk, False)


def set_active(request: SignedInRequest, pk: int, active: bool) -> HttpResponse:
    channel = planning.set_channel_active(get_object_or_404(Channel, pk=pk), active)
    undo = reverse(f"campaigns:channel-{'deactivate' if active else 'activate'}", args=[pk])
    toast(request, f"{channel} {'is offered again' if active else 'set aside'}", undo_url=undo)
    return done(request, reverse("campaigns:channels"))
