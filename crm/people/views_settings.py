"""The settings' first page, the organisation, the teams, and one's own profile."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.people import deleting, services
from crm.people.forms import AbsenceForm, ProfileForm, TeamForm
from crm.people.organisation_forms import HolidayForm, OrganisationForm
from crm.people.views import CHANGED, answer, form_page
from crm.users.models import Holiday, Organisation, Team, User
from crm.users.permissions import ADMINS, EVERYBODY, SignedInRequest, allow, may_open


@dataclass(frozen=True)
class Place:
    """A card of the settings' first page; shows to those who may open its page."""

    label: str
    icon: str
    name: str
    what: str


PLACES = {
    "Yours": (
        Place("Profile", "user", "users:profile", "Name, time zone, theme, shortcuts, absences"),
        Place("E-mail", "mail", "correspondence:mailbox",
              "Signature, your own server, where you log mail"),
        Place("Mail templates", "template", "correspondence:templates",
              "Mails to begin from"),
        Place("Your tests", "send", "mailing:tests",
              "Tests of newsletters and sequences that you have sent"),
    ),
    "Company": (
        Place("Organisation", "building", "users:organisation",
              "Name, currency, working week, holidays, answer time"),
        Place("Letterhead", "mail", "users:letterhead",
              "Postal address, logo and colour of newsletters"),
        Place("People", "users", "users:list", "Invite, roles, what each sees, capacity"),
        Place("Teams", "heart-handshake", "users:teams", "Who works together"),
    ),
    "Funnel": (
        Place("MQL definition", "target", "funnel:definition", "When a lead is offered to sales"),
        Place("Reasons", "message", "funnel:reasons", "Why sales gives a lead back, and what then"),
        Place("Routing", "arrows-exchange", "funnel:routing", "Which team or rep gets which lead"),
    ),
    "Marketing": (
        Place("Channels", "tag", "campaigns:channels", "How people come to us"),
        Place("Commitments", "target", "campaigns:commitments", "MQLs promised, month by month"),
        Place("Scoring rules", "star", "campaigns:rules", "What makes a lead warm"),
    ),
    "Sales": (
        Place("Pipelines", "layout-kanban", "deals:pipelines", "Stages and their probabilities"),
        Place("Playbooks", "list-check", "playbooks:list", "Tactics as lists of follow-ups"),
        Place("Lost reasons", "thumb-down", "deals:lost-reasons", "Why deals are lost"),
        Place("Price list", "tag", "quotes:products", "Products and their prices"),
        Place("Quotes", "file-text", "quotes:settings", "Address, terms, approval of discounts"),
    ),
    "System": (
        Place("System", "heartbeat", "outbox:system", "What waits, what failed, who is alive"),
        Place("Mailbox", "mail", "mailing:mailbox", "Mail that Tandem has sent"),
        Place("Mail addresses", "mail", "correspondence:addresses",
              "From which addresses people write"),
    ),
}  # fmt: skip


@require_GET
@allow(EVERYBODY)
def settings(request: SignedInRequest) -> HttpResponse:
    groups = {
        group: [
            (place, url) for place in places if (url := may_open(request.user, place.name))
        ]
        for group, places in PLACES.items()
    }  # fmt: skip
    return render(request, "users/settings.html", {"groups": groups})


# The organisation -------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def organisation(request: SignedInRequest) -> HttpResponse:
    stored = get_object_or_404(Organisation, pk=1)
    form = OrganisationForm(request.POST or None, instance=stored)
    if form.is_valid():
        form.save()
        toast(request, "Organisation saved")
        return redirect("users:organisation")
    context = {"form": form, "holiday_form": HolidayForm(), "holidays": Holiday.objects.all()}
    return answer(request, "users/organisation.html", context, form.is_bound)


@require_POST
@allow(ADMINS)
def add_holiday(request: SignedInRequest) -> HttpResponse:
    form = HolidayForm(request.POST)
    if form.is_valid():
        form.save()
        form = HolidayForm()
    return holidays_answer(request, form)


@require_POST
@allow(ADMINS)
def remove_holiday(request: SignedInRequest, pk: int) -> HttpResponse:
    holiday = get_object_or_404(Holiday, pk=pk)
    undo = deleting.delete(request, holiday, back=reverse("users:organisation"))
    toast(request, f"{holiday} removed", undo_url=undo)
    return holidays_answer(request, HolidayForm())


def holidays_answer(request: SignedInRequest, form: HolidayForm) -> HttpResponse:
    context = {"holiday_form": form, "holidays": Holiday.objects.all()}
    if wants_partial(request):
        return answer(request, "users/_holidays.html", context, form.is_bound)
    if form.is_bound:
        return refused(request, "users/holidays.html", context)
    return redirect("users:organisation")


# Teams ------------------------------------------------------------------------------------------


@require_GET
@allow(ADMINS)
def teams(request: SignedInRequest) -> HttpResponse:
    found = Team.objects.annotate(
        people=Count("members", filter=Q(members__is_active=True)),
        off=Count("members", filter=Q(members__is_active=False)),
    ).order_by("name")
    template = "users/_teams.html" if wants_partial(request) else "users/teams.html"
    return render(request, template, {"teams": found})


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def create_team(request: SignedInRequest) -> HttpResponse:
    return team_form(request, Team())


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def edit_team(request: SignedInRequest, pk: int) -> HttpResponse:
    return team_form(request, get_object_or_404(Team, pk=pk))


def team_form(request: SignedInRequest, team: Team) -> HttpResponse:
    form = TeamForm(request.POST or None, instance=team)
    if form.is_valid():
        form.save()
        toast(request, f"Team {team} saved")
        return done(request, reverse("users:teams"), event=CHANGED)
    return form_page(request, "users/_team_form.html", {"form": form, "team": team})


@require_POST
@allow(ADMINS)
def delete_team(request: SignedInRequest, pk: int) -> HttpResponse:
    team = get_object_or_404(Team, pk=pk)
    try:
        services.delete_team(team)
        toast(request, f"Team {team.name} deleted")
    except services.TeamInUse as error:
        toast(request, str(error), level="error")
    return done(request, reverse("users:teams"), event=CHANGED)


# Oneself ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@allow(EVERYBODY)
def profile(request: SignedInRequest) -> HttpResponse:
    user = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=user)
    if form.is_valid():
        form.save()
        toast(request, "Profile saved")
        return redirect("users:profile")
    context = {"form": form, "person": user, "absence_form": AbsenceForm()}
    return answer(request, "users/profile.html", context, form.is_bound)


@require_POST
@allow(EVERYBODY)
def theme(request: SignedInRequest) -> HttpResponse:
    """Keep the theme that was chosen in the top bar."""
    wished = request.POST.get("theme", "")
    if wished not in dict(User._meta.get_field("theme").choices or ()):
        return HttpResponseBadRequest("theme")
    User.objects.filter(pk=request.user.pk).update(theme=wished)
    return HttpResponse(status=204)
