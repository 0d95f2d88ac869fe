"""Correcting and deleting what one has logged, within a day."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from crm.activities import correcting
from crm.activities.forms import LogForm
from crm.activities.models import Activity
from crm.activities.services import NotLogged, is_contact
from crm.common.htmx import done, refused, toast, wants_partial
from crm.people import deleting
from crm.users.permissions import WRITERS, SignedInRequest, allow
from leads.normalising import BadValue


def own(request: SignedInRequest, pk: int) -> Activity:
    """Return an activity that the user may change; 404 for another's, or after its day."""
    rows = correcting.changeable(request.user).select_related("lead", "deal")
    return get_object_or_404(rows, pk=pk)


def place_of(activity: Activity) -> str:
    return str((activity.deal or activity.lead).get_absolute_url())


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def correct(request: SignedInRequest, pk: int) -> HttpResponse:
    activity = own(request, pk)
    kind = Activity.Kind(activity.kind)
    form = LogForm(kind, request.POST or None, initial=LogForm.of(activity), auto_id="correct_%s")
    form.without_next_step()
    if form.is_valid():
        try:
            correcting.correct(activity, **form.facts())
        except (NotLogged, BadValue) as fault:
            form.add_error("text", str(fault))
        else:
            toast(request, f"{kind.label} corrected")
            return done(request, place_of(activity))
    template = "activities/_correct.html" if wants_partial(request) else "activities/correct.html"
    context = {"form": form, "activity": activity, "back": place_of(activity)}
    return (
        refused(request, template, context) if form.is_bound else render(request, template, context)
    )


@require_POST
@allow(WRITERS)
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete it; the toast brings it back."""
    activity = own(request, pk)
    back = place_of(activity)
    undo = deleting.keep(request, activity, back=back, door="activities:bring-back")
    correcting.delete(activity)
    toast(request, f"{activity.get_kind_display()} deleted", undo_url=undo)
    if wants_partial(request):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(back)


@require_POST
@allow(WRITERS)
def bring_back(request: SignedInRequest, number: uuid.UUID) -> HttpResponse:
    """Undo a deletion, and with it what followed from that."""
    try:
        [activity], back = deleting.restore_rows(request, number, "activities:bring-back")
    except deleting.NotRestorable as fault:
        toast(request, str(fault), level="warning")
        return done(request, "/")
    assert isinstance(activity, Activity)
    correcting.measure_again(activity, contact=is_contact(activity))
    toast(request, "Brought back")
    return done(request, back)
