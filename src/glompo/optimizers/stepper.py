"""Ask and tell: optimizers whose method says what to evaluate next instead of evaluating."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable
from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from glompo.optimizer import MinimizeResult
from glompo.optimizers.bundled import BundledOptimizer, Function


class Stepper(Protocol):
    """A search method that is asked for points and told their values.

    A library with an ask/tell interface becomes an optimizer by a class with these methods and a
    :class:`StepperOptimizer` that builds it. All points are in the units of the bounds.
    """

    def ask(self, n: int) -> NDArray[np.float64]:
        """Return the points to be evaluated next, shape (k, d), k at least 1.

        Parameters
        ----------
        n : int
            Evaluations that can be in flight together. A method with a natural number of its own, such as a
            generation, returns that many.
        """

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Take the values, shape (k,), of the points that were asked for, in that order; inf for a failure."""

    def finished(self) -> str | None:
        """Return why the search has converged, or None while it has not."""
        return None

    def exhausted(self) -> str | None:
        """Return why the search ends without having converged, such as a limit of its own; None while it goes on."""
        return None

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        """Take note of a better point, shape (d,), that another optimizer found; by default do nothing."""
        return

    def in_flight(self, workers: int) -> int:
        """Return how many evaluations it keeps in flight where it may have `workers`; 0 if it asks for batches.

        It is then asked for one point at a time, ``ask(1)``, and told each value as it lands, in any order. Of
        optimizers whose capabilities name `flow`.
        """
        return workers

    def notes(self) -> list[str]:
        """Return what the log of the optimizer should say, each line once; by default nothing."""
        return []

    def close(self) -> None:
        """Give back what the method holds, at the end of the search, however that came; by default do nothing."""
        return


class StepperOptimizer(BundledOptimizer):
    """An optimizer made of a :class:`Stepper`: every batch is evaluated with up to `workers` evaluations in flight.

    A subclass defines :meth:`stepper`.

    Parameters
    ----------
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._stepper: Stepper | None = None
        self._asked: dict[int, NDArray[np.float64]] = {}
        self._numbered = 0

    @abstractmethod
    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the method at its beginning.

        Parameters
        ----------
        x0, bounds : ndarray
            Starting point, shape (d,), and bounds, shape (d, 2).
        """

    def checkpoint_save(
        self, path: str | PathLike[str], force: Iterable[str] | None = None, block: Iterable[str] | None = None
    ) -> None:
        """Save the state of the instance; with it that of the method, in the middle of a search, if it can be saved."""
        method = ("_stepper", "_asked", "_numbered") if self.capabilities.resumes else ()
        super().checkpoint_save(path, {*method, *(force or ())}, block)

    def minimize(self, function: Function, x0: NDArray[np.float64], bounds: Any) -> MinimizeResult:
        """Ask, evaluate and tell until the method has ended or the manager stops it; go on if it was loaded."""
        stepper = self._stepper
        if stepper is None:
            stepper = self.stepper(np.array(x0, dtype=float), np.array(bounds, dtype=float))
        self._stepper = stepper
        try:
            can = self.capabilities.flow and self.workers > 1 and hasattr(function, "flow")
            if can and (most := stepper.in_flight(self.workers)):
                return self._flow(function, stepper, most)
            while (reason := stepper.finished()) is None:
                if (limit := stepper.exhausted()) is not None:
                    return self.ended(limit, converged=False)
                points = stepper.ask(self.workers)
                for note in stepper.notes():
                    self.message_manager(9, note)
                stepper.tell(points, self.evaluate(function, points))
                if self.heed():
                    return self.ended()
            return self.ended(reason)
        finally:
            self._stepper, self._asked = None, {}
            stepper.close()

    def _flow(self, function: Any, stepper: Stepper, most: int) -> MinimizeResult:
        """Ask one, and tell one as it lands, with `most` in flight."""
        reason = stepper.finished()

        def ask() -> None:
            while len(self._asked) < most and stepper.exhausted() is None:
                self._asked[self._numbered] = stepper.ask(1)[0]
                self._numbered += 1
            for note in stepper.notes():
                self.message_manager(9, note)

        def tell(number: int, value: float) -> bool:
            nonlocal reason
            x, value = self._asked.pop(number), value if math.isfinite(value) else math.inf
            self.note_best(x, value)
            if reason is None:
                stepper.tell(x[np.newaxis], np.array([value]))
                reason = stepper.finished()
            goes_on = heed() and reason is None
            if goes_on:
                ask()
            return goes_on

        def heed() -> bool:
            self.check_messages()
            return self.stop_reason is None

        if reason is None:
            ask()
            function.flow(self._asked, tell, heed)
        if self.stop_reason is not None:
            return self.ended()
        return self.ended(reason or stepper.exhausted(), converged=reason is not None)

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        """Let the method make use of the better point, shape (d,)."""
        super().inject(x, fx)
        if self._stepper is not None:
            self._stepper.inject(np.array(x, dtype=float), fx)
