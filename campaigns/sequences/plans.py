"""A sequence as the engine and the pages read it: its steps, their order, the calendar."""

from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.sequences.models import Sequence, Step
from campaigns.sequences.steps import Reader
from campaigns.sequences.tree import Tree
from crm.common.business_time import BusinessCalendar
from crm.users.calendar import business_calendar


@dataclass(frozen=True)
class Plan:
    """steps: by key, removed ones too, for leads may stand on one"""

    sequence: Sequence
    steps: dict[int, Step]
    tree: Tree
    reader: Reader
    calendar: BusinessCalendar


def plans_of(sequence_ids: Iterable[int]) -> dict[int, Plan]:
    """Return the plans of some sequences by key, in a fixed number of queries."""
    ids = list(sequence_ids)
    if not ids:
        return {}
    named = Sequence.objects.select_related("owner__team", "campaign", "goal_segment")
    found = named.in_bulk(ids)
    steps: dict[int, list[Step]] = {pk: [] for pk in found}
    for step in Step.objects.filter(sequence__in=ids).select_related("segment"):
        steps[step.sequence_id].append(step)
    calendar = business_calendar()
    return {
        pk: Plan(
            sequence,
            {step.pk: step for step in steps[pk]},
            Tree(step.node for step in steps[pk]),
            Reader(steps[pk]),
            calendar,
        )
        for pk, sequence in found.items()
    }


def plan_of(sequence: Sequence) -> Plan:
    return plans_of([sequence.pk])[sequence.pk]
