"""Coming in: the first-run set-up, the sample company's loading, an accepted invitation."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm.common import parameters
from crm.common.htmx import refused, toast, wants_partial
from crm.outbox.models import Effect
from crm.people import devices, invitations, services, set_up
from crm.people.forms import PasswordForm
from crm.people.organisation_forms import FirstOrganisationForm
from crm.people.setup_forms import TeamAndInvitationsForm, YouForm
from crm.throttling.in_process import LocalLimit
from crm.throttling.reading import limit_reading
from crm.users.middleware import FirstRunMiddleware
from crm.users.models import Organisation, Team, User
from crm.users.permissions import ADMINS, SignedInRequest, allow, may_open

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
OPENED = LocalLimit(600)
"""Invitations that one network opens in a minute."""


@never_cache
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Show or take one screen of the set-up: the one it stands at, or an earlier one again."""
    organisation = set_up.current()
    if organisation is None:
        raise Http404
    step = chosen_step(request, organisation)
    if needs_administrator(request, step):
        return redirect(f"{reverse('account_login')}?next={reverse('setup')}")
    return SCREENS[step](request)


def chosen_step(request: HttpRequest, organisation: Organisation) -> int:
    """Return the wished screen if the set-up has come so far, and it can be shown again."""
    at = organisation.set_up_step
    wished = parameters.whole_number(request.GET.get("step"), at)
    return wished if wished and wished != set_up.YOU else at


def needs_administrator(request: HttpRequest, step: int) -> bool:
    """True if the screen is for an administrator: as soon as there is one who can log in."""
    user = request.user
    if user.is_authenticated and isinstance(user, User) and user.is_admin:
        return False
    return step > set_up.YOU or User.objects.administrators().exists()


def screen(request: HttpRequest, name: str, step: int, **context: Any) -> HttpResponse:
    form = context.get("form")
    steps = [
        {"number": n, "label": label, "state": "done" if n < step else "now" if n == step else ""}
        for n, label in set_up.STEPS.items()
    ]
    context = {**context, "steps": steps, "step": step}
    status = 422 if form is not None and form.is_bound else 200
    return render(request, f"users/setup/{name}.html", context, status=status)


def organisation_screen(request: HttpRequest) -> HttpResponse:
    stored = Organisation.objects.filter(pk=1).first()
    first = stored or Organisation(pk=1, workdays=Organisation.get().workdays)
    form = FirstOrganisationForm(request.POST or None, instance=first)
    if form.is_valid():
        set_up.name_organisation(form.save(commit=False))
        return redirect("setup")
    return screen(request, "organisation", set_up.ORGANISATION, form=form)


def you_screen(request: HttpRequest) -> HttpResponse:
    form = YouForm(request.POST or None)
    if request.user.is_authenticated:
        set_up.advance(set_up.YOU)
        return redirect("setup")
    if form.is_valid():
        try:
            user = set_up.create_administrator(**form.cleaned_data)
        except set_up.AlreadyDone:
            return redirect("setup")
        login(request, user, backend=BACKEND)
        return redirect("setup")
    return screen(request, "you", set_up.YOU, form=form)


def team_screen(request: SignedInRequest) -> HttpResponse:
    form = TeamAndInvitationsForm(request.POST or None)
    if form.is_valid():
        if not request.POST.get("skip"):
            invite_first(request.user, form)
        set_up.advance(set_up.TEAM)
        return redirect("setup")
    return screen(request, "team", set_up.TEAM, form=form)


def invite_first(actor: User, form: TeamAndInvitationsForm) -> None:
    """Make the first team, and invite the first people into it."""
    name, team = form.cleaned_data["team"].strip(), None
    if name:
        team = Team.objects.filter(name=name).first() or Team.objects.create(name=name)
    for email, role in form.invitations():
        user = services.create_user(
            actor=actor, name=email.partition("@")[0], email=email, role=role, scope="",
            team=team if role in ("rep", "sales_manager") else None,
        )  # fmt: skip
        invitations.invite(user, actor=actor)


def start_screen(request: SignedInRequest) -> HttpResponse:
    """Ask what to begin with; the answer ends the set-up."""
    if request.method == "GET":
        return screen(request, "start", set_up.START)
    how = request.POST.get("start", "")
    set_up.finish(sample=how == "sample")
    FirstRunMiddleware.done = True
    if how == "sample":
        return redirect("users:welcome")
    imports = may_open(request.user, "importing:create") or may_open(request.user, "importing:list")
    return redirect(imports if how == "import" and imports else "/")


SCREENS: dict[int, Callable[..., HttpResponse]] = {
    set_up.ORGANISATION: organisation_screen,
    set_up.YOU: you_screen,
    set_up.TEAM: team_screen,
    set_up.START: start_screen,
}


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def welcome(request: SignedInRequest) -> HttpResponse:
    """Offer the sample company, and wait for it; then go to My day."""
    if request.method == "POST":
        set_up.ask_for_sample()
        return redirect("users:welcome")
    state = set_up.sample_state()
    over = state == Effect.State.DONE
    if not wants_partial(request):
        return redirect("/") if over else render(request, "users/welcome.html", {"state": state})
    if over:
        toast(request, "The sample company is here")
        return HttpResponse(status=204, headers={"HX-Redirect": "/"})
    return render(request, "users/_loading.html", {"state": state})


@never_cache
@require_http_methods(["GET", "POST"])
@limit_reading(OPENED)
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Let an invited person choose a password; he is logged in at once."""
    user = invitations.invited(token)
    if user is None:
        return render(request, "users/invitation_void.html", status=410)
    form = PasswordForm(request.POST or None, user=user, initial={"name": user.name})
    if form.is_valid():
        joined = invitations.accept(token, **form.cleaned_data)
        if joined is None:
            return render(request, "users/invitation_void.html", status=410)
        login(request, joined, backend=BACKEND)
        response = redirect("/")
        devices.remember(request, response, joined)
        return response
    context = {"form": form, "person": user}
    if form.is_bound:
        return refused(request, "users/accept.html", context)
    return render(request, "users/accept.html", context)
