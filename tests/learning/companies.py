"""Companies with a planted truth: what rules, channel and rep do to a lead is known."""

from math import exp
from random import Random

from crm.learning.lessons import Case

RULES = {"Decider": 15, "Demo": 35, "Webinar": 20, "Website": 10}
TRUTH = {"Decider": 1.0, "Demo": 1.3, "Webinar": 0.9}
USELESS, DOUBLE, LATE = "Website", 3, 2
CHANNELS, REPS = 5, 6


def company(seed: int, leads: int = 2400, *, planted: bool = True) -> list[Case]:
    """Return handed leads. Planted: one rule does nothing, one channel doubles, one rep is late."""
    rng = Random(seed)  # noqa: S311
    truth = TRUTH if planted else {**TRUTH, USELESS: 0.9}
    return [case(rng, number, truth, planted) for number in range(1, leads + 1)]


def case(rng: Random, number: int, truth: dict[str, float], planted: bool) -> Case:
    told = frozenset(rule for rule in RULES if rng.random() < 0.45)
    channel, rep = rng.randrange(CHANNELS), rng.randrange(REPS)
    chance = 1 / (1 + exp(2.2 - sum(truth.get(rule, 0.0) for rule in told)))
    minutes = rng.expovariate(1 / 60)
    if planted:
        chance = min(1.0, 2 * chance) if channel == DOUBLE else chance
        minutes = 3 * minutes if rep == LATE else minutes
    won = rng.random() < chance
    score = 40 + sum(RULES[rule] for rule in told) // 2
    return Case(number, None if rng.random() < 0.1 else won, score, told, channel, rep, minutes)
