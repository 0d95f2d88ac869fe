"""The steps of a sequence: adding, changing, moving and removing one."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.newsletters import testing
from campaigns.sequences import editing, mailing
from campaigns.sequences.editing import NotNow, TooDeep
from campaigns.sequences.models import Enrolment, Sequence, Step
from campaigns.sequences.outline import may_branch
from campaigns.sequences.plans import plan_of
from campaigns.sequences.step_forms import FORMS, StepForm
from campaigns.sequences.steps import ICONS
from campaigns.sequences.views.pages import seen
from campaigns.views.common import show_form
from crm.common.htmx import done, toast
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow

HINTS = {
    Step.Kind.WAIT: "Some hours, days or working days.",
    Step.Kind.EMAIL: "A marketing mail, to those who may get one.",
    Step.Kind.FOLLOW_UP: "Something for a person to do.",
    Step.Kind.BRANCH: "Two ways on, by what the lead has done.",
    Step.Kind.EXIT: "The sequence ends here.",
}
PLACE = ("parent", "branch", "after")
"""Parameters that say where a new step goes."""


@allow(MARKETING)
@require_GET
def choose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Which kind of step is added."""
    sequence = seen(request, pk)
    place = placed(request, sequence)
    parent = place["after"].parent_id if place["after"] else getattr(place["parent"], "pk", None)
    kinds = [
        (kind, ICONS[kind], HINTS[kind], add_url(request, sequence, kind))
        for kind in Step.Kind
        if kind != Step.Kind.BRANCH or may_branch(plan_of(sequence), parent)
    ]
    context = {"form": StepForm(), "kinds": kinds, "sequence": sequence}
    return dialog(request, "sequences/_choose.html", context, sequence, "Add a step")


def add_url(request: SignedInRequest, sequence: Sequence, kind: Step.Kind) -> str:
    asked = {name: request.GET[name] for name in PLACE if request.GET.get(name)}
    path = reverse("sequences:step-create", args=[sequence.pk, kind.value])
    return f"{path}?{urlencode(asked)}" if asked else path


def placed(request: SignedInRequest, sequence: Sequence) -> dict[str, Any]:
    """Return where the address wants the new step: parent and branch, or after. May be 404."""
    steps = sequence.steps.filter(removed_at=None)
    found: dict[str, Any] = {"parent": None, "after": None, "branch": ""}
    for name in ("parent", "after"):
        if word := request.GET.get(name):
            if not word.isdecimal() or len(word) > 18:
                raise Http404
            found[name] = get_object_or_404(steps, pk=word)
    if found["parent"]:
        if found["parent"].kind != Step.Kind.BRANCH:
            raise Http404
        found["branch"] = "no" if request.GET.get("branch") == "no" else "yes"
    return found


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    sequence = seen(request, pk)
    if kind not in FORMS:
        raise Http404
    place, form = (
        placed(request, sequence),
        FORMS[kind](request.POST if request.method == "POST" else None),
    )
    if request.method == "POST" and form.is_valid():
        try:
            settings = form.settings
            editing.add_step(sequence, form.kind, settings, segment=form.segment, **place)
        except (NotNow, TooDeep) as fault:
            form.add_error(None, str(fault))
        else:
            toast(request, "Step added")
            return done(request, sequence.get_absolute_url())
    return show(request, form, sequence, f"Add: {form.kind.label.lower()}")


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    step = present(pk)
    form = FORMS[step.kind](request.POST if request.method == "POST" else None, step=step)
    if request.method == "POST" and form.is_valid():
        try:
            settings = form.settings
            editing.edit_step(step, settings, segment=form.segment)
        except NotNow as fault:
            form.add_error(None, str(fault))
        else:
            toast(request, "Step saved")
            return done(request, step.sequence.get_absolute_url())
    return show(request, form, step.sequence, f"Edit: {form.kind.label.lower()}", step)


def present(pk: int) -> Step:
    steps = Step.objects.filter(removed_at=None).select_related("sequence", "segment", "parent")
    return get_object_or_404(steps, pk=pk)


def show(
    request: SignedInRequest,
    form: StepForm,
    sequence: Sequence,
    title: str,
    step: Step | None = None,
) -> HttpResponse:
    standing = Enrolment.objects.open().filter(step=step).count() if step else 0
    context = {"form": form, "sequence": sequence, "kind": form.kind, "standing": standing}
    return dialog(request, form.template, context, sequence, title)


def dialog(
    request: SignedInRequest,
    fragment: str,
    context: dict[str, Any],
    sequence: Sequence,
    title: str,
) -> HttpResponse:
    back = sequence.get_absolute_url()
    return show_form(request, fragment, context, title=title, back=back, back_label=str(sequence))


@allow(EVERYBODY)
@require_POST
def test(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the mail of a step to oneself, and show it."""
    seen_steps = Step.objects.filter(sequence__in=Sequence.objects.visible_to(request.user))
    step = get_object_or_404(seen_steps, pk=pk, kind=Step.Kind.EMAIL, removed_at=None)
    mail = mailing.send_test(step, actor=request.user)
    toast(request, testing.say_sent(mail))
    return done(request, reverse("mailing:detail", args=[mail.pk]))


@allow(MARKETING)
@require_POST
def move(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    """Let a step change places with the one above or below."""
    step = present(pk)
    if way not in ("up", "down"):
        raise Http404
    try:
        editing.move_step(step, down=way == "down")
    except NotNow as fault:
        toast(request, str(fault), level="error")
    return redirect(f"{step.sequence.get_absolute_url()}#step-{step.pk}")


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove a step, after saying how many stand on it and where they go on."""
    step = present(pk)
    form = StepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            count = editing.remove_step(step)
        except NotNow as fault:
            form.is_valid()
            form.add_error(None, str(fault))
        else:
            words = f"Step removed. {count:,} go on with the next." if count else "Step removed"
            toast(request, words)
            return done(request, step.sequence.get_absolute_url())
    plan = plan_of(step.sequence)
    gone = plan.tree.within(step.pk)
    context = {
        "form": form,
        "step_title": plan.reader.title(step),
        "inside": sum(not plan.tree.nodes[pk].removed for pk in gone) - 1,
        "standing": Enrolment.objects.open().filter(step__in=gone).count(),
    }
    return dialog(request, "sequences/_remove_step.html", context, step.sequence, "Remove step")
