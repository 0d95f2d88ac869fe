"""Dated spend of campaigns."""

from datetime import date

from django.db import transaction

from campaigns.models import Campaign, Spend
from crm.users.models import User


@transaction.atomic
def add_spend(
    campaign: Campaign, *, day: date, amount_minor: int, actor: User | None, note: str = ""
) -> Spend:
    """Record money spent on one day. amount_minor: minor units, negative for a refund."""
    return Spend.objects.create(
        campaign=campaign, day=day, amount_minor=amount_minor, note=note, created_by=actor
    )


@transaction.atomic
def edit_spend(spend: Spend, *, day: date, amount_minor: int, note: str = "") -> Spend:
    spend.day, spend.amount_minor, spend.note = day, amount_minor, note
    spend.save(update_fields=["day", "amount_minor", "note"])
    return spend


GRID_NOTE = "Weekly grid"


@transaction.atomic
def set_week_spend(
    campaign: Campaign, week: date, amount_minor: int | None, *, actor: User | None
) -> None:
    """Write what the weekly grid says of a week, as one dated spend on its Monday.

    week: a Monday; amount_minor: None takes it back. Other spend of that week stays beside it.
    """
    if amount_minor is None:
        Spend.objects.filter(campaign=campaign, week=week).delete()
        return
    Spend.objects.update_or_create(
        campaign=campaign,
        week=week,
        defaults={"amount_minor": amount_minor},
        create_defaults={
            "amount_minor": amount_minor, "day": week, "note": GRID_NOTE, "created_by": actor,
        },
    )  # fmt: skip
