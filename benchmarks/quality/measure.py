"""One run of one contestant, counted from outside."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import numpy as np
from benchmarks.quality.contestants import CONTESTANTS, Spent
from benchmarks.quality.problems import Problem
from numpy.typing import NDArray

TARGETS = 10.0 ** np.linspace(2, -8, 51)
"""Distances to the lowest value, in units of the problem's scale."""


DIFFERENCE = 1e-6
"""Step of a difference that stands for a slope, in units of the ranges."""


class Counted:
    """A function that counts its calls and remembers when each target was reached first."""

    def __init__(self, problem: Problem, budget: int) -> None:
        self._f, self._lowest, self._budget = problem.f, problem.lowest, budget
        self._targets = (TARGETS * problem.scale).tolist()
        self._ranges = np.ptp(problem.bounds, axis=1)
        self.solved_at = problem.lowest + self._targets[-1]
        self.calls, self.best = 0, math.inf
        self.reached: list[int] = []
        self._one = threading.Lock()

    def __call__(self, x: NDArray[np.float64]) -> float:
        with self._one:
            return self._evaluate(x)

    def _evaluate(self, x: NDArray[np.float64]) -> float:
        if self.calls >= self._budget or len(self.reached) == len(self._targets):
            raise Spent
        self.calls += 1
        value = float(self._f(np.asarray(x, dtype=float)))
        if value < self.best:
            self.best = value
            while len(self.reached) < len(self._targets) and value - self._lowest <= self._targets[len(self.reached)]:
                self.reached.append(self.calls)
        return value

    def gradient(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gradient at a point, of the problem or by central differences that are not counted."""
        known = getattr(self._f, "gradient", None)
        if known is not None:
            return np.asarray(known(x))
        steps = np.diag(DIFFERENCE * self._ranges)
        rises = [self._f(x + step) - self._f(x - step) for step in steps]
        return np.array(rises) / (2 * DIFFERENCE * self._ranges)


def measured(contestant: str, problem: Problem, seed: int, per_parameter: int) -> dict[str, Any]:
    """Return one line of the results: when each target was reached within `per_parameter` evaluations per parameter."""
    budget = per_parameter * problem.dims
    f, began = Counted(problem, budget), time.process_time()
    error = ""
    try:
        CONTESTANTS[contestant](f, problem.bounds, budget, seed)
    except Spent:
        pass
    except ImportError:
        raise
    except Exception as raised:  # a contestant that fails keeps what it has found, and the line says why it ended
        error = f"{type(raised).__name__}: {raised}"[:200]
    return {
        "family": problem.family,
        "problem": problem.name,
        "dims": problem.dims,
        "seed": seed,
        "budget": per_parameter,
        "reached": f.reached,
        "calls": f.calls,
        "above": f.best - problem.lowest,
        "seconds": round(time.process_time() - began, 2),
        "error": error,
    }
