"""What the outcomes of handed leads teach: rules, threshold, channels, reps. Pure.

Advice is given where the data force it: over all that is tested together, any of it is wrong in at
most 5 of 100 cases. Source: docs/metrics.md#learning.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import median
from typing import NamedTuple

from crm.common.intervals import FEW, wilson
from crm.learning.arithmetic import Share, holm, stand_late, stand_out, tail
from crm.learning.fitting import Counts, Fit, auc, cross_validated, fit, merged

ALPHA = 0.01
"""The chance of any wrong advice of one family: rules, channels, reps. Together 3 of 100: the tests
are approximations, and 5 are what is promised."""
MEANINGFUL = log(1.5)
"""A rule that raises the odds of winning by less than half is of no use."""
FOLDS = 5
STEP = 5
HIGHEST = 100


class Case(NamedTuple):
    """One handed lead with what was frozen at its handoff.

    won: None while it is pending; rules: names of those that spoke for it
    score: None of an imported past, of which no handoff froze anything
    minutes: business minutes until the rep's answer, None without one
    """

    lead: int
    won: bool | None
    score: int | None
    rules: frozenset[str]
    channel: int | None = None
    rep: int | None = None
    minutes: float | None = None


@dataclass(frozen=True)
class Calibration:
    """What became of leads with a rule and without it.

    odds: what the rule adds to the log odds, all other rules being equal; error: its standard error
    verdict: “few”, “useless”, “useful” or “unclear”
    suggested: points that the model would give, None where it says nothing
    """

    rule: str
    points: int
    with_it: Share
    without: Share
    odds: float | None = None
    error: float | None = None
    verdict: str = "few"
    suggested: int | None = None


class Cut(NamedTuple):
    """What another threshold would have left of the handed leads, and of those that were won."""

    threshold: int
    leads: int
    won: int


class Apart(NamedTuple):
    """A channel that converts otherwise than the others that do not stand out."""

    channel: int | None
    share: Share
    others: Share


class Late(NamedTuple):
    """A rep who answers later than the others: median business minutes of both."""

    rep: int | None
    median: float
    others: float


@dataclass(frozen=True)
class Lessons:
    """channels, reps: those that stand out; rules_auc: how well the frozen scores sort"""

    decided: int
    pending: int
    rules: Sequence[Calibration] = ()
    channels: Sequence[Apart] = ()
    reps: Sequence[Late] = ()
    cuts: Sequence[Cut] = ()
    raise_to: Cut | None = None
    model_auc: float | None = None
    rules_auc: float | None = None


def learn(cases: Sequence[Case], points: Mapping[str, int], threshold: int) -> Lessons:
    """Return what the cases teach about these rules, by name to their points, and the threshold."""
    decided = [case for case in cases if case.won is not None]
    by_channel = shares((case.channel, case) for case in decided)
    minutes: dict[int | None, list[float]] = defaultdict(list)
    for case in cases:
        if case.rep is not None and case.minutes is not None:
            minutes[case.rep].append(case.minutes)
    judged = [case for case in decided if case.score is not None]
    folds = folded(judged, list(points))
    fitted = fit(merged(folds)) if folds else None
    cut = cuts(judged, threshold)
    return Lessons(
        len(decided),
        len(cases) - len(decided),
        calibrations(judged, points, fitted),
        channels_apart(by_channel),
        reps_late(minutes),
        cut,
        raised(cut),
        cross_validated(folds) if fitted else None,
        auc((case.score or 0, int(bool(case.won)), 1) for case in judged),
    )


def shares(pairs: Iterable[tuple[int | None, Case]]) -> dict[int | None, Share]:
    found: dict[int | None, Share] = defaultdict(Share)
    for group, case in pairs:
        found[group] += Share(int(bool(case.won)), 1)
    return dict(found)


def channels_apart(groups: Mapping[int | None, Share]) -> list[Apart]:
    named = stand_out(groups, ALPHA, least=FEW)
    others = sum((share for key, share in groups.items() if key not in named), Share())
    return [Apart(key, groups[key], others) for key in named]


def reps_late(minutes: Mapping[int | None, Sequence[float]]) -> list[Late]:
    named = stand_late(minutes, ALPHA, least=FEW)
    others = [value for key, values in minutes.items() if key not in named for value in values]
    return [Late(key, median(minutes[key]), median(others)) for key in named if others]


def folded(decided: Sequence[Case], rules: Sequence[str]) -> list[Counts]:
    """Count the cases by which rules spoke for them, in folds alike in wins."""
    if not rules:
        return []
    folds: list[dict[tuple[int, ...], tuple[int, int]]] = [{} for _ in range(FOLDS)]
    turns = {True: 0, False: 0}
    for case in sorted(decided, key=lambda one: one.lead):
        won = bool(case.won)
        fold = folds[turns[won] % FOLDS]
        turns[won] += 1
        pattern = tuple(int(rule in case.rules) for rule in rules)
        before = fold.get(pattern, (0, 0))
        fold[pattern] = before[0] + won, before[1] + 1
    return list(folds)


# Rules --------------------------------------------------------------------------------------------


def calibrations(
    decided: Sequence[Case], points: Mapping[str, int], fitted: Fit | None
) -> list[Calibration]:
    total = sum((Share(int(bool(case.won)), 1) for case in decided), Share())
    with_rule = {rule: Share() for rule in points}
    for case in decided:
        for rule in case.rules & points.keys():
            with_rule[rule] += Share(int(bool(case.won)), 1)
    sides = {rule: (share, total.without(share)) for rule, share in with_rule.items()}
    told = {
        rule: (fitted.rules[place], fitted.errors[place])
        for place, rule in enumerate(points)
        if fitted and min(side.of for side in sides[rule]) >= FEW
    }
    useless = holm({r: tail((MEANINGFUL - b) / e) for r, (b, e) in told.items()}, ALPHA / 2)
    useful = holm({r: tail(b / e) for r, (b, e) in told.items()}, ALPHA / 2)
    suggested = suggestions(points, {rule: odds for rule, (odds, _) in told.items()})
    found = []
    for rule, (share, rest) in sides.items():
        odds, error = told.get(rule, (None, None))
        verdict = "few" if odds is None else "unclear"
        verdict = "useful" if rule in useful else "useless" if rule in useless else verdict
        found.append(
            Calibration(rule, points[rule], share, rest, odds, error, verdict, suggested.get(rule))
        )
    return found


def suggestions(points: Mapping[str, int], odds: Mapping[str, float]) -> dict[str, int]:
    """Return points in proportion to what each rule adds, as many in all as it has now."""
    given = sum(max(points[rule], 0) for rule in odds)
    added = sum(max(value, 0.0) for value in odds.values())
    if not given or added <= 0:
        return {}
    scale = given / added
    return {rule: max(0, round(value * scale)) for rule, value in odds.items() if points[rule] > 0}


def bounds(calibration: Calibration) -> tuple[float, float] | None:
    """Return the interval of the difference in rate, with the rule less without it (Newcombe)."""
    here = wilson(*calibration.with_it)
    there = wilson(*calibration.without)
    one, other = calibration.with_it.rate, calibration.without.rate
    if here is None or there is None or one is None or other is None:
        return None
    apart = one - other
    low = apart - sqrt((one - here.low) ** 2 + (there.high - other) ** 2)
    high = apart + sqrt((here.high - one) ** 2 + (other - there.low) ** 2)
    return low, high


# The threshold ------------------------------------------------------------------------------------


def cuts(decided: Sequence[Case], threshold: int) -> list[Cut]:
    """Return what each higher threshold would have left, the present one first.

    Of a lower one nothing is known: leads below the threshold were not handed over.
    """
    over = [(case.score, bool(case.won)) for case in decided if (case.score or 0) >= threshold]
    return [
        Cut(at, sum(s is not None and s >= at for s, _ in over),
            sum(won and s is not None and s >= at for s, won in over))
        for at in range(threshold, HIGHEST + 1, STEP)
    ]  # fmt: skip


def raised(found: Sequence[Cut]) -> Cut | None:
    """Return the highest threshold that surely costs little: of what it leaves out, even the upper
    bound of the share that was won is below a quarter of the rate of all; None if there is none."""
    if not found or not found[0].won:
        return None
    rate = found[0].won / found[0].leads
    best = None
    for cut in found[1:]:
        dropped = Share(found[0].won - cut.won, found[0].leads - cut.leads)
        interval = wilson(*dropped)
        if interval and dropped.of >= FEW and interval.high < rate / 4:
            best = cut
    return best
