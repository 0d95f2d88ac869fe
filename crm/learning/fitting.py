"""Logistic regression over the scoring rules that spoke for a lead, and how well scores sort. Pure.

Leads are few in kind: what counts of one is which rules spoke for it. So they are counted by
pattern, and Newton's method runs over the patterns, however many leads there are.
docs/decisions/0041-learning-without-numpy.md; source: docs/metrics.md#learning.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt

Pattern = tuple[int, ...]
"""Which rules spoke for a lead, each 1 or 0."""
Counts = Mapping[Pattern, tuple[int, int]]
"""By pattern: leads won, leads decided."""

RIDGE = 1.0
"""Penalty on the squared coefficients: a rule that always won gets a finite one."""
STEPS = 50
CLOSE = 1e-9


@dataclass(frozen=True)
class Fit:
    """Log odds of winning: `base`, and what each rule adds. errors: standard errors of the rules"""

    base: float
    rules: tuple[float, ...]
    errors: tuple[float, ...]

    def chance(self, pattern: Pattern) -> float:
        return logistic(self.base + sum(b * x for b, x in zip(self.rules, pattern, strict=True)))


def logistic(value: float) -> float:
    if value < -700:
        return 0.0
    return 1 / (1 + exp(-value))


def fit(counts: Counts, ridge: float = RIDGE) -> Fit | None:
    """Fit by penalised maximum likelihood; None without both a win and a loss."""
    won, decided = (sum(row[place] for row in counts.values()) for place in (0, 1))
    if not counts or won in (0, decided):
        return None
    size = len(next(iter(counts))) + 1
    beta = [0.0] * size
    for _ in range(STEPS):
        gradient, curvature = slopes(counts, beta, ridge)
        step = solve(curvature, gradient)
        beta = [b + s for b, s in zip(beta, step, strict=True)]
        if max(map(abs, step)) < CLOSE:
            break
    _, curvature = slopes(counts, beta, ridge)
    errors = []
    for place in range(1, size):
        unit = [float(place == other) for other in range(size)]
        errors.append(sqrt(solve(curvature, unit)[place]))
    return Fit(beta[0], tuple(beta[1:]), tuple(errors))


def slopes(
    counts: Counts, beta: Sequence[float], ridge: float
) -> tuple[list[float], list[list[float]]]:
    """Return gradient and negative curvature of the penalised log likelihood at `beta`."""
    size = len(beta)
    penalty = [0.0] + [ridge] * (size - 1)
    gradient = [-p * b for p, b in zip(penalty, beta, strict=True)]
    curvature = [[penalty[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    for pattern, (won, decided) in counts.items():
        active = [0, *(place for place, x in enumerate(pattern, start=1) if x)]
        chance = logistic(sum(beta[place] for place in active))
        weight = decided * chance * (1 - chance)
        for i in active:
            gradient[i] += won - decided * chance
            for j in active:
                curvature[i][j] += weight
    return gradient, curvature


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Solve a positive definite system by elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for place in range(size):
        pivot = max(range(place, size), key=lambda i: abs(rows[i][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        for below in rows[place + 1 :]:
            factor = below[place] / rows[place][place]
            for column in range(place, size + 1):
                below[column] -= factor * rows[place][column]
    found = [0.0] * size
    for place in reversed(range(size)):
        known = sum(rows[place][j] * found[j] for j in range(place + 1, size))
        found[place] = (rows[place][size] - known) / rows[place][place]
    return found


# How well a score sorts ---------------------------------------------------------------------------


def auc(scored: Iterable[tuple[float, int, int]]) -> float | None:
    """Return the chance that a won lead has the higher score than a lost one; ties count half.

    scored: (score, won, decided); None without both a win and a loss
    """
    sums: dict[float, tuple[int, int]] = {}
    for score, won, decided in scored:
        before = sums.get(score, (0, 0))
        sums[score] = before[0] + won, before[1] + decided - won
    wins, losses = (sum(row[place] for row in sums.values()) for place in (0, 1))
    if not wins or not losses:
        return None
    above = passed = 0.0
    for score in sorted(sums):
        won, lost = sums[score]
        above += won * (passed + lost / 2)
        passed += lost
    return above / (wins * losses)


def cross_validated(folds: Sequence[Counts]) -> float | None:
    """Return the mean AUC of each fold by the fit of the others; None where no fold has both."""
    found = []
    for place, held_out in enumerate(folds):
        rest = merged(fold for other, fold in enumerate(folds) if other != place)
        fitted = fit(rest)
        if fitted is None:
            continue
        scored = [(fitted.chance(pattern), *row) for pattern, row in held_out.items()]
        area = auc(scored)
        if area is not None:
            found.append(area)
    return sum(found) / len(found) if found else None


def merged(many: Iterable[Counts]) -> dict[Pattern, tuple[int, int]]:
    found: dict[Pattern, tuple[int, int]] = {}
    for counts in many:
        for pattern, (won, decided) in counts.items():
            before = found.get(pattern, (0, 0))
            found[pattern] = before[0] + won, before[1] + decided
    return found
