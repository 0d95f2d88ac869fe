"""Why a lead has its score: the stored rules, facts and touches, given to the arithmetic."""

from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime
from functools import cache
from typing import Any

from django.utils.timezone import now
from django.utils.translation import override
from django_countries import countries

from campaigns import rule_sets, scoring
from campaigns.models import ScoringRule, ScoringVersion, Touch
from campaigns.scoring import Facts, Line, Response, Rule
from crm.audit.models import Change
from leads.models import Channel, Company, CompanySize, Lead

SCORED = ("country", "job_title", "phone", "company", "channel")
"""The facts of a lead that rules of fit ask for and that history keeps."""

LINKED: dict[str, type[Company] | type[Channel]] = {"company": Company, "channel": Channel}


def as_rule(row: ScoringRule) -> Rule:
    """Return a stored rule, or one that is only being written, as the arithmetic takes it."""
    return Rule(
        id=row.pk,
        label=row.name,
        kind=row.kind,
        points=row.points,
        field=row.field,
        operator=row.operator,
        values=tuple(str(value) for value in row.values),
        touch_kind=row.touch_kind,
        cap=row.cap,
        half_life_days=row.half_life_days,
    )


def rules_at(at: datetime | None) -> list[Rule]:
    """Return the rules in force at `at`, None for now; before any change those Tandem came with."""
    versions = ScoringVersion.objects.order_by("number")
    if at is None or not versions.exists():
        return active_rules()
    version = versions.filter(at__lte=at).last() or versions.first()
    assert version
    return rule_sets.as_rules(version.rules)


def active_rules() -> list[Rule]:
    return [as_rule(row) for row in ScoringRule.objects.filter(is_active=True)]


def facts_of(lead: Lead) -> Facts:
    """Return what rules of fit may ask of a lead whose company and channel are loaded."""
    company, channel = lead.company, lead.channel
    code = str(lead.country) or (str(company.country) if company else "")
    size = company.size if company else ""
    return {
        "country": (country_name(code), code) if code else (),
        "industry": (company.industry,) if company else (),
        "size": (CompanySize(size).label, size) if size else (),
        "job_title": (lead.job_title,),
        "channel": (channel.name, channel.key) if channel else (),
        "phone": (lead.phone,),
        "company": (company.name,) if company else (),
    }


@cache
def country_name(code: str) -> str:
    """Return the English name of a country: what rules are written with, whoever reads them."""
    with override("en"):
        return str(countries.name(code))


def responses(touches: Iterable[Touch]) -> list[Response]:
    return [Response(touch.kind, touch.at) for touch in touches]


def explain_lead(
    lead: Lead,
    *,
    at: datetime | None = None,
    rules: list[Rule] | None = None,
    touches: Iterable[Touch] | None = None,
) -> list[Line]:
    """Return the lines that sum to the lead's score at `at` (now), under `rules` (those in force).

    A past date counts the touches up to it, by the facts as they are today; `explain_past` takes
    the facts back too.
    """
    seen = lead.touches.all() if touches is None else touches
    in_force = active_rules() if rules is None else rules
    return scoring.explain(in_force, facts_of(lead), responses(seen), at or now())


def explain_past(lead: Lead, at: datetime) -> list[Line]:
    """Return the lines that summed to the lead's score at the past moment `at`.

    By the rules in force then, the touches until then, and the lead's facts as they were: every
    change since is taken back by the history. What keeps no history is as it is
    today: the company's own industry, size and country, and a company or channel that was deleted.
    """
    touches = lead.touches.filter(at__lte=at)
    return explain_lead(as_it_was(lead, at), at=at, rules=rules_at(at), touches=touches)


def as_it_was(lead: Lead, at: datetime) -> Lead:
    """Return a copy of the lead, not to be saved, with its facts of the moment `at`."""
    past = copy(lead)
    since = Change.objects.of(lead).of_field(Lead, *SCORED).filter(at__gt=at).order_by("at", "pk")
    first: dict[str, Change] = {}
    for change in since:
        first.setdefault(change.attribute, change)
    for name, change in first.items():
        model, old = LINKED.get(name), change.value_before
        setattr(past, name, model.objects.filter(pk=old).first() if model and old else old)
    return past


def explanations() -> Callable[[Lead, list[Touch], datetime], list[dict[str, Any]]]:
    """Return a function that explains many leads under the rules in force, read once."""
    rules = active_rules()

    def explain(lead: Lead, touches: list[Touch], at: datetime) -> list[dict[str, Any]]:
        return as_evidence(explain_lead(lead, at=at, rules=rules, touches=touches))

    return explain


def as_evidence(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return the lines as a handoff keeps them."""
    return [
        {"label": line.label, "points": line.points, "kind": line.kind, "detail": line.detail}
        for line in lines
    ]


def locked(lead_id: int) -> Lead | None:
    """Return the lead with what its score depends on, locked until the transaction ends."""
    return next(iter(locked_all([lead_id])), None)


def locked_all(lead_ids: Iterable[int]) -> list[Lead]:
    """Return many leads like `locked`, locked in the order of their keys."""
    named = Lead.objects.select_related("company", "channel", "campaign").order_by("pk")
    return list(named.select_for_update(of=("self",)).filter(pk__in=list(lead_ids)))
