"""Putting leads into a static segment, from the lead list's bulk bar, and taking them out."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.segments import services
from campaigns.segments.forms import AddForm
from campaigns.segments.models import Segment
from campaigns.segments.views import ids_of
from crm.audit.acting import Door, acting
from crm.common.htmx import done, refused, toast, wants_partial
from crm.users.permissions import MARKETING, SignedInRequest, allow
from leads.models import Lead
from leads.views_bulk import chosen


@require_http_methods(["GET", "POST"])
@allow(MARKETING)
@acting(door=Door.BULK)
def bulk_add(request: SignedInRequest) -> HttpResponse:
    """Ask for a static segment, and put the chosen leads of the lead list into it."""
    data = request.POST if request.method == "POST" else request.GET
    leads = chosen(request, data)
    asked = "segment" in data
    form = AddForm(data if asked else None)
    context = {"form": form, "data": data, "ids": data.getlist("ids")[:1000],
               "title": f"Add {leads.count():,} leads to a segment"}  # fmt: skip
    template = "segments/_add.html" if wants_partial(request) else "segments/add.html"
    if request.method == "GET" or not asked:
        return render(request, template, context)
    if not form.is_valid():
        return refused(request, template, context)
    segment = form.cleaned_data["segment"] or services.save(
        Segment(name=form.cleaned_data["name"], kind=Segment.Kind.STATIC, owner=request.user)
    )
    added = services.add_leads(segment, leads, actor=request.user)
    toast(request, f"{added:,} lead{'s' if added != 1 else ''} added to {segment}")
    return done(request, f"{reverse('leads:list')}?{data.get('query', '')}")


@require_POST
@allow(MARKETING)
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take leads that the user sees out of a static segment."""
    segment = get_object_or_404(Segment, pk=pk, kind=Segment.Kind.STATIC)
    seen = Lead.objects.visible_to(request.user).filter(pk__in=ids_of(request.POST)[:1000])
    gone = services.remove_leads(segment, seen.values_list("pk", flat=True))
    toast(request, f"{gone:,} lead{'s' if gone != 1 else ''} taken out of {segment}")
    return done(request, segment.get_absolute_url())
