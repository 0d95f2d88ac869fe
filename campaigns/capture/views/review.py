"""Deciding on submissions that made no lead: look, mend, release, discard."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.capture import reviewing
from campaigns.capture.models import CaptureForm, Submission
from campaigns.capture.public_form import CONSENT, PublicForm
from crm.common.htmx import done, refused, toast
from crm.users.permissions import MARKETING, SignedInRequest, allow
from leads.normalising import BadValue
from leads.services import LeadNotAccepted

GONE = "Somebody has decided on it already."


def undecided(pk: int) -> Submission:
    return get_object_or_404(reviewing.undecided().select_related("form__campaign"), pk=pk)


def back_of(submission: Submission) -> str:
    tab = "spam" if submission.spam else "review"
    return reverse(f"capture:{tab}", args=[submission.form_id])


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def one(request: SignedInRequest, pk: int) -> HttpResponse:
    """What was typed, in a form: mend it and release it as a lead."""
    submission = undecided(pk)
    typed = PublicForm(submission.form, request.POST if request.method == "POST" else None)
    typed.fields.pop(CONSENT, None)
    typed.initial = submission.values
    context = {"submission": submission, "typed": typed, "back": back_of(submission)}
    if request.method == "GET":
        return render(request, "capture/review.html", context)
    if typed.is_valid() and (answer := released(request, submission, typed)):
        return answer
    return refused(request, "capture/review.html", context)


def released(
    request: SignedInRequest, submission: Submission, typed: PublicForm
) -> HttpResponse | None:
    """Release a submission; None with the form's error if it still cannot become a lead."""
    back = back_of(submission)
    try:
        lead = reviewing.release(submission, typed.values)
    except reviewing.Decided:
        toast(request, GONE, level="warning")
        return done(request, back)
    except (LeadNotAccepted, BadValue) as fault:
        typed.add_error(None, str(fault))
        return None
    toast(request, f"{lead} is a lead now")
    return done(request, lead.get_absolute_url() if "stay" not in request.POST else back)


@allow(MARKETING)
@require_POST
def rescue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Release as it was typed, in one click; what is wrong in it is mended on its page first."""
    submission = undecided(pk)
    typed = PublicForm(submission.form, submission.values)
    page = reverse("capture:review-one", args=[submission.pk])
    if not typed.is_valid():
        toast(request, reviewing.NO_LEAD, level="error")
        return redirect(page)
    back = back_of(submission)
    answer = released(request, submission, typed)
    return done(request, back) if answer is not None else redirect(page)


@allow(MARKETING)
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Decide that a submission makes no lead."""
    submission = undecided(pk)
    try:
        reviewing.discard(submission, actor=request.user)
        toast(request, "Discarded")
    except reviewing.Decided:
        toast(request, GONE, level="warning")
    return done(request, back_of(submission))


@allow(MARKETING)
@require_POST
def release_too_many(request: SignedInRequest, pk: int) -> HttpResponse:
    """Release what was set aside only because many came from one place."""
    capture = get_object_or_404(CaptureForm.objects.select_related("campaign"), pk=pk)
    leads, kept = reviewing.release_too_many(capture)
    text = f"{leads} released" + (f", {kept} for review" if kept else "")
    toast(request, text)
    return done(request, reverse("capture:spam", args=[pk]))
