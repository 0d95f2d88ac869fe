"""The pages of segments: the editor with and without JavaScript, the record, the lead list."""

import pytest
from django.urls import reverse

from campaigns.segments import services, usage
from campaigns.segments.models import Segment
from crm.users.models import Role, Scope
from leads.models import Lead
from tests.factories import CampaignFactory, LeadFactory, SegmentFactory, TouchFactory, UserFactory

pytestmark = pytest.mark.django_db
HOT = {"join": "all", "rules": [{"field": "score", "operator": "min", "value": 50}]}
ONE_RULE = {
    "name": "Hot", "note": "", "join": "all", "seen": "", "g-0-join": "all",
    "g-0-r-0-field": "score", "g-0-r-0-operator": "min", "g-0-r-0-value": "50",
}  # fmt: skip


@pytest.fixture
def mira(client):
    user = UserFactory(role=Role.MARKETER)
    client.force_login(user)
    return user


def text(response):
    return response.content.decode()


def test_marketer_makes_a_segment(client, mira):
    response = client.post(reverse("segments:create"), ONE_RULE)

    segment = Segment.objects.get()
    assert response.url == segment.get_absolute_url()
    assert (segment.name, segment.owner, services.count(segment)) == ("Hot", mira, 0)


def test_unfinished_rule_is_refused_beside_its_row(client, mira):
    response = client.post(reverse("segments:create"), {**ONE_RULE, "g-0-r-0-value": "lots"})

    assert response.status_code == 422
    assert "Score: give a whole number." in text(response)
    assert 'value="lots"' in text(response)
    assert not Segment.objects.exists()


def test_editor_adds_and_removes_rows_without_javascript(client, mira):
    added = client.post(reverse("segments:create"), {**ONE_RULE, "act": "add-0"})
    grouped = client.post(reverse("segments:create"), {**ONE_RULE, "act": "group"})
    removed = client.post(reverse("segments:create"), {**ONE_RULE, "act": "remove-0-0"})

    assert 'name="g-0-r-1-field"' in text(added)
    assert 'name="g-1-r-0-field"' in text(grouped)
    assert 'name="g-0-r-0-operator"' not in text(removed)
    assert not Segment.objects.exists()


def test_another_field_brings_its_own_conditions(client, mira):
    CampaignFactory(name="Spring fair")

    answer = client.post(
        reverse("segments:draft"),
        {**ONE_RULE, "g-0-r-0-field": "campaign", "act": "refresh"},
        headers={"HX-Request": "true"},
    )

    assert "is one of" in text(answer)
    assert "Spring fair" in text(answer)
    assert 'id="segment-preview"' in text(answer)


def test_preview_counts_everybody_and_shows_whom_the_reader_sees(client):
    user = UserFactory(role=Role.MARKETER, scope=Scope.OWN)
    client.force_login(user)
    LeadFactory(name="Mine", score=60, owner=user)
    LeadFactory(name="Another's", score=70, owner=UserFactory())

    answer = text(client.post(reverse("segments:preview"), ONE_RULE))

    assert "<strong" in answer
    assert ">2</strong> leads now" in answer
    assert "Mine" in answer
    assert "Another&#x27;s" not in answer


def test_editor_gives_saved_rules_back(client, mira):
    campaign = CampaignFactory()
    tree = {"join": "any", "rules": [
        {"field": "country", "operator": "in", "value": ["DE", "AT"]},
        {"join": "all", "rules": [
            {"field": "touch", "operator": "has",
             "value": {"kind": "form", "campaign": str(campaign.pk), "days": "7", "times": "2"}},
            {"field": "job_title", "operator": "contains", "value": "head, chief"},
        ]},
    ]}  # fmt: skip
    segment = SegmentFactory(rules=tree)
    page = client.get(reverse("segments:edit", args=[segment.pk]))
    form = page.context["editor"]

    assert [len(group.rows) for group in form.groups] == [1, 2]
    assert 'value="DE" checked' in text(page)
    before = set(services.members(segment).values_list("pk", flat=True))
    segment.rules = form.tree()
    assert set(services.members(segment).values_list("pk", flat=True)) == before


def test_rules_deeper_than_the_editor_are_kept(client, mira):
    inner = {"join": "all", "rules": [HOT]}
    segment = SegmentFactory(rules={"join": "all", "rules": [inner]})
    page = client.get(reverse("segments:edit", args=[segment.pk]))
    client.post(
        reverse("segments:edit", args=[segment.pk]),
        {"name": "Renamed", "seen": page.context["seen"]},
    )
    segment.refresh_from_db()

    assert "deeper" in text(page)
    assert (segment.name, segment.rules["rules"]) == ("Renamed", [inner])


def test_stale_editor_is_told_and_may_overwrite(client, mira):
    segment = SegmentFactory()
    url = reverse("segments:edit", args=[segment.pk])

    stale = client.post(url, {**ONE_RULE, "seen": "2020-01-01T00:00:00+00:00"})
    forced = client.post(url, {**ONE_RULE, "seen": "2020-01-01", "overwrite": "1"})

    assert (stale.status_code, forced.status_code) == (409, 302)


def test_members_of_the_record_equal_the_lead_list(client, mira):
    segment = SegmentFactory(rules=HOT)
    for score in (40, 50, 60):
        TouchFactory(lead=LeadFactory(score=score))

    record = client.get(segment.get_absolute_url())
    listed = client.get(f"{reverse('leads:list')}?segment={segment.pk}")
    counted = client.get(reverse("segments:count", args=[segment.pk]))

    assert record.context["count"] == listed.context["count"] == 2
    assert ">2</a>" in text(counted)
    assert f"Segment</span> {segment.name}" in text(listed) or segment.name in text(listed)


@pytest.mark.parametrize("word", ["0", "abc", "9" * 30])
def test_unknown_segment_lists_nobody(client, mira, word):
    LeadFactory()

    assert client.get(f"{reverse('leads:list')}?segment={word}").context["count"] == 0


def test_chosen_leads_are_put_into_a_new_static_segment(client, mira):
    ana, ben = LeadFactory(), LeadFactory()
    LeadFactory()
    url = reverse("segments:bulk-add")

    asked = client.post(url, {"ids": [ana.pk, ben.pk]})
    client.post(url, {"ids": [ana.pk, ben.pk], "segment": "", "name": "Fair guests"})

    assert "Add 2 leads to a segment" in text(asked)
    assert services.count(Segment.objects.get(name="Fair guests")) == 2


def test_bulk_bar_offers_segments_to_marketing_alone(client, mira):
    LeadFactory(owner=(rep := UserFactory()))
    offered = text(client.get(reverse("leads:list")))
    client.force_login(rep)

    assert "Add to segment" in offered
    assert "Add to segment" not in text(client.get(reverse("leads:list")))


def test_lead_is_taken_out_of_a_static_segment(client, mira):
    segment, lead = SegmentFactory(kind="static", rules={}), LeadFactory()
    services.add_leads(segment, Lead.objects.all(), actor=mira)

    client.post(reverse("segments:remove", args=[segment.pk]), {"ids": [lead.pk]})

    assert services.count(segment) == 0


def test_segment_in_use_is_not_deleted(client, mira, monkeypatch):
    segment = SegmentFactory()
    monkeypatch.setattr(usage, "USERS", {"Newsletter": lambda asked: [("Spring", "/n/1/")]})
    url = reverse("segments:delete", args=[segment.pk])

    refused = client.post(url)
    monkeypatch.setattr(usage, "USERS", {})
    client.post(url)

    assert refused.status_code == 422
    assert "Newsletter “Spring”" in text(refused)
    assert not Segment.objects.exists()


def test_export_holds_the_members_that_the_reader_sees(client, mira):
    LeadFactory(email="hot@example.org", score=60)
    LeadFactory(email="cold@example.org")

    answer = client.get(reverse("segments:export", args=[SegmentFactory(rules=HOT).pk]))
    lines = b"".join(answer.streaming_content).decode()

    assert "hot@example.org" in lines
    assert "cold@example.org" not in lines


def test_damaged_segment_shows_and_can_be_mended(client, mira):
    rules = {"join": "all", "rules": [{"field": "gone", "operator": "is", "value": "x"}]}
    segment = SegmentFactory(rules=rules)

    for page in ("detail", "edit", "count", "export"):
        assert client.get(reverse(f"segments:{page}", args=[segment.pk])).status_code == 200
    assert "damaged" in text(client.get(reverse("segments:list")))
    assert client.post(reverse("segments:freeze", args=[segment.pk])).status_code == 302


def test_pages_ask_the_database_as_often_for_many_as_for_few(
    client, mira, django_assert_max_num_queries
):
    segment = SegmentFactory(rules=HOT)
    for _ in range(12):
        LeadFactory(score=60, owner=UserFactory())
        SegmentFactory(owner=UserFactory(), rules=HOT)
    client.get(reverse("segments:list"))

    with django_assert_max_num_queries(8):
        client.get(reverse("segments:list"))
    with django_assert_max_num_queries(12):
        client.get(segment.get_absolute_url())


def test_a_new_segment_cannot_be_stale_whatever_is_sent_as_seen(client, mira):
    client.force_login(mira)

    answer = client.post("/segments/new-static/", {"name": "Fair", "seen": "0x10"})

    assert answer.status_code == 302
    assert Segment.objects.filter(name="Fair").exists()
