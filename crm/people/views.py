"""The list of people, and what is done with one of them."""

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from crm.common.htmx import done, refused, toast, wants_partial
from crm.people import deleting, services, switching_off
from crm.people.belongings import KINDS
from crm.people.forms import AbsenceForm, PeopleFilter, PersonForm, WorkForm
from crm.people.invitations import CannotInvite
from crm.people.invitations import invite as send_invitation
from crm.people.switch_off_form import SwitchOffForm
from crm.users.models import Absence, User, UserQuerySet
from crm.users.permissions import ADMINS, EVERYBODY, MANAGERS, SignedInRequest, allow

CHANGED = "people-changed"
MOST_TRANSFERS = 30
SORTS = {"name": "name", "role": "role", "team": "team__name", "capacity": "capacity"}
NO_PASSWORD = Q(password__startswith="!")  # noqa: S106 what an unusable one begins with
ACCESS = {
    "active": Q(is_active=True) & ~NO_PASSWORD,
    "invited": Q(is_active=True, invited_at__isnull=False) & NO_PASSWORD,
    "none": Q(is_active=True, invited_at=None) & NO_PASSWORD,
    "off": Q(is_active=False),
}


@require_GET
@allow(MANAGERS)
@vary_on_headers("HX-Request")
def people(request: SignedInRequest) -> HttpResponse:
    form = PeopleFilter(request.GET)
    found = listed(User.objects.managed_by(request.user), form, request.GET.get("sort", ""))
    context = {"page": Paginator(found, 50).get_page(request.GET.get("page")), "filter": form}
    template = "users/_people.html" if wants_partial(request) else "users/people.html"
    return render(request, template, context)


def listed(people: UserQuerySet, form: PeopleFilter, sort: str) -> UserQuerySet:
    """Return the people that the filters leave, with team and absence, in the wished order."""
    chosen = form.cleaned_data if form.is_valid() else {}
    people = people.search(chosen.get("q", "")).with_absence(localdate()).select_related("team")
    if role := chosen.get("role"):
        people = people.filter(role=role)
    if team := chosen.get("team"):
        people = people.filter(team=team)
    if access := chosen.get("access"):
        people = people.filter(ACCESS[access])
    key = SORTS.get(sort.removeprefix("-"), "name")
    return people.order_by("-is_active", f"-{key}" if sort.startswith("-") else key, "pk")


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def create(request: SignedInRequest) -> HttpResponse:
    """Add a person and send the invitation."""
    form = PersonForm(request.POST or None, actor=request.user)
    if form.is_valid():
        user = services.create_user(actor=request.user, **form.cleaned_data)
        send_invitation(user, actor=request.user)
        toast(request, f"{user} is invited")
        return done(request, reverse("users:list"), event=CHANGED)
    return form_page(request, "users/_person_form.html", {"form": form})


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User.objects.managed_by(request.user), pk=pk)
    form = PersonForm(request.POST or None, actor=request.user, instance=user)
    if form.is_valid():
        try:
            services.edit_user(user, actor=request.user, **form.cleaned_data)
        except services.LastAdministrator as error:
            form.add_error("role", str(error))
        else:
            toast(request, f"{form.cleaned_data['name']} saved")
            return done(request, reverse("users:list"), event=CHANGED)
    return form_page(request, "users/_person_form.html", {"form": form, "person": user})


@require_http_methods(["GET", "POST"])
@allow(MANAGERS)
def work(request: SignedInRequest, pk: int) -> HttpResponse:
    """Capacity, weight and absences: what a manager plans for his team."""
    user = get_object_or_404(User.objects.managed_by(request.user), pk=pk)
    form = WorkForm(request.POST or None, instance=user)
    if form.is_valid():
        services.plan_work(user, actor=request.user, **form.cleaned_data)
        toast(request, f"{user} saved")
        return done(request, reverse("users:work", args=[pk]))
    context = {**transfers_of(user), "form": form, "absence_form": AbsenceForm()}
    return answer(request, "users/work.html", context, form.is_bound)


@require_POST
@allow(ADMINS)
def invite(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the invitation, or send it anew."""
    user = get_object_or_404(User.objects.managed_by(request.user), pk=pk)
    try:
        send_invitation(user, actor=request.user)
        toast(request, f"An invitation is on its way to {user.email}")
    except CannotInvite as error:
        toast(request, str(error), level="error")
    return done(request, reverse("users:list"), event=CHANGED)


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask who gets what the person owns, and switch them off."""
    user = get_object_or_404(User.objects.managed_by(request.user).select_related("team"), pk=pk)
    form = SwitchOffForm(request.POST if request.method == "POST" else None, person=user)
    if form.is_valid():
        try:
            switching_off.deactivate(user, actor=request.user, takers=form.takers)
        except (services.LastAdministrator, switching_off.NoTaker) as error:
            form.add_error(None, str(error))
        else:
            toast(request, off_text(user, len(form.owned)))
            return done(request, reverse("users:work", args=[pk]))
    context = {"form": form, "person": user}
    return form_page(request, "users/_switch_off.html", context)


def off_text(user: User, kinds: int) -> str:
    return (
        f"{user} is switched off. Their records go to the new owners."
        if kinds
        else (f"{user} is switched off")
    )


@require_POST
@allow(ADMINS)
def reactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User.objects.managed_by(request.user), pk=pk)
    given = switching_off.reactivate(user, actor=request.user)
    stays = ". What went to others stays with them." if given else ""
    toast(request, f"{user} is switched on{stays}")
    return done(request, reverse("users:list"), event=CHANGED)


@require_GET
@allow(MANAGERS)
def transfers(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the records of a switched-off person are on their way to the new owners."""
    user = get_object_or_404(User.objects.managed_by(request.user), pk=pk)
    if not wants_partial(request):
        return redirect("users:work", pk=pk)
    return render(request, "users/_transfers.html", transfers_of(user))


def transfers_of(user: User) -> dict[str, Any]:
    """Return what the fragment of transfers needs: each with the words of its kind."""
    found = user.transfers.select_related("taker", "giver__team").order_by("-asked_at", "pk")
    rows = [(transfer, KINDS[transfer.kind].label) for transfer in found if transfer.kind in KINDS]
    going = any(transfer.done_at is None for transfer, _ in rows)
    return {"person": user, "transfers": rows[:MOST_TRANSFERS], "going": going}


# Absences: one's own, and those of the people one manages ---------------------------------------


def plannable(user: User) -> UserQuerySet:
    """Return the people whose absences `user` may plan: himself and those he manages."""
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=User.objects.managed_by(user)))


@require_POST
@allow(EVERYBODY)
def add_absence(request: SignedInRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(plannable(request.user), pk=pk)
    form = AbsenceForm(request.POST)
    if form.is_valid():
        services.plan_absence(user, actor=request.user, **form.cleaned_data)
        return absences_changed(request, user)
    context = {"person": user, "absence_form": form}
    if wants_partial(request):
        return refused(request, "users/_absences.html", context)
    return refused(request, "users/absences.html", context)


@require_POST
@allow(EVERYBODY)
def remove_absence(request: SignedInRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence, pk=pk, user__in=plannable(request.user))
    undo = deleting.delete(request, absence, back=absences_of(request, absence.user))
    toast(request, "Absence removed", undo_url=undo)
    return absences_changed(request, absence.user)


def absences_changed(request: SignedInRequest, user: User) -> HttpResponse:
    """Answer with the list of absences, or the page that it is on."""
    if wants_partial(request):
        context = {"person": user, "absence_form": AbsenceForm()}
        return render(request, "users/_absences.html", context)
    return redirect(absences_of(request, user))


def absences_of(request: SignedInRequest, user: User) -> str:
    own = user == request.user
    return reverse("users:profile") if own else reverse("users:work", args=[user.pk])


@require_POST
@allow(EVERYBODY)
def restore(request: SignedInRequest, number: uuid.UUID) -> HttpResponse:
    """Bring back what the user has just deleted, on whichever page."""
    try:
        back = deleting.restore(request, number)
    except deleting.NotRestorable as error:
        toast(request, str(error), level="warning")
        return done(request, "/")
    toast(request, "Brought back")
    return done(request, back)


# Answers ----------------------------------------------------------------------------------------


def form_page(request: SignedInRequest, fragment: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with a form: alone into the dialog, else in a page; 422 if it holds errors."""
    template = fragment if wants_partial(request) else "users/form.html"
    context = {**context, "fragment": fragment}
    return answer(request, template, context, context["form"].is_bound)


def answer(
    request: SignedInRequest, template: str, context: dict[str, Any], wrong: bool
) -> HttpResponse:
    return refused(request, template, context) if wrong else render(request, template, context)
