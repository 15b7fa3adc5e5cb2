"""Cheap optimizers without any surprise, and portfolios of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.events import Evaluated
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.portfolio import Portfolio, Regime
from glompo.testing import simulate
from glompo.testing.simulation import Simulated


class Steady(StepperOptimizer):
    """Evaluates random points within `wide` of the place `at`, in batches of any size.

    Parameters
    ----------
    at, wide : float
        Coordinates of the middle, the same in each dimension, and half the width.
    ends : int, optional
        Evaluations after which it converges; at the end of a batch.
    """

    capabilities = Capabilities(batch=True)

    def __init__(self, at: float = 0.0, wide: float = 0.0, ends: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at, self.wide, self.ends = at, wide, ends

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        return _Draws(self, len(x0))


class OneByOne(Steady):
    """The same, but with one evaluation at a time."""

    capabilities = Capabilities()


class _Draws(Stepper):
    def __init__(self, settings: Steady, dims: int) -> None:
        self._settings, self._dims, self._told = settings, dims, 0

    def ask(self, n: int) -> NDArray[np.float64]:
        left = n if self._settings.ends is None else min(n, self._settings.ends - self._told)
        drawn = self._settings.rng.uniform(-1, 1, (left, self._dims))
        return np.array(self._settings.at + self._settings.wide * drawn)

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self._told += len(values)

    def finished(self) -> str | None:
        return "enough" if self._told == self._settings.ends else None


def steady(
    name: str, at: float = 1.0, share: float = 1.0, success: float = 1.0, later: float | None = None, **settings: Any
) -> Regime:
    """Return a regime of them."""
    return Regime(name, Steady(at, **settings), share, success=success, later=later)


def play(*regimes: Regime, calls: int = 400, **settings: Any) -> Simulated:
    """Return a simulation of a portfolio with one second for each evaluation."""
    return simulate(Portfolio(*regimes), MaxTotalFunctionCalls(calls), **settings)


def spent(run: Simulated) -> dict[str, int]:
    """Return the calls of the task by regime."""
    sums: dict[str, int] = {}
    for one in run.view:
        sums[one.regime] = sums.get(one.regime, 0) + one.calls
    return sums


def points(run: Simulated) -> dict[str, list[list[float]]]:
    """Return the points of each regime in the order in which they were evaluated."""
    found: dict[str, list[list[float]]] = {one.regime: [] for one in run.view}
    for event in run.events:
        if isinstance(event, Evaluated):
            found[run.view[event.opt].regime] += event.X.tolist()
    return found


def most_in_flight(run: Simulated) -> int:
    """Return the most evaluations that were in flight at the same time."""
    changes: list[tuple[float, int]] = []
    for event in run.events:
        if isinstance(event, Evaluated):
            ends = event.at - event.ages.astype(float)
            begins = ends - event.seconds
            changes += [(float(at) - 1e-3, -1) for at in ends] + [(float(at), 1) for at in begins]
    return int(np.cumsum([change for _, change in sorted(changes)]).max())
