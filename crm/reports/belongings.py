"""Reports that somebody who was switched off has mailed to others; they go on coming."""

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower

from crm.people.belongings import Kind, register_kind
from crm.reports.models import SavedReport
from crm.users.models import User, UserQuerySet
from crm.users.permissions import MANAGERS


def reports_of(user: User) -> QuerySet[SavedReport]:
    """Those that are mailed to somebody else; what a user saved for themself stays."""
    recipients = SavedReport.recipients.through.objects.filter(savedreport=OuterRef("pk"))
    others = Exists(recipients.exclude(user=user))
    return SavedReport.objects.exclude(every="").filter(others, user=user)


def managers(people: UserQuerySet) -> UserQuerySet:
    """Managers open every report."""
    return people.active().filter(role__in=MANAGERS)


def give(giver: User, taker: User | None, actor: User, most: int) -> int:
    """A name that the new owner uses already gets the giver's beside it."""
    found = list(reports_of(giver).select_for_update(of=("self",)).order_by("pk")[:most])
    if taker is None:
        return 0
    own = SavedReport.objects.filter(user=taker).annotate(low=Lower("name"))
    used = set(own.values_list("low", flat=True))
    for saved in found:
        if saved.name.lower() in used:
            saved.name = f"{saved.name[:50]} ({giver.name[:20]}, {saved.pk})"
        used.add(saved.name.lower())
        saved.user = taker
        saved.save(update_fields=["user", "name"])
    return len(found)


def register() -> None:
    register_kind(
        Kind(
            key="reports",
            label="Mailed reports",
            field="reports.SavedReport.user",
            order=95,
            owned=reports_of,
            give=give,
            takers=managers,
            help="That go to others by mail.",
        )
    )
