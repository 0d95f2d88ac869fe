"""The demo company's people: two sales teams, marketing, an administrator and a viewer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from crm.funnel.models import RoutingRule
from crm.users.models import Absence, Organisation, Role, Team, User, usual_week

PEOPLE = [
    # name, role, team
    ("Alex Admin", Role.ADMIN, ""),
    ("Maya Lindqvist", Role.MARKETER, ""),
    ("Jonas Weber", Role.MARKETER, ""),
    ("Mira Costa", Role.MARKETING_MANAGER, ""),
    ("Sam Okafor", Role.SALES_MANAGER, "North"),
    ("Sofia Rossi", Role.SALES_MANAGER, "South"),
    ("Rita Novak", Role.REP, "North"),
    ("Ben Adler", Role.REP, "North"),
    ("Clara Holm", Role.REP, "North"),
    ("David Moreau", Role.REP, "South"),
    ("Elena Varga", Role.REP, "South"),
    ("Felix Bauer", Role.REP, "South"),
    ("Vera Viewer", Role.VIEWER, ""),
]
LOG_INS = {
    Role.MARKETER: "Maya Lindqvist",
    Role.REP: "Rita Novak",
    Role.SALES_MANAGER: "Sam Okafor",
    Role.MARKETING_MANAGER: "Mira Costa",
    Role.ADMIN: "Alex Admin",
    Role.VIEWER: "Vera Viewer",
}
"""Whose log-in is printed for each role."""
SOUTH = ["IT", "ES", "FR", "AT", "CH"]

ADDRESS = "Lindenstraße 12\n10969 Berlin\nGermany"


@dataclass
class Cast:
    reps: list[User]
    marketers: list[User]
    managers: dict[str, User]
    marketing_manager: User


def address(name: str) -> str:
    return f"{name.split()[0].lower()}@example.com"


@transaction.atomic
def hire(now: datetime, *, password: str | None) -> Cast:
    """Create the organisation if there is none, teams, users and routing.

    password: for all of them; None: nobody can log in until invited
    """
    organisation = Organisation.get()
    if organisation._state.adding:
        organisation.name = "Brightside Planning"
        organisation.currency, organisation.time_zone = "EUR", "Europe/Berlin"
        organisation.country = organisation.holiday_country = "DE"
        organisation.workdays, organisation.set_up_at = usual_week(), now
        organisation.postal_address = ADDRESS
        organisation.mail_colour = "#0f6b6b"
        organisation.save()
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in ("North", "South")}
    users = {
        name: User.objects.filter(email=address(name)).first()
        or User.objects.create_user(
            address(name),
            password,
            name=name,
            role=role,
            team=teams.get(team),
            joined_at=now if password else None,
        )
        for name, role, team in PEOPLE
    }
    route(teams, users, now)
    return Cast(
        reps=[user for user in users.values() if user.role == Role.REP],
        marketers=[user for user in users.values() if user.role == Role.MARKETER],
        managers={user.team.name: user for user in users.values() if user.team and user.is_manager},
        marketing_manager=users["Mira Costa"],
    )


def route(teams: dict[str, Team], users: dict[str, User], now: datetime) -> None:
    """South gets the southern countries, North the rest; one rep is away this week."""
    RoutingRule.objects.create(
        name="Southern countries", position=0, countries=",".join(SOUTH), team=teams["South"]
    )
    RoutingRule.objects.create(name="Everybody else", position=1, team=teams["North"])
    User.objects.filter(pk=users["Ben Adler"].pk).update(weight=2)
    Absence.objects.create(
        user=users["Felix Bauer"],
        first_day=(now - timedelta(days=1)).date(),
        last_day=(now + timedelta(days=6)).date(),
    )
