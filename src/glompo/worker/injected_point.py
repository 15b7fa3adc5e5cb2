"""The evaluation of one point that was injected into a run from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.optimizer import BaseOptimizer, MinimizeResult


class InjectedPoint(BaseOptimizer):
    """Evaluate x0, and nothing else.

    It works in natural units, so that the point is evaluated to the last bit as it was given.
    """

    scaler = "none"

    def minimize(
        self, function: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: Any
    ) -> MinimizeResult:
        """Evaluate x0; it returns without success, for it has searched nothing that could have converged."""
        fx = function(x0)
        return MinimizeResult(False, x0, fx, {"reason": "the point is evaluated"})

    def callstop(self, reason: str = "") -> None:
        """Do nothing: there is no loop to be ended."""
