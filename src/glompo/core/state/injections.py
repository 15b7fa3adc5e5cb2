"""Points that were injected into a run: those to be evaluated, those evaluated, and searches that start at them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.optimizer_state import Best
from glompo.events import Asked


@dataclass(slots=True)
class Injections:
    """What has come of injected points. Only :class:`~glompo.core.state.run_state.RunState` writes it.

    Attributes
    ----------
    asked : list of Asked
        Points whose evaluation has not begun, in order; they outlast a session.
    begun : int
        Points whose evaluation has begun; each has a number among the optimizers.
    searched : int
        Searches that began at such a point.
    best : Best or None
        The best of them.
    waiting : list of Best
        Points with a finite value from which no search has started yet.
    """

    asked: list[Asked] = field(default_factory=list)
    begun: int = 0
    searched: int = 0
    best: Best | None = None
    waiting: list[Best] = field(default_factory=list)

    def ask(self, asked: Asked) -> None:
        """Note that a point is to be evaluated; a point that waits for that already is evaluated once."""
        if all(one.x != asked.x for one in self.asked):
            self.asked.append(asked)

    def begin(self, x: NDArray[np.float64]) -> None:
        """Note that the evaluation of `x`, shape (d,), begins."""
        self.begun += 1
        self.asked = [one for one in self.asked if one.x != tuple(x.tolist())]

    def take(self, found: Best) -> None:
        """Note the value of a point."""
        self.waiting.append(found)
        if self.best is None or found.f < self.best.f:
            self.best = found

    def start(self, x0: NDArray[np.float64]) -> None:
        """Note that a search starts at `x0`, shape (d,)."""
        rest = [one for one in self.waiting if not np.array_equal(one.x, x0)]
        if len(rest) < len(self.waiting):
            self.waiting, self.searched = rest, self.searched + 1
