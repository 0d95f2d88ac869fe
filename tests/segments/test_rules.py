"""Whom the rules of a segment select, and which rules are refused."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils.timezone import now

from campaigns.segments import services
from campaigns.segments.fields import FIELDS, Field, Operator, register_field
from campaigns.segments.rules import RulesNotAccepted, read
from crm.stages import Stage
from crm.users.models import Organisation
from tests.factories import CampaignFactory, CompanyFactory, LeadFactory, TouchFactory, UserFactory

pytestmark = pytest.mark.django_db


def rule(field, operator, value=None):
    return {"field": field, "operator": operator, "value": value}


def every(*rules):
    return {"join": "all", "rules": list(rules)}


def any_of(*rules):
    return {"join": "any", "rules": list(rules)}


def names(tree):
    return sorted(lead.name for lead in services.selected(tree))


def wrong(tree):
    with pytest.raises(RulesNotAccepted) as caught:
        read(tree, known_values=True)
    return caught.value.errors


def test_all_rules_of_a_group_must_hold():
    LeadFactory(name="Both", country="DE", score=60)
    LeadFactory(name="One", country="DE", score=10)

    assert names(every(rule("country", "in", ["DE"]), rule("score", "min", 50))) == ["Both"]


def test_any_rule_of_a_group_suffices():
    LeadFactory(name="German", country="DE")
    LeadFactory(name="Hot", score=80)
    LeadFactory(name="Neither")

    assert names(any_of(rule("country", "in", ["DE"]), rule("score", "min", 50))) == [
        "German",
        "Hot",
    ]


def test_groups_stand_in_one_another():
    LeadFactory(name="Hot German", country="DE", score=80)
    LeadFactory(name="Hot French", country="FR", score=80)
    LeadFactory(name="Cold German", country="DE")

    tree = every(
        any_of(rule("country", "in", ["DE"]), rule("country", "in", ["FR"])),
        every(any_of(rule("score", "min", 50), every(rule("score", "min", 90)))),
    )

    assert names(tree) == ["Hot French", "Hot German"]


def test_none_of_includes_leads_that_have_no_value():
    campaign = CampaignFactory()
    LeadFactory(name="Of it", campaign=campaign)
    LeadFactory(name="Of none")

    assert names(every(rule("campaign", "not_in", [str(campaign.pk)]))) == ["Of none"]
    assert names(every(rule("campaign", "in", ["none"]))) == ["Of none"]


def test_company_is_asked_through_the_lead():
    shipping = CompanyFactory(industry="Shipping", size="50-249", country="NL")
    LeadFactory(name="Shipper", company=shipping)
    LeadFactory(name="Freelancer")

    assert names(every(rule("industry", "is", "shipping, rail"))) == ["Shipper"]
    assert names(every(rule("size", "in", ["50-249"]))) == ["Shipper"]
    assert names(every(rule("company_country", "not_in", ["NL"]))) == ["Freelancer"]
    assert names(every(rule("industry", "not_contains", "ship"))) == ["Freelancer"]
    assert names(every(rule("company_name", "not_set"))) == ["Freelancer"]


def test_lead_with_many_touches_is_counted_once():
    lead = LeadFactory(name="Keen")
    for _ in range(3):
        TouchFactory(lead=lead, kind="webinar")

    found = services.selected(every(rule("touch", "has", {"kind": "webinar"})))

    assert found.count() == 1


def test_touch_is_of_a_kind_a_campaign_and_a_time():
    campaign = CampaignFactory()
    fresh, stale, other = (LeadFactory(name=name) for name in ("Fresh", "Stale", "Other"))
    TouchFactory(lead=fresh, kind="webinar", campaign=campaign, at=now() - timedelta(days=5))
    TouchFactory(lead=stale, kind="webinar", campaign=campaign, at=now() - timedelta(days=50))
    TouchFactory(lead=other, kind="webinar", at=now() - timedelta(days=5))

    asked = {"kind": "webinar", "campaign": campaign.pk, "days": 30}

    assert names(every(rule("touch", "has", asked))) == ["Fresh"]
    assert names(every(rule("touch", "has_not", asked))) == ["Other", "Stale"]


def test_touches_can_be_wanted_several_times():
    often, once = LeadFactory(name="Often"), LeadFactory(name="Once")
    for lead in (often, often, often, once):
        TouchFactory(lead=lead, kind="page_view")

    assert names(every(rule("touch", "has", {"kind": "page_view", "times": 3}))) == ["Often"]
    assert names(every(rule("touch", "has_not", {"kind": "page_view", "times": 3}))) == ["Once"]


def test_never_touched_counts_as_not_lately():
    LeadFactory(name="Silent")
    LeadFactory(name="Awake", last_touch_at=now() - timedelta(days=1))

    assert names(every(rule("last_touch", "not_within", 30))) == ["Silent"]
    assert names(every(rule("last_touch", "within", 30))) == ["Awake"]
    assert names(every(rule("last_touch", "never"))) == ["Silent"]


def test_day_begins_at_the_organisations_midnight(organisation_in_tokyo):
    day = now().astimezone(organisation_in_tokyo.zone).date()
    midnight = now().astimezone(organisation_in_tokyo.zone).replace(hour=0, minute=0, second=0)
    LeadFactory(name="Today", created_at=midnight + timedelta(seconds=1))
    LeadFactory(name="Yesterday", created_at=midnight - timedelta(seconds=2))

    assert names(every(rule("created", "since", str(day)))) == ["Today"]
    assert names(every(rule("created", "before", str(day)))) == ["Yesterday"]


@pytest.fixture
def organisation_in_tokyo(db):
    found = Organisation.get()
    found.time_zone = "Asia/Tokyo"
    found.save()
    return found


def test_every_field_selects_by_every_operator():
    """No operator of the registry ends in a database error, on filled and on empty rows."""
    LeadFactory()
    values = {
        "nothing": None, "choices": ["none"], "words": "a, b", "number": 5, "days": 7,
        "date": "2026-01-01", "touch": {"kind": "form", "days": 7, "times": 2},
    }  # fmt: skip

    for field in FIELDS.values():
        for operator in field.operators:
            value = values[operator.input]
            found = services.selected(every(rule(field.key, operator.key, value)))
            assert found.count() <= 1, (field.key, operator.key)  # a join counts nobody twice


def test_unknown_field_and_operator_are_refused():
    tree = every(rule("password", "is", "x"), rule("score", "regex", "x"))

    assert wrong(tree) == {
        (0,): "There is no field “password”.",
        (1,): "Score cannot be compared by “regex”.",
    }


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (rule("score", "min", "many"), "Score: give a whole number."),
        (rule("score", "min", True), "Score: give a whole number."),
        (rule("country", "in", []), "Country: choose at least one."),
        (rule("country", "in", ["Narnia"]), "Country: “Narnia” is not there to be chosen."),
        (rule("country", "in", {"a": 1}), "Country: the choice is damaged."),
        (rule("job_title", "contains", " , "), "Job title: give at least one word."),
        (rule("created", "since", "soon"), "Created: give a day."),
        (rule("created", "within", 0), "Created: give a number of days, 1 to 3,650."),
        (rule("touch", "has", {"kind": "telepathy"}), "Touch: there is no touch “telepathy”."),
        (rule("touch", "has", {"times": 0}), "Touch: give how many times, 1 to 1,000."),
        (rule("", ""), "Choose what to ask for."),
        ("score > 5", "These rules are damaged."),
    ],
)
def test_value_that_makes_no_sense_is_refused_in_words(asked, words):
    assert wrong(every(asked)) == {(0,): words}


def test_tree_without_a_rule_is_refused():
    assert wrong(every()) == {(): "Give at least one rule."}
    assert wrong(every(any_of())) == {(): "Give at least one rule."}


@pytest.mark.parametrize("tree", [None, [], {"rules": []}, {"join": "or", "rules": []}])
def test_damaged_tree_is_refused(tree):
    assert list(wrong(tree)) == [()]


def test_tree_is_neither_endless_nor_bottomless():
    deep = every(rule("score", "min", 1))
    for _ in range(6):
        deep = every(deep)
    wide = every(*[rule("score", "min", 1)] * 51)

    assert "deep at most" in str(list(wrong(deep).values()))
    assert wrong(wide) == {(): "A segment may have 50 rules at most."}


def test_other_apps_add_fields(monkeypatch):
    LeadFactory(name="Ana")
    LeadFactory(name="Ben")
    field = Field(
        "initial", "Initial", "Lead", (Operator("is", "is", "words"),),
        lambda operator, words: Q(name__startswith=words[0]),
    )  # fmt: skip
    monkeypatch.setitem(FIELDS, field.key, field)

    assert names(every(rule("initial", "is", "A"))) == ["Ana"]


def test_two_fields_never_share_a_key():
    with pytest.raises(ValueError, match="two fields score"):
        register_field(Field("score", "Another", "Lead", (), lambda operator, value: None))


def test_members_belong_to_the_whole_organisation():
    LeadFactory(name="Rep's", owner=UserFactory())
    LeadFactory(name="Nobody's")

    assert names(every(rule("stage", "in", [Stage.LEAD.value]))) == ["Nobody's", "Rep's"]
