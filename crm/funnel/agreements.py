"""Changing what the two teams agreed on: the MQL definition, and lists with an order."""

from typing import TypeVar

from django.db import transaction
from django.db.models import Max, QuerySet

from crm.funnel.models import MqlDefinition, Reason, RoutingRule
from crm.outbox import services as outbox
from crm.users.models import User

DEFINITION_CHANGED = "funnel.definition_changed"
"""Payload {"version"}: it is in force. Who meets it now is to be offered; both sides hear of it."""

Ordered = TypeVar("Ordered", Reason, RoutingRule)


@transaction.atomic
def change_definition(definition: MqlDefinition, *, by: User) -> MqlDefinition:
    """Put a new version into force; those before stay for the leads that were judged by them."""
    latest = MqlDefinition.objects.select_for_update().order_by("-version")[0]
    definition.version = latest.version + 1
    definition.created_by = by
    definition.save()
    changed = {"version": definition.version}
    outbox.tell(DEFINITION_CHANGED, f"definition:{definition.version}", changed)
    return definition


@transaction.atomic
def save_last(item: Ordered, *, among: QuerySet[Ordered]) -> Ordered:
    """Save an item of an ordered list; a new one goes to the end."""
    if item.pk is None:
        item.position = (among.aggregate(last=Max("position"))["last"] or 0) + 1
    item.save()
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


def switch(rule: RoutingRule) -> RoutingRule:
    """Switch a rule off, or on again."""
    RoutingRule.objects.filter(pk=rule.pk).update(is_active=not rule.is_active)
    rule.refresh_from_db()
    return rule
