"""Programmes, clones, and what is done with several campaigns at once."""

import uuid

import pytest

from campaigns.metrics import Results, together
from campaigns.models import Campaign, Spend
from campaigns.services import planning
from campaigns.services.planning import NotAProgramme
from crm.funnel.worth import Worth
from crm.stages import Stage
from crm.users.models import Role
from tests.factories import CampaignFactory, ChannelFactory, LeadFactory, TouchFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
LIVE, PAUSED, ARCHIVED = Campaign.Status.LIVE, Campaign.Status.PAUSED, Campaign.Status.ARCHIVED


@pytest.fixture
def marketer(sign_in):
    return sign_in(role=Role.MARKETER)


def statuses():
    return list(Campaign.objects.order_by("pk").values_list("status", flat=True))


def test_a_programme_is_one_level_deep():
    programme, other = CampaignFactory(), CampaignFactory()
    child = CampaignFactory(parent=programme)

    for campaign, parent in [(other, child), (programme, other), (other, other)]:
        campaign.parent = parent
        with pytest.raises(NotAProgramme):
            planning.save_campaign(campaign)


def test_form_says_why_a_campaign_cannot_stand_there(marketer):
    programme = CampaignFactory(name="Programme")
    CampaignFactory(parent=programme)

    answer = marketer.post(
        f"/campaigns/{programme.pk}/edit/",
        {"name": "Programme", "objective": "demand", "parent": CampaignFactory().pk},
    )

    assert answer.status_code == 422
    assert b"so it is a programme" in answer.content


def test_a_programmes_page_shows_itself_and_all_under_it_together(marketer):
    programme = CampaignFactory(budget_minor=100)
    parts = [CampaignFactory(parent=programme, budget_minor=900) for _ in range(2)]
    for campaign in parts:
        LeadFactory(campaign=campaign)
        Spend.objects.create(campaign=campaign, day="2026-01-01", amount_minor=400)

    page = marketer.get(programme.get_absolute_url())

    strip = page.context["strip"]
    assert (strip["found"].leads, strip["spent"], strip["found"].cost_per_lead) == (2, 800, 400)
    assert strip["budget"] == "of €19"
    assert "These numbers are of the whole programme" in page.content.decode()


def test_together_nothing_known_stays_unknown():
    assert together([Results(), Results()]).spent is None
    some = together([Results(spent=5, worth=Worth(won=20)), Results()])
    assert (some.spent, some.won, some.roi) == (5, 20, 3.0)


def test_clone_takes_the_plan_and_never_what_came_of_it(marketer):
    campaign = CampaignFactory(
        name="Fair", channel=ChannelFactory(), budget_minor=5_000, mql_goal=7, external_id="x"
    )
    Spend.objects.create(campaign=campaign, day="2026-01-01", amount_minor=5)
    TouchFactory(campaign=campaign)
    form = marketer.get(f"/campaigns/{campaign.pk}/clone/").context["form"]

    marketer.post(
        f"/campaigns/{campaign.pk}/clone/",
        {"name": form["name"].value(), "channel": form["channel"].value(), "objective": "demand",
         "budget": form["budget"].value(), "mql_goal": form["mql_goal"].value()},
    )  # fmt: skip

    clone = Campaign.objects.exclude(pk=campaign.pk).get()
    assert (clone.name, clone.budget_minor, clone.mql_goal) == ("Copy of Fair", 5_000, 7)
    assert (clone.channel, clone.external_id) == (campaign.channel, None)
    assert not clone.spends.exists()
    assert not clone.touches.exists()


def test_chosen_live_campaigns_are_paused_and_come_back_by_undo(marketer):
    live, planned = CampaignFactory(status=LIVE), CampaignFactory(status=Campaign.Status.PLANNED)

    marketer.post("/campaigns/pause/", {"ids": [live.pk, planned.pk]})
    paused = statuses()
    batch = Campaign.objects.get(pk=live.pk).status_batch
    marketer.post(f"/campaigns/undo/{batch}/")

    assert paused == [PAUSED, Campaign.Status.PLANNED]
    assert statuses() == [LIVE, Campaign.Status.PLANNED]


def test_all_matching_are_archived_and_no_other(marketer):
    CampaignFactory(name="Spring fair", status=LIVE)
    CampaignFactory(name="Autumn fair", status=LIVE)

    marketer.post("/campaigns/archive/", {"all": "1", "query": "q=spring"})

    assert statuses() == [ARCHIVED, LIVE]


def test_undo_leaves_a_campaign_alone_that_was_edited_since(marketer):
    campaign = CampaignFactory(status=LIVE)
    batch, _ = planning.archive(Campaign.objects.all())
    campaign.refresh_from_db()
    campaign.status = Campaign.Status.DONE
    planning.save_campaign(campaign)

    assert planning.undo_status(batch) == 0
    assert planning.undo_status(uuid.uuid4()) == 0
    assert statuses() == [Campaign.Status.DONE]


def test_archived_campaigns_are_hidden_until_they_are_asked_for(marketer):
    CampaignFactory(name="Old", status=ARCHIVED)
    CampaignFactory(name="New", status=LIVE)

    def names(**asked):
        rows = marketer.get("/campaigns/", asked).context["rows"]
        return [row["campaign"].name for row in rows]

    assert names() == ["New"]
    assert names(status="archived") == ["Old"]


def test_sparkline_ends_with_this_weeks_leads(marketer):
    campaign = CampaignFactory()
    LeadFactory(campaign=campaign)

    [row] = marketer.get("/campaigns/").context["rows"]

    assert row["weeks"] == [0] * 11 + [1]
    assert row["found"].count(Stage.LEAD) == 1
