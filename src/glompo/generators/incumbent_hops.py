"""Starts of local searches that leave the basin of the best point."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Self

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.core.views.run_view import RunView
from glompo.generators.base import BaseGenerator, uniform
from glompo.validation import whole_number

STEPS = (0.05, 0.1, 0.2)
"""Largest step of each parameter, in units of its range, in turn: how wide a basin is cannot be known."""


@dataclass(frozen=True, slots=True)
class _Hopping:
    """Where the hopping stands: the lowest search since it began anew, 0 if none, and how many were in vain since."""

    lowest: int = 0
    idle: int = 0
    anew: bool = False

    def after(self, view: RunView, opt: int, patience: int | None) -> Self:
        """Return where it stands when a search has ended."""
        if not self.lowest or view[opt].best < view[self.lowest].best:
            return replace(self, lowest=opt, idle=0)
        if self.idle + 1 == patience:
            return replace(self, lowest=0, idle=0, anew=True)
        return replace(self, idle=self.idle + 1)


class _Searches:
    """Those that have ended. It is a memo only: the answer follows from the view, and a new one gives the same."""

    def __init__(self, patience: int | None) -> None:
        self._patience = patience
        self._tracker = OptimizerTracker()
        self._settled = _Hopping()
        self._others: list[int] = []

    def hopping(self, view: RunView) -> _Hopping:
        """Return where the hopping stands. Searches count in the order of their numbers."""
        news = self._tracker.call(view)
        if news.reset:
            self._settled, self._others = _Hopping(), []
        ended = sorted((*self._others, *news.ended))
        n = bisect_left(ended, min(self._tracker.living, default=inf))  # one that lives will count before the others
        self._settled = self._after(view, self._settled, ended[:n])
        self._others = ended[n:]
        return self._after(view, self._settled, self._others)

    def _after(self, view: RunView, hopping: _Hopping, ended: Sequence[int]) -> _Hopping:
        for opt in ended:
            hopping = hopping.after(view, opt, self._patience)
        return hopping


class IncumbentHops(BaseGenerator):
    """Every start is a random step away from the best point; at random while there is none.

    With a local search this is basin hopping that accepts improvements only, whichever optimizer finds them: D. J.
    Wales and J. P. K. Doye, J. Phys. Chem. A 101, 5111 (1997). When `patience` searches in a row have found nothing
    better, it begins again at a random point and goes on from the best that was found from there: what it hopped around
    was the lowest of its funnel (R. H. Leary, J. Global Optim. 18, 367 (2000)).

    Invariant under f → a·f + b with a > 0, as under any rising transformation of the task.

    Parameters
    ----------
    patience : int or None
        Searches in a row without a better value, 1 or more, after which it begins anew; never if None.
    """

    def __init__(self, patience: int | None = 100) -> None:
        self.patience = None if patience is None else whole_number(self, "patience", patience, 1)
        self._searches = _Searches(self.patience)

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        rng, base, box = self.rng(manager), self._base(manager.view), manager.box
        if base is None:
            return uniform(rng, manager)
        step = STEPS[manager.o_counter % len(STEPS)] * rng.uniform(-1.0, 1.0, manager.n_parms)
        return box.natural(box.unit(base[1]) + step)

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        base = self._base(manager.view)
        if base is None:
            return "a random point, there is no best one to step away from"
        step = STEPS[manager.o_counter % len(STEPS)]
        return f"up to {step:g} of the range from the best point, of optimizer {base[0]}"

    def _base(self, view: RunView) -> tuple[int, NDArray[np.float64]] | None:
        """Return what is stepped away from, and which optimizer found it; None if it is time for a random point."""
        now = self._searches.hopping(view)
        if not now.anew:
            return None if view.best is None else (view.best.opt, view.best.x)
        x = view[now.lowest].best_x if now.lowest else None
        return None if x is None else (now.lowest, x)
