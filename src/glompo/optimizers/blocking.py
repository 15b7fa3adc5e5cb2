"""Any blocking minimiser under a manager: it is held, heard and stopped inside the function that it minimises."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.optimizer import MinimizeResult
from glompo.optimizers.bundled import BundledOptimizer


class _Leave(Exception):
    """Raised inside the objective to get out of a minimiser that was asked to stop."""


class BlockingOptimizer(BundledOptimizer):
    """An optimizer made of a blocking call; a subclass defines :meth:`search`."""

    @abstractmethod
    def search(
        self, f: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: list[tuple[float, float]]
    ) -> tuple[str, bool]:
        """Minimise `f` from `x0`; return why the search ended, and whether it calls that a success."""

    def minimize(
        self, function: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: Any
    ) -> MinimizeResult:
        """Run the search to its end, or to that of its patience with us."""

        def objective(x: NDArray[np.float64], *_: Any) -> float:
            if self.stop_reason is not None:  # a minimiser that swallowed _Leave and went on
                raise _Leave
            fx = function(x)
            self.note_best(x, fx)
            if self.heed():
                raise _Leave
            return fx

        try:
            reason, success = self.search(objective, np.array(x0, dtype=float), [(a, b) for a, b in bounds])
        except _Leave:
            return self.ended()
        if self.stop_reason is not None:
            return self.ended()
        result = self.ended(reason)
        result.success = success
        return result
