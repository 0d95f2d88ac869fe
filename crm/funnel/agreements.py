"""Changing what the two teams agreed on: the MQL definition, and lists with an order."""

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max, QuerySet

from crm.audit import services as audit
from crm.funnel.models import MqlDefinition, Offering, Reason, RoutingRule
from crm.outbox import services as outbox
from crm.users.models import User

DEFINITION_CHANGED = "funnel.definition_changed"
"""Payload {"version", "offering", "a_day"}: it is in force; both sides hear of it.

offering, a_day: what happens to those who meet it now (Offering), and how many a day
"""

Ordered = TypeVar("Ordered", Reason, RoutingRule)
AUDITED: dict[type[Any], tuple[str, tuple[str, ...], str]] = {
    Reason: (
        audit.Area.REASONS,
        (
            "name",
            "use",
            "return_path",
            "cool_down_days",
            "side",
            "note_required",
            "no_consent",
            "is_active",
        ),
        "/settings/reasons/",
    ),
    RoutingRule: (
        audit.Area.ROUTING,
        ("name", "is_active", "countries", "industries", "sizes", "team", "rep"),
        "/settings/routing/",
    ),
}
"""By what is saved: area, fields and page of its entries in the audit."""


@transaction.atomic
def change_definition(
    definition: MqlDefinition, *, by: User, offering: str = Offering.ALL, a_day: int = 0
) -> MqlDefinition:
    """Put a new version into force; those before stay for the leads that were judged by them.

    offering, a_day: what happens to the leads that meet it now, see DEFINITION_CHANGED
    """
    latest = MqlDefinition.objects.select_for_update().order_by("-version")[0]
    definition.version = latest.version + 1
    definition.created_by = by
    definition.save()
    audit.record_fields(
        by, audit.Area.DEFINITION, f"Version {definition.version} in force", latest, definition,
        ("threshold", "required_fields", "consent"), "/settings/definition/",
    )  # fmt: skip
    changed = {"version": definition.version, "offering": str(offering), "a_day": a_day}
    outbox.tell(DEFINITION_CHANGED, f"definition:{definition.version}", changed)
    return definition


@transaction.atomic
def save_last(item: Ordered, *, among: QuerySet[Ordered], by: User) -> Ordered:
    """Save an item of an ordered list; a new one goes to the end."""
    old = among.filter(pk=item.pk).first() if item.pk else None
    if old is None:
        item.position = (among.aggregate(last=Max("position"))["last"] or 0) + 1
    item.save()
    area, names, page = AUDITED[type(item)]
    audit.record_fields(
        by, area, f"“{item}” {'changed' if old else 'added'}", old, item, names, page
    )
    return item


@transaction.atomic
def shift(item: Ordered, *, among: QuerySet[Ordered], by: int) -> None:
    """Move an item `by` places within its list (negative is up) and number the list afresh."""
    items = list(among.select_for_update().order_by("position", "pk"))
    place = max(0, min(len(items) - 1, items.index(item) + by))
    items.remove(item)
    items.insert(place, item)
    for position, each in enumerate(items):
        among.filter(pk=each.pk).exclude(position=position).update(position=position)


@transaction.atomic
def switch(rule: RoutingRule, *, by: User) -> RoutingRule:
    """Switch a rule off, or on again."""
    RoutingRule.objects.filter(pk=rule.pk).update(is_active=not rule.is_active)
    rule.refresh_from_db()
    state = "on" if rule.is_active else "off"
    audit.record(by, audit.Area.ROUTING, f"“{rule}” switched {state}", url="/settings/routing/")
    return rule
