"""The leads that are ready for sales by their score, whatever else they may still lack."""

from crm.funnel.models import MqlDefinition
from crm.stages import Stage
from crm.users.models import User
from leads.models import LeadQuerySet

WITH_MARKETING = (Stage.LEAD, Stage.RECYCLED)


def filter_ready(leads: LeadQuerySet, word: str, user: User) -> LeadQuerySet:
    """Return those with marketing whose score reaches the MQL definition in force.

    They are no MQLs yet because a field, the consent or the end of a cool-down is missing.
    """
    threshold = MqlDefinition.current().threshold
    return leads.filter(stage__in=WITH_MARKETING, score__gte=threshold)


def label(word: str) -> str:
    return f"score from {MqlDefinition.current().threshold}, with marketing"
