"""Points that were injected into a run: those to be evaluated, those evaluated, and searches that start at them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.optimizer_state import Best
from glompo.events import Asked


@dataclass(frozen=True, slots=True)
class Injections:
    """What has come of injected points. Looked at in every turn, it seldom changes: it is replaced, not copied.

    Attributes
    ----------
    asked : tuple of Asked
        Points whose evaluation has not begun, in order; they outlast a session.
    begun : int
        Points whose evaluation has begun; each has a number among the optimizers.
    searched : int
        Searches that began at such a point.
    best : Best or None
        The best of them.
    waiting : tuple of Best
        Points with a finite value from which no search has started yet.
    """

    asked: tuple[Asked, ...] = ()
    begun: int = 0
    searched: int = 0
    best: Best | None = None
    waiting: tuple[Best, ...] = ()

    def with_asked(self, asked: Asked) -> Injections:
        """Return this with a point that is to be evaluated; one that waits for that already is evaluated once."""
        known = any(one.x == asked.x for one in self.asked)
        return self if known else replace(self, asked=(*self.asked, asked))

    def with_begun(self, x: NDArray[np.float64]) -> Injections:
        """Return this after the evaluation of `x`, shape (d,), has begun."""
        asked = tuple(one for one in self.asked if one.x != tuple(x.tolist()))
        return replace(self, begun=self.begun + 1, asked=asked)

    def with_value(self, found: Best) -> Injections:
        """Return this with the value of a point."""
        better = self.best is None or found.f < self.best.f
        return replace(self, waiting=(*self.waiting, found), best=found if better else self.best)

    def with_search(self, x0: NDArray[np.float64]) -> Injections:
        """Return this after a search has started at `x0`, shape (d,)."""
        rest = tuple(one for one in self.waiting if not np.array_equal(one.x, x0))
        if len(rest) == len(self.waiting):
            return self
        return replace(self, waiting=rest, searched=self.searched + 1)
