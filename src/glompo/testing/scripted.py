"""An optimizer that says what its script says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.optimizer import MinimizeResult
from glompo.optimizers.bundled import BundledOptimizer


class ScriptedOptimizer(BundledOptimizer):
    """Evaluate given points in order, then converge, or raise.

    Parameters
    ----------
    points : iterable of points of shape (d,), or callable
        The script; a callable is given (x0, bounds, rng) and returns it.
    error : Exception, optional
        Raised at the end of the script instead of converging.
    check_every : int
        Evaluations between two looks at the messages; 0 never looks.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.
    """

    def __init__(
        self,
        points: Iterable[Any] | Callable[..., Iterable[Any]] = (),
        error: Exception | None = None,
        check_every: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.points = points
        self.error = error
        self.check_every = check_every

    def minimize(
        self, function: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: Any
    ) -> MinimizeResult:
        """Play the script."""
        script = self.points(x0, bounds, self.rng) if callable(self.points) else self.points
        for n, x in enumerate(script, 1):
            self.note_best(x, function(np.array(x, dtype=float)))
            if self.check_every and n % self.check_every == 0 and self.heed():
                return self.ended()
        if self.error is not None:
            raise self.error
        return self.ended("the script is over")
