"""Changing the pipelines themselves."""

import pytest
from django.urls import reverse

from deals import pipelines
from deals.models import Deal, DealMove, LostReason, Pipeline, PipelineStage
from deals.pipelines import StageInUse
from tests.factories import DealFactory, UserFactory


def test_a_stage_with_deals_is_deleted_only_with_a_new_home(stages):
    DealFactory(stage=stages[1])

    with pytest.raises(StageInUse, match="1 deals sit"):
        pipelines.remove_stage(stages[1], new_home=None, actor=UserFactory())

    assert PipelineStage.objects.filter(pk=stages[1].pk).exists()


def test_the_deals_of_a_deleted_stage_move_and_say_so(stages):
    deal, manager = DealFactory(stage=stages[1]), UserFactory()

    moved = pipelines.remove_stage(stages[1], new_home=stages[0], actor=manager)

    deal.refresh_from_db()
    move = DealMove.objects.get(deal=deal)
    assert (moved, deal.stage, deal.version) == (1, stages[0], 2)
    assert (move.old, move.new, move.actor) == ("Discovery", "New", manager)


def test_the_new_home_is_in_the_same_pipeline(stages):
    DealFactory(stage=stages[1])
    other = pipelines.create_pipeline("Renewals").stages.all()[0]

    with pytest.raises(StageInUse, match="same pipeline"):
        pipelines.remove_stage(stages[1], new_home=other, actor=UserFactory())

    assert Deal.objects.get().stage == stages[1]


def test_the_last_stage_stays(db):
    pipeline = Pipeline.objects.create(name="Short")
    stage = pipeline.stages.create(name="Only", probability=50)

    with pytest.raises(StageInUse, match="at least one"):
        pipelines.remove_stage(stage, new_home=None, actor=UserFactory())


def test_stages_change_places(stages):
    pipelines.shift_stage(stages[2], -1)
    pipelines.shift_stage(stages[0], -1)

    names = list(stages[0].pipeline.stages.values_list("name", flat=True))
    assert names[:3] == ["New", "Demo", "Discovery"]


def test_a_used_reason_is_no_longer_offered_instead_of_deleted(price):
    DealFactory(status="lost", closed_at="2026-01-01T00:00Z", lost_reason=price)

    assert pipelines.remove_reason(price) is False
    assert pipelines.remove_reason(LostReason.objects.get(name="Other")) is True

    price.refresh_from_db()
    assert not price.is_active


def test_a_pipeline_is_deleted_only_with_a_new_home_for_its_deals(stages):
    other, manager = pipelines.create_pipeline("Renewals"), UserFactory()
    deal = DealFactory(stage=stages[1])
    closed = DealFactory(stage=stages[2], status="won", closed_at="2026-01-01T00:00Z")
    home = other.stages.all()[0]

    for nowhere in (None, stages[0]):
        with pytest.raises(StageInUse, match="Say where they go"):
            pipelines.remove_pipeline(stages[0].pipeline, new_home=nowhere, actor=manager)
    moved = pipelines.remove_pipeline(stages[0].pipeline, new_home=home, actor=manager)

    deal.refresh_from_db()
    closed.refresh_from_db()
    assert (moved, deal.stage, deal.pipeline, deal.version) == (2, home, other, 2)
    assert (closed.pipeline, closed.status) == (other, "won")
    assert deal.moves.get().note == "Pipeline “Sales” removed"
    assert list(Pipeline.objects.all()) == [other]


def test_the_only_pipeline_in_use_stays(stages):
    Pipeline.objects.create(name="Old", is_active=False)

    with pytest.raises(StageInUse, match="must be in use"):
        pipelines.remove_pipeline(stages[0].pipeline, new_home=None, actor=UserFactory())


def test_pipelines_change_places(db):
    renewals = pipelines.create_pipeline("Renewals")

    pipelines.shift_pipeline(renewals, -1)

    assert [pipeline.name for pipeline in Pipeline.objects.all()] == ["Renewals", "Sales"]


def test_a_pipeline_is_deleted_by_its_dialog(manager, stages):
    other = pipelines.create_pipeline("Renewals")
    DealFactory(stage=other.stages.all()[0], pipeline=other)
    url = reverse("deals:pipeline-remove", args=[other.pk])

    refused = manager.post(url, {"new_home": ""}, headers={"HX-Request": "true"})
    manager.post(url, {"new_home": stages[0].pk})

    assert refused.status_code == 422
    assert "1 deals are in this pipeline" in refused.content.decode()
    assert Deal.objects.get().stage == stages[0]


def test_board_and_list_switch_between_pipelines(manager, stages):
    other = pipelines.create_pipeline("Renewals")
    DealFactory(name="New business", stage=stages[0])
    DealFactory(name="Renewal", stage=other.stages.all()[0], pipeline=other)

    url = reverse("deals:list")
    board = manager.get(url, {"pipeline": other.pk}).content.decode()
    listed = manager.get(url, {"pipeline": other.pk, "view": "list"}).content.decode()
    every = manager.get(url, {"view": "list"}).content.decode()

    for page in (board, listed):
        assert "Renewal</a>" in page
        assert "New business" not in page
    assert "All pipelines" in every
    assert "New business" in every
