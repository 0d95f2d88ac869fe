"""Exit criteria: what a deal must have before it leaves a stage.

A criterion of a stage is the key of a registered check, which looks for itself, or a text of the
sales manager's own, which a rep ticks by hand. The rooms above deals register their checks in
AppConfig.ready.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crm.users.models import User
from deals.models import Deal, MetCriterion, PipelineStage


@dataclass(frozen=True)
class Check:
    """A criterion that Tandem can see for itself."""

    key: str
    label: str
    check: Callable[[Deal], bool]


@dataclass(frozen=True)
class Criterion:
    """One line of a stage's exit criteria, for one deal.

    key: the check's, or the text itself where `by_hand` is true
    """

    key: str
    label: str
    met: bool
    by_hand: bool


CHECKS: dict[str, Check] = {}


def register(key: str, label: str, check: Callable[[Deal], bool]) -> None:
    """Offer a check to the stages of every pipeline.

    key: such as "quote.accepted"; it is stored in the stages, so it never changes
    label: what must be so, such as "A quote is accepted"
    """
    CHECKS[key] = Check(key, label, check)


def words(stage: PipelineStage) -> list[str]:
    """Return what the stage wants to be left, as people read it."""
    return [CHECKS[key].label if key in CHECKS else key for key in stage.exit_criteria]


def of_stages(deal: Deal, stages: Iterable[PipelineStage]) -> list[tuple[PipelineStage, Criterion]]:
    """Return the exit criteria of `stages` for a deal, in order, each with its stage."""
    wanted = [(stage, key) for stage in stages for key in stage.exit_criteria]
    if not wanted:
        return []
    ticked = set(MetCriterion.objects.filter(deal=deal).values_list("text", flat=True))
    return [(stage, criterion(deal, key, ticked)) for stage, key in wanted]


def criterion(deal: Deal, key: str, ticked: set[str]) -> Criterion:
    check = CHECKS.get(key)
    if check is None:
        return Criterion(key, key, key in ticked, by_hand=True)
    return Criterion(key, check.label, check.check(deal), by_hand=False)


def left_behind(deal: Deal, to: PipelineStage | None) -> list[PipelineStage]:
    """Return the stages that a deal leaves on its way to `to`, None is won; none on a way back."""
    stages = list(deal.pipeline.stages.all())
    begin = next(i for i, stage in enumerate(stages) if stage.pk == deal.stage_id)
    end = next((i for i, s in enumerate(stages) if to and s.pk == to.pk), len(stages))
    return stages[begin:end]


def unmet(deal: Deal, to: PipelineStage | None) -> list[tuple[PipelineStage, Criterion]]:
    """Return the criteria that are not met of the stages that the deal would leave for `to`."""
    rows = of_stages(deal, left_behind(deal, to))
    return [(stage, found) for stage, found in rows if not found.met]


def own_texts(deal: Deal) -> set[str]:
    """Return the criteria of the deal's pipeline that are ticked by hand."""
    return {k for stage in deal.pipeline.stages.all() for k in stage.exit_criteria} - CHECKS.keys()


def tick(deal: Deal, text: str, *, met: bool, actor: User) -> None:
    """Tick a criterion by hand, or take the tick away. Twice is as good as once."""
    if met:
        MetCriterion.objects.bulk_create(
            [MetCriterion(deal=deal, text=text, by=actor)], ignore_conflicts=True
        )
    else:
        MetCriterion.objects.filter(deal=deal, text=text).delete()


def tick_shown(deal: Deal, *, shown: Iterable[str], ticked: Iterable[str], actor: User) -> None:
    """Take over the ticks of a form that showed some of the pipeline's own criteria."""
    for text in own_texts(deal).intersection(shown):
        tick(deal, text, met=text in set(ticked), actor=actor)
