"""A quadratic model of the task that decides which points of a generation are worth an evaluation.

N. Hansen, A Global Surrogate Assisted CMA-ES, GECCO 2019: the model is fitted to the latest evaluations by weighted
least squares, linear while there are few, with squares when there are more, with products of parameters in the end.
The points of a generation are evaluated one group after the other, those first that the model ranks best, until model
and evaluations agree in the order of the latest points. The others get the values of the model.

The answer is the same for f and a·f + b with a > 0, up to rounding.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

AGREEMENT = 0.85
"""Kendall's rank correlation of model and evaluations at which the rest of a generation is not evaluated."""

KEPT = 0.75
"""Share of the known points, the best of them, to which the model is fitted."""

SURPLUS = 1.1
"""Points per coefficient that are fitted, before the model gets more coefficients."""

HEAVIEST = 20.0
"""Weight of the best point in the fit; that of the last is 1."""

TOLERANCE = 1e-12
"""Relative size of what is added to the diagonal of the normal equations, so that they can be solved."""

LONGEST_PAUSE = 8
"""Generations in a row, at most, that are evaluated without the model after it was of no use."""

FEWEST = 4
"""Points without which there is nothing to compare."""

DESCENT = 3.0
"""How far down a linear model leads, in units of the spread of its points and √d."""

FIRST = 0.02
"""Share of a generation that is evaluated in any case, beside one point."""

LINEAR, SQUARES, PRODUCTS = range(3)
"""Terms that the model has, each with those before it."""


class QuadraticModel:
    """Weighted least squares on the latest evaluations.

    Parameters
    ----------
    dims : int
        Parameters, d.
    room : int
        Points that are remembered at least; twice the coefficients of the full model if that is more.
    """

    def __init__(self, dims: int, room: int) -> None:
        self._sizes = (dims + 1, 2 * dims + 1, dims * (dims + 3) // 2 + 1)
        self._room = max(room, 2 * self._sizes[PRODUCTS])
        self._pairs = np.triu_indices(dims, 1)
        self._terms = LINEAR
        self._points = np.empty((0, dims))
        self._values = np.empty(0)
        self._fitted = False
        self._pause = self._rest = 0

    def __len__(self) -> int:
        """Number of evaluations that it knows."""
        return len(self._values)

    def add(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Take evaluations, shapes (n, d) and (n,); finite values only, the latest last."""
        self._points = np.vstack([points[::-1], self._points])[: self._room]
        self._values = np.concatenate([values[::-1], self._values])[: self._room]
        self._fitted = False
        for terms in (SQUARES, PRODUCTS):
            if KEPT * len(self) >= SURPLUS * self._sizes[terms]:
                self._terms = max(self._terms, terms)

    @property
    def rests(self) -> bool:
        """Whether the next generation is to be evaluated without it."""
        return self._rest > 0

    def pass_over(self) -> None:
        """Count a generation that was evaluated without it."""
        self._rest -= 1

    def note(self, helped: bool) -> None:
        """Take note whether it has saved evaluations of a generation; where it does not, fitting it is a waste of time.

        The more often in a row the full model was of no use, the longer it is not asked.
        """
        self._pause = 0 if helped or self._terms < PRODUCTS else min(LONGEST_PAUSE, max(1, 2 * self._pause))
        self._rest = self._pause

    def sort(self, n: int) -> None:
        """Put the `n` latest evaluations in order, so that the best of them count as the latest."""
        order = np.argsort(self._values[:n], kind="stable")
        self._points[:n] = self._points[:n][order]
        self._values[:n] = self._values[:n][order]

    def predict(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of the model, shape (n,), at points of shape (n, d); their zero is of no account."""
        self._fit()
        predicted: NDArray[np.float64] = self._design(points) @ self._coefficients
        return predicted

    def agreement(self, n: int) -> float:
        """Return Kendall's rank correlation of model and evaluations in the `n` latest; 0 if they are too few."""
        n = min(n, len(self))
        if n < FEWEST - 1:
            return 0.0
        return _kendall(self._values[:n], self.predict(self._points[:n]))

    def optimum(self) -> NDArray[np.float64] | None:
        """Return the stationary point of the model, shape (d,), while it is linear a point down its slope.

        Both are the same for f and a·f + b. None if there are too few evaluations, or the model has no such point.
        """
        if len(self) < FEWEST - 1:
            return None
        self._fit()
        step = self._down() if self._terms == LINEAR else self._to_rest()
        place: NDArray[np.float64] = self._centre + self._widths * step
        return place if np.isfinite(place).all() else None

    def _down(self) -> NDArray[np.float64]:
        """Return a step down the slope, in units of the spread; nan where the model is flat."""
        slope = self._coefficients[1:]
        steepness = float(np.linalg.norm(slope))
        return -DESCENT * math.sqrt(len(slope)) * slope / (steepness or np.nan)

    def _to_rest(self) -> NDArray[np.float64]:
        """Return the step to the stationary point, in units of the spread; nan where there is none."""
        dims = self._points.shape[1]
        slope, curvature = self._coefficients[1 : dims + 1], np.diag(2 * self._coefficients[dims + 1 : 2 * dims + 1])
        if self._terms == PRODUCTS:
            curvature[self._pairs] = self._coefficients[2 * dims + 1 :]
            curvature += np.triu(curvature, 1).T
        try:
            step: NDArray[Any] = np.linalg.lstsq(curvature, -slope, rcond=None)[0]
        except np.linalg.LinAlgError:
            return np.full(dims, np.nan)
        return step

    def _fit(self) -> None:
        if self._fitted:
            return
        n = min(len(self), max(self._sizes[self._terms] + 2, int(KEPT * (len(self) + 1))))
        best = np.argsort(self._values, kind="stable")[:n]
        # around the best point, in units of the spread: else the columns of a narrow search are all alike
        self._centre = self._points[best[0]]
        widths = self._points[best].std(axis=0)
        self._widths = np.where(widths > 0, widths, 1.0)
        weights = np.linspace(HEAVIEST, 1.0, n)
        design = self._design(self._points[best]) * weights[:, np.newaxis]
        self._coefficients = _least_squares(design, (self._values[best] - self._values[best[0]]) * weights)
        self._fitted = True

    def _design(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        steps = (points - self._centre) / self._widths
        columns = [np.ones((len(points), 1)), steps]
        if self._terms >= SQUARES:
            columns.append(steps**2)
        if self._terms == PRODUCTS:
            columns.append(steps[:, self._pairs[0]] * steps[:, self._pairs[1]])
        return np.hstack(columns)


class Screening:
    """The evaluation of one generation, group by group.

    Parameters
    ----------
    model : QuadraticModel
        What is known from the generations before.
    points : ndarray of shape (λ, d)
        The generation.
    """

    def __init__(self, model: QuadraticModel, points: NDArray[np.float64]) -> None:
        self._model = model
        self._points = points
        self._values = np.full(len(points), np.nan)
        self._asked: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._wanted = len(points) if model.rests else 1 + max(int(FIRST * len(points)), FEWEST - len(model))

    def group(self) -> NDArray[np.float64]:
        """Return the points to be evaluated next, shape (n, d)."""
        order = np.arange(len(self._points))
        if len(self._model) > 1 and not self._model.rests:
            order = np.argsort(self._model.predict(self._points), kind="stable")
        unknown = order[np.isnan(self._values[order])]
        self._asked = unknown[: self._wanted - self._evaluated]
        return self._points[self._asked]

    def tell(self, values: NDArray[np.float64]) -> bool:
        """Take the values of the group, shape (n,), inf for a failure; return whether the generation is done."""
        self._values[self._asked] = values
        valid = np.isfinite(values)
        self._model.add(self._points[self._asked][valid], values[valid])
        self._model.sort(self._wanted)
        done = self._evaluated
        if done == len(self._points):
            if self._model.rests:
                self._model.pass_over()
            else:
                self._model.note(helped=False)
            return True
        compared = int(max(15, min(1.2 * done, 0.75 * len(self._points))))
        # a group of failures has tested nothing: what the model takes for the best may lie where there are no values
        if valid.any() and self._model.agreement(compared) >= AGREEMENT:
            self._model.note(helped=True)
            return True
        self._wanted += math.ceil(self._wanted / 2)
        return False

    def values(self) -> NDArray[np.float64]:
        """Return the values of the generation, shape (λ,): all evaluated, or all of the model but for the failures.

        Those of the model are shifted so that the least of them is the least that was evaluated in the generation.
        """
        if self._evaluated == len(self._points):
            return self._values
        predicted = self._model.predict(self._points)
        known = self._values[np.isfinite(self._values)]
        predicted = predicted - predicted.min() + (known.min() if len(known) else 0.0)
        return np.where(np.isinf(self._values), np.inf, predicted)

    @property
    def _evaluated(self) -> int:
        return int(np.count_nonzero(~np.isnan(self._values)))


def _least_squares(design: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coefficients that fit best; of the smallest size where there are many."""
    sizes = np.sqrt((design**2).sum(axis=0))
    design = design / np.where(sizes > 0, sizes, 1.0)
    n, m = design.shape
    if n >= m:  # the normal equations are much quicker, and one step of refinement makes up for their rounding
        normal = design.T @ design
        normal[np.diag_indices(m)] += TOLERANCE
        try:
            lower = np.linalg.cholesky(normal)
        except np.linalg.LinAlgError:
            pass
        else:
            answer: NDArray[np.float64] = _solve(lower, design.T @ values)
            answer += _solve(lower, design.T @ (values - design @ answer))
            if np.isfinite(answer).all():
                return answer / np.where(sizes > 0, sizes, 1.0)
    return np.linalg.lstsq(design, values, rcond=TOLERANCE)[0] / np.where(sizes > 0, sizes, 1.0)


def _solve(lower: NDArray[Any], right: NDArray[Any]) -> NDArray[np.float64]:
    from scipy.linalg import cho_solve

    solved: NDArray[np.float64] = cho_solve((lower, True), right, check_finite=False)
    return solved


def _kendall(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    i, j = np.triu_indices(len(a), 1)
    return float(np.mean(np.sign(a[i] - a[j]) * np.sign(b[i] - b[j])))
