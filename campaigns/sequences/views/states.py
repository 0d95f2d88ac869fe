"""Starting, pausing and archiving a sequence, each after saying what it would do."""

from collections.abc import Callable

from django import forms
from django.http import HttpResponse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from campaigns.sequences import editing
from campaigns.sequences.editing import NotNow
from campaigns.sequences.entering import would_enter
from campaigns.sequences.models import Enrolment, Sequence
from campaigns.sequences.views.pages import seen
from campaigns.views.common import show_form
from crm.common.htmx import done, toast
from crm.mailing.letterhead import NO_ADDRESS, may_send
from crm.users.permissions import MARKETING, SignedInRequest, allow


def act(
    request: SignedInRequest,
    sequence: Sequence,
    do: Callable[[], object],
    *,
    title: str,
    button: str,
    said: str,
    points: list[str],
) -> HttpResponse:
    """Ask whether, then `do` it; both as a dialog or as a page."""
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            do()
        except NotNow as fault:
            form.is_valid()
            form.add_error(None, str(fault))
        else:
            toast(request, said)
            return done(request, sequence.get_absolute_url())
    context = {"form": form, "points": points, "button": button, "sequence": sequence}
    back = sequence.get_absolute_url()
    return show_form(
        request, "sequences/_act.html", context, title=title, back=back, back_label=str(sequence)
    )


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def start(request: SignedInRequest, pk: int) -> HttpResponse:
    sequence = seen(request, pk)
    return act(
        request,
        sequence,
        lambda: editing.start(sequence),
        title=f"Start {sequence}",
        button="Start",
        said=f"{sequence} is live",
        points=starting(sequence) if request.method == "GET" else [],
    )


def starting(sequence: Sequence) -> list[str]:
    """Return what would happen at once."""
    points = []
    if sequence.entry_segment:
        count = would_enter(sequence).count()
        points.append(f"{leads(count)} of “{sequence.entry_segment}” would enter now.")
    else:
        points.append("Nobody enters now: it has no segment.")
    running = Enrolment.objects.filter(sequence=sequence, state=Enrolment.State.RUNNING)
    if count := running.filter(due_at__lte=now()).count():
        points.append(f"{leads(count)} would go on at once.")
    if not may_send():
        points.append(f"Leads wait at the mails. {NO_ADDRESS}")
    return points


def leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count:,} leads"


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def pause(request: SignedInRequest, pk: int) -> HttpResponse:
    sequence = seen(request, pk)
    inside = Enrolment.objects.open().filter(sequence=sequence).count()
    return act(
        request,
        sequence,
        lambda: editing.pause(sequence),
        title=f"Pause {sequence}",
        button="Pause",
        said=f"{sequence} is paused",
        points=[
            f"{leads(inside)} stay where they are until it is started again.",
            "What falls due meanwhile happens then.",
        ],
    )


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def archive(request: SignedInRequest, pk: int) -> HttpResponse:
    sequence = seen(request, pk)
    inside = Enrolment.objects.open().filter(sequence=sequence).count()
    return act(
        request,
        sequence,
        lambda: editing.archive(sequence),
        title=f"Archive {sequence}",
        button="Archive",
        said=f"{sequence} is archived",
        points=[
            f"{leads(inside)} who are in it leave.",
            "It cannot be started again; its numbers stay.",
        ],
    )
