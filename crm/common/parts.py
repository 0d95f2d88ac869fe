"""What the larger components are given: tabs, chips, steps of a path, steps of a funnel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import now

from crm.stages import EXPLANATIONS, PATH, Stage

HUES = {
    Stage.LEAD: "lead",
    Stage.MQL: "mql",
    Stage.SAL: "sal",
    Stage.SQL: "sql",
    Stage.OPPORTUNITY: "opportunity",
    Stage.CUSTOMER: "customer",
}
OWNERS = {
    Stage.LEAD: "Marketing",
    Stage.MQL: "Marketing → sales",
    Stage.SAL: "Sales",
    Stage.SQL: "Sales",
    Stage.OPPORTUNITY: "Sales",
    Stage.CUSTOMER: "Won",
}


@dataclass(frozen=True)
class Tab:
    """One saved view, or one part of a record."""

    label: str
    url: str
    active: bool = False
    count: int | None = None
    icon: str = ""


@dataclass(frozen=True)
class Chip:
    """One active filter: `label` “Stage”, `value` “MQL”, and the address without it."""

    label: str
    value: str
    param: str
    raw: str


def chips(form: forms.Form) -> list[Chip]:
    """Return the filters that a bound filter form holds, one for each chosen value."""
    found = []
    for name, field in form.fields.items():
        widget = field.widget
        values = widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        asked = [raw for raw in as_list(values) if raw not in (None, "", False)]
        if not asked or isinstance(widget, forms.HiddenInput):
            continue
        words = dict(_flat(getattr(field, "choices", ())))
        label = str(field.label or name.replace("_", " ").capitalize())
        for raw in asked:
            text = "yes" if raw is True else words.get(str(raw), str(raw))
            found.append(Chip(label, text, form.add_prefix(name), str(raw)))
    return found


def as_list(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else [values]


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """Yield value and words of every choice, those inside groups too."""
    for value, words in choices:
        if isinstance(words, list | tuple):
            yield from _flat(words)
        else:
            yield str(value), str(words)


@dataclass(frozen=True)
class Step:
    """One step of a path: whose it is, when it was entered, how long it took."""

    label: str
    state: str
    """done, current, next or skipped"""
    owner: str = ""
    at: datetime | None = None
    days: int | None = None
    hint: str = ""
    hue: str = ""


def stage_steps(stage: str, entered: Mapping[str, datetime]) -> list[Step]:
    """Return the funnel's path as steps for a lead that now is in `stage`.

    entered: stage value to the moment of entry; a passed stage without one counts as skipped
    A lead out of the path (recycled, lost) shows its way so far, then the way out as current.
    """
    now_in = Stage(stage)
    reached = [s for s in PATH if s.value in entered]
    at = PATH.index(now_in) if now_in in PATH else PATH.index(reached[-1]) if reached else 0
    steps = [_step(s, index, at, now_in, entered) for index, s in enumerate(PATH)]
    if now_in not in PATH:
        out = Step(
            now_in.label,
            "current",
            "Out of the funnel",
            entered.get(now_in.value),
            hint=EXPLANATIONS[now_in],
            hue="closed",
        )
        steps = [*steps[: at + 1], out]
    return with_days(steps)


def _step(
    stage: Stage, index: int, at: int, now_in: Stage, entered: Mapping[str, datetime]
) -> Step:
    moment = entered.get(stage.value)
    if stage is now_in:
        state = "current"
    elif index > at:
        state, moment = "next", None
    else:
        state = "done" if moment else "skipped"
    return Step(
        stage.label, state, OWNERS[stage], moment, hint=EXPLANATIONS[stage], hue=HUES[stage]
    )


def with_days(steps: Sequence[Step]) -> list[Step]:
    """Return the steps with the days between each entry and the next one (or now)."""
    moments = [s.at for s in steps if s.at]
    filled = []
    for step in steps:
        if step.at and step.days is None and step.state in ("done", "current"):
            later = [m for m in moments if m > step.at]
            until = min(later) if step.state == "done" and later else now()
            step = replace(step, days=max(0, (until - step.at).days))
        filled.append(step)
    return filled


@dataclass(frozen=True)
class FunnelStep:
    """One bar of a funnel. `url` and `lost_url` lead to exactly the counted rows."""

    label: str
    stage: str
    count: int
    url: str
    lost: int | None = None
    lost_url: str = ""
    median_days: float | None = None
    p90_days: float | None = None


@dataclass(frozen=True)
class FunnelBar:
    """A funnel step with what follows from its neighbours: rates and width."""

    step: FunnelStep
    of_previous: float | None
    of_first: float | None
    width: float
    """0 to 100, share of the widest bar; never too thin to be seen when it counts anything"""


def funnel_bars(steps: Sequence[FunnelStep]) -> list[FunnelBar]:
    """Return the bars of a funnel. A rate over nothing is None, shown as n/a."""
    widest = max((s.count for s in steps), default=0)
    first = steps[0].count if steps else 0
    bars = []
    for index, step in enumerate(steps):
        previous = steps[index - 1].count if index else None
        bars.append(
            FunnelBar(
                step,
                of_previous=step.count / previous if previous else None,
                of_first=step.count / first if index and first else None,
                width=max(0.5, 100 * step.count / widest) if step.count else 0.0,
            )
        )
    return bars
