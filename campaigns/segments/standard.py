"""The fields that every segment may ask for: of the lead, its company, its score, its touches."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.db.models.lookups import Contains, In
from django.utils.timezone import now
from django_countries import countries

from campaigns.models import Touch
from campaigns.segments.fields import (
    CHOICES,
    DATE,
    DAYS,
    NUMBER,
    TOUCH,
    WORDS,
    Choices,
    Field,
    Operator,
    register_field,
)
from crm.common.periods import midnight
from crm.funnel.models import StageEntry
from crm.stages import Stage
from crm.users.models import Organisation
from leads.filters import ME, NOBODY, Known
from leads.models import CompanySize

LEAD, COMPANY, SCORE, TOUCHES = "Lead", "Company", "Score", "Touches"

AMONG = (Operator("in", "is one of", CHOICES), Operator("not_in", "is none of", CHOICES))
TEXT = (
    Operator("contains", "contains one of", WORDS),
    Operator("not_contains", "contains none of", WORDS),
    Operator("is", "is exactly one of", WORDS),
    Operator("set", "is known"),
    Operator("not_set", "is not known"),
)
AMOUNT = (Operator("min", "is at least", NUMBER), Operator("max", "is at most", NUMBER))
MOMENT = (
    Operator("within", "in the last … days", DAYS),
    Operator("not_within", "not in the last … days", DAYS),
    Operator("since", "on or after", DATE),
    Operator("before", "before", DATE),
)
NEVER = Operator("never", "never")
YES_NO = (Operator("yes", "yes"), Operator("no", "no"))
RESPONDED = (
    Operator("has", "responded with", TOUCH),
    Operator("has_not", "did not respond with", TOUCH),
)


def of_choice(
    key: str, label: str, group: str, path: str, choices: Callable[[], Choices], *, blank: Q
) -> Field:
    """Return a field of one value among several. blank: the leads that have none (NOBODY)."""

    def condition(operator: str, values: list[str]) -> Q:
        wanted = [value for value in values if value != NOBODY]
        if path.endswith("_id"):
            wanted = [value for value in wanted if value.isdecimal() and len(value) < 19]
        found = Q(**{f"{path}__in": wanted})
        if NOBODY in values:
            found |= blank
        return ~found if operator == "not_in" else found

    return Field(key, label, group, AMONG, condition, choices)


def of_text(key: str, label: str, group: str, path: str) -> Field:
    """Return a field of words, compared in any case."""
    text = Lower(Coalesce(F(path), Value("")))

    def condition(operator: str, words: list[str] | None) -> Q:
        if operator == "set":
            return ~Q(In(text, [""]))
        if operator == "not_set":
            return Q(In(text, [""]))
        small = [word.lower() for word in words or []]
        if operator == "is":
            return Q(In(text, small))
        found = Q()
        for word in small:
            found |= Q(Contains(text, word))
        return ~found if operator == "not_contains" else found

    return Field(key, label, group, TEXT, condition)


def of_amount(key: str, label: str, group: str, path: str) -> Field:
    ends = {"min": "gte", "max": "lte"}
    return Field(
        key, label, group, AMOUNT, lambda operator, value: Q(**{f"{path}__{ends[operator]}": value})
    )


def of_moment(key: str, label: str, path: str, *, may_be_blank: bool = False) -> Field:
    """Return a field of a moment: so many times 24 hours ago, or by the organisation's calendar."""

    def condition(operator: str, value: Any) -> Q:
        if operator == "never":
            return Q(**{f"{path}__isnull": True})
        if operator in ("within", "not_within"):
            found = Q(**{f"{path}__gte": now() - timedelta(days=value)})
            return ~found if operator == "not_within" else found
        start = midnight(value, Organisation.get().zone)
        return Q(**{f"{path}__{'gte' if operator == 'since' else 'lt'}": start})

    return Field(key, label, LEAD, (*MOMENT, NEVER) if may_be_blank else MOMENT, condition)


def of_yes(
    key: str, label: str, group: str, holds: Callable[[], Q], *, looks_elsewhere: bool = False
) -> Field:
    return Field(
        key, label, group, YES_NO,
        lambda operator, value: holds() if operator == "yes" else ~holds(),
        looks_elsewhere=looks_elsewhere,
    )  # fmt: skip


def was_recycled() -> Q:
    entries = StageEntry.objects.filter(lead=OuterRef("pk"), stage=Stage.RECYCLED)
    return Q(Exists(entries))


def responded(operator: str, asked: dict[str, Any]) -> Q:
    """Return the condition on leads that did, or did not, respond like this often enough."""
    touches = Touch.objects.order_by()
    if asked["kind"]:
        touches = touches.filter(kind=asked["kind"])
    if asked["campaign"]:
        touches = touches.filter(campaign=asked["campaign"])
    if asked["days"]:
        touches = touches.filter(at__gte=now() - timedelta(days=asked["days"]))
    if asked["times"] == 1:
        found = Q(Exists(touches.filter(lead=OuterRef("pk"))))
    else:
        often = touches.values("lead").annotate(times=Count("pk"))
        found = Q(pk__in=often.filter(times__gte=asked["times"]).values("lead"))
    return ~found if operator == "has_not" else found


def owners() -> Choices:
    """Segments are everybody's: “me” would mean another one to each reader."""
    return [choice for choice in Known().owners if choice[0] != ME]


def register_standard() -> None:
    """Fill the registry with what every installation has."""
    for field in (
        of_choice("stage", "Stage", LEAD, "stage", lambda: list(Stage.choices), blank=Q(stage="")),
        of_choice("country", "Country", LEAD, "country", lambda: some(list(countries)),
                  blank=Q(country="")),
        of_choice("channel", "Channel", LEAD, "channel_id", lambda: Known().channels,
                  blank=Q(channel=None)),
        of_choice("campaign", "Campaign", LEAD, "campaign_id", lambda: Known().campaigns,
                  blank=Q(campaign=None)),
        of_choice("owner", "Owner", LEAD, "owner_id", owners, blank=Q(owner=None)),
        of_choice("team", "Team", LEAD, "team_id", lambda: some(Known().teams),
                  blank=Q(team=None)),
        of_yes("consent", "May receive mail", LEAD, lambda: Q(consent=True)),
        of_text("job_title", "Job title", LEAD, "job_title"),
        of_yes("has_email", "Has an e-mail address", LEAD, lambda: ~Q(email="")),
        of_yes("has_phone", "Has a phone number", LEAD, lambda: ~Q(phone="")),
        of_yes("recycled", "Was ever recycled", LEAD, was_recycled, looks_elsewhere=True),
        of_moment("created", "Created", "created_at"),
        of_moment("last_touch", "Last touch", "last_touch_at", may_be_blank=True),
        of_moment("stage_since", "In its stage since", "stage_since"),
        of_text("industry", "Industry", COMPANY, "company__industry"),
        of_choice("size", "Company size", COMPANY, "company__size",
                  lambda: some(list(CompanySize.choices)),
                  blank=Q(company=None) | Q(company__size="")),
        of_choice("company_country", "Company's country", COMPANY, "company__country",
                  lambda: some(list(countries)), blank=Q(company=None) | Q(company__country="")),
        of_text("company_name", "Company", COMPANY, "company__name"),
        of_amount("score", "Score", SCORE, "score"),
        Field("touch", "Touch", TOUCHES, RESPONDED, responded, looks_elsewhere=True),
    ):  # fmt: skip
        register_field(field)


def some(choices: Choices) -> Choices:
    return [(NOBODY, "(none)"), *choices]
