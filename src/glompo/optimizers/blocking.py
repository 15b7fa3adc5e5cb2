"""Any blocking minimiser under a manager: it is held, heard and stopped inside the function that it minimises."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.details import declares_gradient, gradient_call
from glompo.optimizer import MinimizeResult
from glompo.optimizers.bundled import BundledOptimizer, Function


class Leave(BaseException):
    """Raised inside the objective to get out of a minimiser that was asked to stop.

    No Exception: minimisers, and the libraries below them, catch those and count them as failed points.
    """


class Objective:
    """The function as a blocking minimiser gets it: it raises :class:`Leave` when the search is to end.

    A minimiser that swallows that and goes on gets it again at every further call, without an evaluation; under a
    manager it is given up after many of them.
    """

    def __init__(self, optimizer: BundledOptimizer, function: Function) -> None:
        self._optimizer = optimizer
        self._function = function

    @property
    def workers(self) -> int:
        """Evaluations that may be in flight."""
        return self._optimizer.workers

    def __call__(self, x: NDArray[np.float64], *_: Any) -> float:
        """Return the value at `x`, shape (d,); inf where the evaluation failed."""
        self.check()
        fx = float(self._function(x))
        fx = fx if math.isfinite(fx) else math.inf
        self._optimizer.note_best(x, fx)
        if self._optimizer.heed():
            raise Leave
        return fx

    @property
    def has_gradient(self) -> bool:
        """Whether the task declares its gradient."""
        details = getattr(self._function, "details", None)
        return declares_gradient(self._function) if details is None else bool(details.gradient)

    def with_gradient(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64] | None]:
        """Return value and gradient at `x`, shape (d,), which is one evaluation; inf and None where that failed."""
        self.check()
        ask = getattr(self._function, "with_gradient", None) or gradient_call(self._function)
        value, slopes = ask(x)
        fx = float(value) if math.isfinite(value) else math.inf
        self._optimizer.note_best(x, fx)
        if self._optimizer.heed():
            raise Leave
        return fx, slopes

    def map(self, points: Sequence[NDArray[np.float64]] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values at all points, in order, with up to `workers` evaluations in flight."""
        if self.workers == 1:  # so that a stop is heard between them
            return np.array([self(x) for x in points])
        self.check()
        values = self._optimizer.evaluate(self._function, points)
        if self._optimizer.heed():
            raise Leave
        return values

    def check(self) -> None:
        """Raise if the search is to end."""
        if self._optimizer.stop_reason is not None:
            getattr(self._function, "insist", lambda: None)()
            raise Leave


class InUnitCube(Objective):
    """The function of a minimiser that sees every range as [0, 1].

    Parameters
    ----------
    f : Objective
        The function of points in the units of the bounds.
    box : Box
        Their bounds.
    """

    def __init__(self, f: Objective, box: Box) -> None:
        self._f, self._box = f, box

    @property
    def workers(self) -> int:
        """Evaluations that may be in flight."""
        return self._f.workers

    def check(self) -> None:
        """Raise if the search is to end."""
        self._f.check()

    def __call__(self, u: NDArray[np.float64], *_: Any) -> float:
        """Return the value at `u`, shape (d,), of the unit cube; inf where the evaluation failed."""
        return self._f(self._box.natural(u))

    @property
    def has_gradient(self) -> bool:
        """Whether the task declares its gradient."""
        return self._f.has_gradient

    def with_gradient(self, u: NDArray[np.float64]) -> tuple[float, NDArray[np.float64] | None]:
        """Return value and gradient at `u`, shape (d,), of the unit cube, which is one evaluation."""
        x = self._box.natural(u)
        fx, slopes = self._f.with_gradient(x)
        return fx, None if slopes is None else slopes * self._box.slope(x)

    def map(self, points: Sequence[NDArray[np.float64]] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values at all points, in order, with up to `workers` evaluations in flight."""
        return self._f.map([self._box.natural(u) for u in points])


class BlockingOptimizer(BundledOptimizer):
    """An optimizer made of a blocking call; a subclass defines :meth:`search`."""

    @abstractmethod
    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Minimise `f` from `x0`; return why the search ended, and whether it converged.

        One that ran out of its own iterations, or did not know how to go on, has not.
        """

    def objective(self, function: Function) -> Objective:
        """Return the function in the form in which :meth:`search` gets it."""
        return Objective(self, function)

    def minimize(self, function: Function, x0: NDArray[np.float64], bounds: Any) -> MinimizeResult:
        """Run the search to its end, or to that of its patience with us."""
        try:
            pairs = [(float(low), float(high)) for low, high in bounds]
            reason, converged = self.search(self.objective(function), np.array(x0, dtype=float), pairs)
        except Leave:
            return self.ended()
        if self.stop_reason is not None:
            return self.ended()
        return self.ended(reason, converged=converged)
