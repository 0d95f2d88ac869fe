"""Testing a newsletter, letting it go, and stopping it."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.newsletters import planning, testing
from campaigns.newsletters.checklist import check
from campaigns.newsletters.forms import ScheduleForm, TestForm
from campaigns.newsletters.models import Newsletter
from campaigns.newsletters.views.common import LEAST, act, found, not_sent, too_late
from campaigns.newsletters.views.lists import reach
from campaigns.views.common import show_form
from crm.common.htmx import done, toast
from crm.mailing.letterhead import NoPostalAddress
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def test(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the draft to oneself or a colleague."""
    newsletter = found(request, pk)
    form = TestForm(request.POST or None, initial={"to": request.user.email})
    if request.method == "POST" and form.is_valid():
        mail = testing.send_test(newsletter, form.cleaned_data["to"], actor=request.user)
        toast(request, testing.say_sent(mail))
        return done(request, reverse("newsletters:edit", args=[pk]))
    back = reverse("newsletters:edit", args=[pk])
    return show_form(
        request,
        "newsletters/_test.html",
        {"form": form, "newsletter": newsletter},
        title="Send a test",
        back=back,
        back_label=newsletter.name,
    )


@allow(EVERYBODY)
@require_POST
def test_me(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the newsletter to oneself, and show the mail."""
    mail = testing.send_test(found(request, pk), request.user.email or "", actor=request.user)
    toast(request, testing.say_sent(mail))
    return done(request, reverse("mailing:detail", args=[mail.pk]))


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def review(request: SignedInRequest, pk: int) -> HttpResponse:
    """The checklist, the exact number of people, and the button that lets it go."""
    newsletter = found(request, pk)
    if not newsletter.is_draft:
        return too_late(request, newsletter)
    reached = reach(newsletter)
    checks = [] if reached.get("broken") else check(newsletter, reached["reached"], request.user)
    stopped = bool(reached.get("broken")) or any(each.bad for each in checks)
    form = ScheduleForm(request.POST or None, initial={"count": reached["reached"]})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and not stopped:
            if form.cleaned_data["count"] == reached["reached"]:
                return let_go(request, newsletter, form, reached["reached"])
            status = 409
    context: dict[str, Any] = {**reached, "checks": checks, "stopped": stopped, "form": form}
    context |= {"moved": status == 409, "kept": settings.MAIL_KEPT, "least": LEAST}
    return render(request, "newsletters/review.html", context, status=status)


def let_go(
    request: SignedInRequest, newsletter: Newsletter, form: ScheduleForm, count: int
) -> HttpResponse:
    try:
        planning.schedule(newsletter, form.moment)
    except planning.NotNow:
        return too_late(request, newsletter)
    except NoPostalAddress as error:
        return not_sent(request, newsletter, error)
    when = "is scheduled for" if form.moment else "is on its way to"
    toast(request, f"{newsletter.name} {when} {count:,} people")
    return done(request, newsletter.get_absolute_url())


@allow(MARKETING)
@require_POST
def unschedule(request: SignedInRequest, pk: int) -> HttpResponse:
    return act(request, pk, planning.unschedule, said="{} is a draft again")


@allow(MARKETING)
@require_POST
def pause(request: SignedInRequest, pk: int) -> HttpResponse:
    return act(request, pk, planning.pause, said="{} paused")


@allow(MARKETING)
@require_POST
def resume(request: SignedInRequest, pk: int) -> HttpResponse:
    return act(request, pk, planning.resume, said="{} goes on")


@allow(MARKETING)
@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    return act(request, pk, planning.cancel, said="{} cancelled")


@allow(MARKETING)
@require_POST
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    leads_to = reverse("newsletters:list")
    return act(request, pk, planning.delete, said="{} deleted", leads_to=leads_to)


@allow(MARKETING)
@require_POST
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    made = planning.copy(found(request, pk), actor=request.user)
    toast(request, f"{made} is a draft")
    return done(request, reverse("newsletters:edit", args=[made.pk]))
