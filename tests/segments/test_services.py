"""Making, filling, freezing and deleting segments."""

import pytest

from campaigns.segments import services, usage
from campaigns.segments.models import Segment
from campaigns.segments.rules import RulesNotAccepted
from leads.models import Lead
from tests.factories import LeadFactory, SegmentFactory, UserFactory

pytestmark = pytest.mark.django_db
HOT = {"join": "all", "rules": [{"field": "score", "operator": "min", "value": 50}]}


def test_dynamic_segment_follows_its_rules():
    segment = SegmentFactory(rules=HOT)
    lead = LeadFactory(score=10)

    assert services.count(segment) == 0
    Lead.objects.filter(pk=lead.pk).update(score=60)
    assert services.count(segment) == 1


def test_members_stand_in_other_queries():
    LeadFactory(score=60, name="Hot")
    LeadFactory(score=10)

    inside = Lead.objects.filter(pk__in=services.members(SegmentFactory(rules=HOT)))

    assert [lead.name for lead in inside] == ["Hot"]


def test_static_segment_holds_a_lead_once():
    segment, actor, lead = SegmentFactory(kind="static", rules={}), UserFactory(), LeadFactory()

    first = services.add_leads(segment, Lead.objects.all(), actor=actor)
    again = services.add_leads(segment, Lead.objects.all(), actor=actor)

    assert (first, again, services.count(segment)) == (1, 0, 1)
    assert services.remove_leads(segment, [lead.pk]) == 1
    assert services.count(segment) == 0


def test_nobody_is_put_into_a_dynamic_segment_by_hand():
    with pytest.raises(services.SegmentNotAccepted, match="Its rules decide"):
        services.add_leads(SegmentFactory(rules=HOT), Lead.objects.all(), actor=UserFactory())


def test_frozen_segment_keeps_whom_it_had():
    segment, lead = SegmentFactory(name="Hot", rules=HOT), LeadFactory(score=60)

    kept = services.freeze(segment, actor=UserFactory())
    twice = services.freeze(segment, actor=UserFactory())
    Lead.objects.filter(pk=lead.pk).update(score=0)

    assert (services.count(segment), services.count(kept)) == (0, 1)
    assert kept.is_static
    assert kept.name != twice.name


def test_segment_with_damaged_rules_selects_nobody_but_says_so():
    segment = SegmentFactory(rules={"join": "all", "rules": [{"field": "gone", "operator": "is"}]})

    with pytest.raises(RulesNotAccepted, match="There is no field “gone”"):
        services.members(segment)


def test_rules_are_checked_before_they_are_kept():
    with pytest.raises(RulesNotAccepted, match="Give at least one rule"):
        services.save(Segment(name="Everybody?", rules={"join": "all", "rules": []}))


def test_two_segments_never_share_a_name():
    SegmentFactory(name="Hot leads")

    with pytest.raises(services.NameTaken):
        services.save(Segment(name="hot LEADS", rules=HOT))


def test_segment_in_use_cannot_be_deleted(monkeypatch):
    segment = SegmentFactory()
    monkeypatch.setattr(usage, "USERS", {})
    usage.register_user("Newsletter", lambda asked: [("Spring", "/newsletters/1/")])

    with pytest.raises(services.SegmentInUse, match="Newsletter “Spring”"):
        services.delete(segment)
    usage.USERS.clear()
    services.delete(segment)

    assert not Segment.objects.exists()
