"""The feedback inbox: reading, disputing, ruling."""

import pytest
from django.contrib.messages import get_messages

from campaigns.models import Feedback
from crm.funnel.models import Handoff, Reason
from crm.stages import Stage
from crm.users.models import Role
from tests.factories import CampaignFactory, UserFactory

from .test_feedback import owned_campaign, rejected

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def campaign():
    return owned_campaign(name="Spring fair")


@pytest.fixture
def owner(campaign, sign_in):
    return sign_in(campaign.owner)


@pytest.fixture
def item(campaign, run_effects):
    rejected(campaign=campaign)
    run_effects()
    return Feedback.objects.get()


def shown(response):
    return [row.pk for row in response.context["items"]]


def test_count_in_the_navigation_is_of_the_unread(owner, item):
    assert owner.get("/feedback/count/").content.strip() == b'<span class="count">1</span>'

    owner.post(f"/feedback/{item.pk}/read/")

    assert owner.get("/feedback/count/").content.strip() == b""


def test_reading_takes_a_row_from_the_tab_and_can_be_undone(owner, item):
    answer = owner.post(f"/feedback/{item.pk}/read/", headers=HTMX)

    assert "feedback-changed" in answer["HX-Trigger"]
    assert f"/feedback/{item.pk}/unread/" in answer.content.decode()
    assert shown(owner.get("/feedback/")) == []
    assert shown(owner.get("/feedback/", {"view": "all"})) == [item.pk]

    owner.post(f"/feedback/{item.pk}/unread/")

    assert shown(owner.get("/feedback/")) == [item.pk]


def test_all_are_marked_read_and_that_is_undone(owner, campaign, item, run_effects):
    rejected(campaign=campaign)
    run_effects()

    answer = owner.post("/feedback/read-all/")
    (told,) = get_messages(answer.wsgi_request)
    assert shown(owner.get("/feedback/")) == []

    owner.post(told.extra_tags.removeprefix("undo="))

    assert len(shown(owner.get("/feedback/"))) == 2


def test_undoing_with_a_damaged_address_changes_nothing(owner, item):
    owner.post("/feedback/read-all/")

    for word in ("", "yesterday", "2026-13-45T00:00:00Z", "2026-01-01T00:00:00"):
        owner.post(f"/feedback/unread-all/?at={word}")

    item.refresh_from_db()
    assert item.read_at is not None


def test_filters_are_in_the_address(owner, campaign, item, run_effects):
    other = CampaignFactory(owner=campaign.owner)
    rejected(campaign=other)
    run_effects()
    reason = Reason.objects.get(name="Wrong fit")

    by_campaign = owner.get("/feedback/", {"campaign": campaign.pk, "reason": reason.pk})
    by_kind = owner.get("/feedback/", {"kind": "won"})
    damaged = owner.get("/feedback/", {"campaign": "x", "kind": "owner__password"})

    assert shown(by_campaign) == [item.pk]
    assert shown(by_kind) == []
    assert damaged.status_code == 200


def test_verdicts_of_no_campaign_can_be_asked_for(sign_in, item, run_effects):
    rejected(campaign=None)
    run_effects()
    manager = sign_in(role=Role.MARKETING_MANAGER)

    found = shown(manager.get("/feedback/", {"view": "all", "campaign": "none"}))

    assert found == [Feedback.objects.get(campaign=None).pk]


def test_reasons_are_counted_by_campaign_and_each_number_opens_its_rows(
    owner, campaign, item, run_effects
):
    rejected(campaign=campaign)
    run_effects()

    (row,) = owner.get("/feedback/").context["reasons"]

    assert (row.campaign, row.reason, row.side, row.count) == (
        "Spring fair", "Wrong fit", "Targeting", 2,
    )  # fmt: skip
    assert len(shown(owner.get(row.url))) == row.count


def test_owner_disputes_and_a_manager_of_sales_rules(owner, item, sign_in):
    owner.post(f"/feedback/{item.pk}/dispute/", {"note": "She asked for the call"})
    item.verdict.refresh_from_db()
    assert item.verdict.dispute_note == "She asked for the call"
    assert shown(owner.get("/feedback/", {"view": "disputed"})) == [item.pk]

    manager = sign_in(role=Role.SALES_MANAGER, scope="all")
    (row,) = manager.get("/feedback/", {"view": "disputed"}).context["items"]
    assert row.may_rule
    manager.post(f"/feedback/{item.pk}/rule/", {"ruling": "overturned", "note": "Right"})

    item.verdict.refresh_from_db()
    assert item.verdict.ruling == "overturned"
    item.verdict.lead.refresh_from_db()
    assert item.verdict.lead.stage == Stage.MQL
    assert Handoff.objects.filter(lead=item.verdict.lead).count() == 2


def test_dispute_wants_a_note_and_happens_once(owner, item):
    assert owner.post(f"/feedback/{item.pk}/dispute/", {"note": " "}).status_code == 422
    owner.post(f"/feedback/{item.pk}/dispute/", {"note": "No"})

    again = owner.post(f"/feedback/{item.pk}/dispute/", {"note": "Still no"})

    assert again.status_code == 422
    item.verdict.refresh_from_db()
    assert item.verdict.dispute_note == "No"


def test_verdict_that_is_not_disputed_cannot_be_ruled_on(item, sign_in):
    manager = sign_in(role=Role.MARKETING_MANAGER)

    answer = manager.post(f"/feedback/{item.pk}/rule/", {"ruling": "upheld"})

    assert answer.status_code == 422


def test_marketing_manager_sees_all_but_reads_for_nobody_else(item, sign_in):
    manager = sign_in(role=Role.MARKETING_MANAGER)

    (row,) = manager.get("/feedback/", {"view": "all"}).context["items"]
    assert (row.pk, row.mine) == (item.pk, False)

    assert manager.post(f"/feedback/{item.pk}/read/").status_code == 404
    item.refresh_from_db()
    assert item.read_at is None


def test_feedback_without_owner_is_read_by_a_marketing_manager(sign_in, run_effects):
    rejected(campaign=None)
    run_effects()
    manager = sign_in(role=Role.MARKETING_MANAGER)
    pk = Feedback.objects.get().pk

    assert shown(manager.get("/feedback/")) == [pk]
    manager.post(f"/feedback/{pk}/read/")

    assert shown(manager.get("/feedback/")) == []


def test_another_marketers_feedback_is_not_there(item, sign_in):
    stranger = sign_in(role=Role.MARKETER)

    assert shown(stranger.get("/feedback/", {"view": "all"})) == []
    assert stranger.post(f"/feedback/{item.pk}/dispute/", {"note": "No"}).status_code == 404


@pytest.mark.parametrize("count", [5, 50])
def test_inbox_asks_the_same_few_queries_for_few_and_many(
    count, campaign, owner, run_effects, django_assert_num_queries
):
    rep = UserFactory()
    for _ in range(count):
        rejected(campaign=campaign, rep=rep)
    run_effects()
    owner.get("/feedback/")

    with django_assert_num_queries(8):
        owner.get("/feedback/", headers=HTMX)
