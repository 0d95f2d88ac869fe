"""What to do about it: the lessons in sentences, each with what can be tried from here."""

from collections.abc import Mapping
from typing import Any

from crm.common.formats import percent
from crm.learning.chosen import DECIDED, leads_url
from crm.learning.lessons import Calibration, Cut, Lessons
from crm.reports.dimensions import DIMENSIONS
from crm.reports.questions import Question
from crm.reports.rows import in_period, url_of

BUDGET = {True: "More budget would earn most here.", False: "Its targeting needs a look."}
BETTER = 0.02
"""By so much more AUC a model has to sort better, out of sample, before its points are offered."""

Rules = Mapping[str, tuple[int, int]]
"""By name: key and points."""


def advice(
    question: Question, found: Lessons, rules: Rules, threshold: int
) -> list[dict[str, Any]]:
    """Return what stands out, plain values: words, why, where to look, what can be tried.

    points: what the scoring studio is to be asked, rule to points; threshold: a new one
    """
    useless = [one for one in found.rules if one.verdict == "useless" and one.points > 0]
    said = [useless_words(question, one, rules) for one in useless]
    said += channel_words(question, found)
    said += rep_words(question, found)
    if found.raise_to:
        said.append(threshold_words(found.cuts[0], found.raise_to))
    if model := model_words(found, rules):
        said.append(model)
    return said


def useless_words(question: Question, one: Calibration, rules: Rules) -> dict[str, Any]:
    with_it, without = percent(one.with_it.rate), percent(one.without.rate)
    return {
        "title": f"“{one.rule}” is useless",
        "why": f"It gives {one.points} points, yet leads with it convert in {with_it} of "
        f"{one.with_it.of} cases, without it in {without} of {one.without.of}. The other rules "
        "being equal, it hardly raises the odds.",
        "url": leads_url(question, DECIDED, "rule", one.rule),
        "try": "Try it without points",
        "points": {str(rules[one.rule][0]): 0},
    }


def channel_words(question: Question, found: Lessons) -> list[dict[str, Any]]:
    names = DIMENSIONS["channel"].names(written(one.channel) for one in found.channels)
    said = []
    for key, share, rest in found.channels:
        better = (share.rate or 0) > (rest.rate or 0)
        word = "better" if better else "worse"
        said.append(
            {
                "title": f"{names[written(key)][1]} converts {word} than the other channels",
                "why": f"{percent(share.rate)} of {share.of} decided leads became customers, "
                f"of the others {percent(rest.rate)} of {rest.of}. {BUDGET[better]}",
                "url": leads_url(question, DECIDED, "channel", written(key)),
            }
        )
    return said


def rep_words(question: Question, found: Lessons) -> list[dict[str, Any]]:
    names = DIMENSIONS["rep"].names(written(one.rep) for one in found.reps)
    period = in_period(question.period)
    return [
        {
            "title": f"{names[written(key)][1]} answers late",
            "why": f"Half of the answers took more than {mine:.0f} business minutes, those of the "
            f"other reps {others:.0f}.",
            "url": url_of("answered-handoffs", part="measured", by="rep", value=written(key),
                          **period),
        }
        for key, mine, others in found.reps
    ]  # fmt: skip


def threshold_words(now: Cut, then: Cut) -> dict[str, Any]:
    missed = now.won - then.won
    wins = "no win lost" if not missed else "one win lost" if missed == 1 else f"{missed} wins lost"
    fewer = percent(1 - then.leads / now.leads)
    return {
        "title": f"{then.threshold} instead of {now.threshold}: {fewer} fewer MQLs, {wins}",
        "why": f"By the scores frozen at the handoff, {now.leads - then.leads} of {now.leads} "
        f"decided leads would not have been handed over; of {now.won} wins {then.won} would.",
        "threshold": then.threshold,
    }


def model_words(found: Lessons, rules: Rules) -> dict[str, Any] | None:
    if found.model_auc is None or found.rules_auc is None:
        return None
    changes = {
        str(rules[one.rule][0]): one.suggested
        for one in found.rules
        if one.suggested is not None and one.suggested != one.points
    }
    if not changes or found.model_auc < found.rules_auc + BETTER:
        return None
    return {
        "title": "Other points would sort leads better",
        "why": f"With points in proportion to what each rule adds, a customer would score higher "
        f"than another lead in {percent(found.model_auc)} of cases, cross-validated; now in "
        f"{percent(found.rules_auc)}.",
        "try": "Try these points",
        "points": changes,
    }


def written(key: int | None) -> str:
    return "none" if key is None else str(key)
