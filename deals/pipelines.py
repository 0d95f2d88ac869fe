"""Changing the pipelines themselves: their stages, their order, and the reasons of lost deals."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.timezone import now

from crm.users.models import User
from deals.models import Deal, DealMove, LostReason, Pipeline, PipelineStage

FIRST_STAGES = [("New", 10), ("Proposal", 50), ("Negotiation", 80)]


class StageInUse(ValueError):
    """Deals are in the stage: say where they go, or there is no stage left for them."""


@transaction.atomic
def create_pipeline(name: str, *, checklist: Sequence[str] = ()) -> Pipeline:
    """Make a pipeline, last in order, with three stages to begin with."""
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    pipeline = Pipeline.objects.create(name=name, position=position, checklist=list(checklist))
    for position, (stage, probability) in enumerate(FIRST_STAGES):
        pipeline.stages.create(name=stage, position=position, probability=probability)
    return pipeline


@transaction.atomic
def append_stage(stage: PipelineStage) -> PipelineStage:
    """Save a new stage behind the others of its pipeline."""
    last = stage.pipeline.stages.aggregate(last=Max("position"))["last"]
    stage.position = 0 if last is None else last + 1
    stage.save()
    return stage


@transaction.atomic
def shift_stage(stage: PipelineStage, step: int) -> None:
    """Move a stage one place to the front (-1) or to the end (+1) of its pipeline."""
    stages = list(stage.pipeline.stages.select_for_update())
    shift(stages, stages.index(stage), step)
    PipelineStage.objects.bulk_update(stages, ["position"])


@transaction.atomic
def shift_pipeline(pipeline: Pipeline, step: int) -> None:
    """Move a pipeline one place up (-1) or down (+1). The first one is where new deals begin."""
    rows = list(Pipeline.objects.select_for_update())
    shift(rows, rows.index(pipeline), step)
    Pipeline.objects.bulk_update(rows, ["position"])


@transaction.atomic
def shift_reason(reason: LostReason, step: int) -> None:
    """Move a reason one place up (-1) or down (+1)."""
    reasons = list(LostReason.objects.select_for_update())
    shift(reasons, reasons.index(reason), step)
    LostReason.objects.bulk_update(reasons, ["position"])


def shift(rows: list[Any], at: int, step: int) -> None:
    """Swap a row with its neighbour, and number all afresh; at either end nothing happens."""
    to = at + step
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    for position, row in enumerate(rows):
        row.position = position


@transaction.atomic
def remove_stage(stage: PipelineStage, *, new_home: PipelineStage | None, actor: User) -> int:
    """Delete a stage. Its deals go to `new_home`, each with a higher version and a recorded move.

    Return how many moved. Raises StageInUse if deals are in it and there is no new home in the
    same pipeline, or if it is the only stage.
    """
    PipelineStage.objects.select_for_update().get(pk=stage.pk)
    if not stage.pipeline.stages.exclude(pk=stage.pk).exists():
        raise StageInUse("A pipeline needs at least one stage.")
    ids = list(Deal.objects.filter(stage=stage).values_list("pk", flat=True))
    if ids:
        if new_home is None or new_home.pk == stage.pk:
            raise StageInUse(f"{len(ids)} deals sit in “{stage}”. Say where they go.")
        if new_home.pipeline_id != stage.pipeline_id:
            raise StageInUse("The new home must be a stage of the same pipeline.")
        rehome(stage, new_home, ids, actor, "Stage removed")
    stage.delete()
    return len(ids)


@transaction.atomic
def remove_pipeline(pipeline: Pipeline, *, new_home: PipelineStage | None, actor: User) -> int:
    """Delete a pipeline. Its deals go to `new_home`, a stage of another, each with a recorded move.

    Return how many moved. Raises StageInUse if deals are in it and there is no such new home, or
    if no other pipeline would be in use.
    """
    list(Pipeline.objects.select_for_update())
    others = Pipeline.objects.exclude(pk=pipeline.pk)
    if not others.filter(is_active=True).exists():
        raise StageInUse("One pipeline must be in use.")
    stages, moved = list(pipeline.stages.select_for_update()), 0
    for stage in stages:
        ids = list(Deal.objects.filter(stage=stage).values_list("pk", flat=True))
        if ids and (new_home is None or new_home.pipeline_id == pipeline.pk):
            raise StageInUse(f"Deals are in “{pipeline}”. Say where they go.")
        if ids and new_home:
            rehome(stage, new_home, ids, actor, f"Pipeline “{pipeline}” removed")
            moved += len(ids)
    pipeline.delete()
    return moved


def rehome(
    stage: PipelineStage, new_home: PipelineStage, ids: list[int], actor: User, note: str
) -> None:
    """Put all deals of a stage into another, closed ones too, in sets."""
    at = now()
    Deal.objects.filter(stage=stage).update(
        pipeline=new_home.pipeline_id,
        stage=new_home,
        stage_since=at,
        version=F("version") + 1,
    )
    moves = [
        DealMove(deal_id=pk, old=stage.name, new=new_home.name, at=at, actor=actor, note=note)
        for pk in ids
    ]
    DealMove.objects.bulk_create(moves, batch_size=1000)


@transaction.atomic
def remove_reason(reason: LostReason) -> bool:
    """Delete a reason that no deal names; else only stop offering it. True if it was deleted."""
    if reason.deals.exists():
        LostReason.objects.filter(pk=reason.pk).update(is_active=False)
        return False
    reason.delete()
    return True


@transaction.atomic
def add_reason(reason: LostReason) -> LostReason:
    """Save a new reason behind the others."""
    last = LostReason.objects.aggregate(last=Max("position"))["last"]
    reason.position = 0 if last is None else last + 1
    reason.save()
    return reason
