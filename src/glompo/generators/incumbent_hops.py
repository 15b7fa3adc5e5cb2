"""Starts of local searches that leave the basin of the best point."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Self

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.core.views.run_view import RunView
from glompo.errors import SettingError, SettingTypeError
from glompo.generators.base import BaseGenerator, uniform
from glompo.validation import number, whole_number

STEPS = (0.05, 0.1, 0.2)
"""Largest step of each parameter, in units of its range, in turn: how wide a basin is cannot be known."""

RATE = 0.1
"""By how much the accepted rise changes with a search."""

SAME = 0.01
"""Part of the accepted rise by which two searches differ at least that have found different minima."""


@dataclass(frozen=True, slots=True)
class _Hopping:
    """Where the hopping stands.

    Attributes
    ----------
    lowest, at : int
        The lowest search since it began anew, and the one that was accepted last; 0 if none.
    idle : int
        How many searches were in vain since the lowest.
    anew : bool
        Whether it began anew.
    rise : float
        By how much an accepted search may lie above the one before.
    """

    lowest: int = 0
    at: int = 0
    idle: int = 0
    anew: bool = False
    rise: float = 0.0

    def after(self, view: RunView, opt: int, patience: int | None, uphill: float) -> Self:
        """Return where it stands when a search has ended."""
        now = self._accepting(view, opt, uphill)
        if not self.lowest or view[opt].best < view[self.lowest].best:
            return replace(now, lowest=opt, idle=0)
        if self.idle + 1 == patience:
            return replace(now, lowest=0, at=0, idle=0, anew=True)
        return replace(now, idle=self.idle + 1)

    def _accepting(self, view: RunView, opt: int, uphill: float) -> Self:
        """Accept the search or not, and let the rise follow the share of those that are accepted."""
        if not self.at:
            return replace(self, at=opt)
        height = view[opt].best - view[self.at].best
        if not uphill or not isfinite(height):  # without a value in one of them there is nothing to learn from
            return replace(self, at=opt) if height < 0 else self
        rise = self.rise or abs(height)
        accepted = height <= rise
        if abs(height) > SAME * rise:
            rise *= 1 + RATE * (uphill - accepted)
        return replace(self, at=opt if accepted else self.at, rise=rise)


class _Searches:
    """Those that have ended. It is a memo only: the answer follows from the view, and a new one gives the same."""

    def __init__(self, patience: int | None, uphill: float) -> None:
        self._patience, self._uphill = patience, uphill
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
            hopping = hopping.after(view, opt, self._patience, self._uphill)
        return hopping


class IncumbentHops(BaseGenerator):
    """Every start is a random step away from the best point; at random while there is none.

    With a local search this is basin hopping that accepts improvements only, whichever optimizer finds them: D. J.
    Wales and J. P. K. Doye, J. Phys. Chem. A 101, 5111 (1997). When `patience` searches in a row have found nothing
    better, it begins again at a random point and goes on from the best that was found from there: what it hopped around
    was the lowest of its funnel (R. H. Leary, J. Global Optim. 18, 367 (2000)).

    With `uphill` it steps away from the search that was accepted last. A search is accepted that is lower than the one
    before, or higher by no more than a threshold (G. Dueck and T. Scheuer, J. Comput. Phys. 90, 161 (1990)), which
    begins with the first difference and grows or shrinks by a few percent so that this share is accepted of those that
    lead elsewhere. So it leaves funnels, at the cost of many searches.

    Invariant under f → a·f + b with a > 0; without `uphill` also under any other rising transformation of the task.

    Parameters
    ----------
    patience : int or None
        Searches in a row without a better value, 1 or more, after which it begins anew; never if None.
    uphill : float
        Share of the searches that lead elsewhere that are accepted, 0 or more and below 1; with 0 only lower ones are.
    steps : sequence of float
        Largest steps of each parameter, in units of its range, in turn; above 0 and at most 1.
    """

    def __init__(self, patience: int | None = 100, uphill: float = 0.0, steps: Sequence[float] = STEPS) -> None:
        self.patience = None if patience is None else whole_number(self, "patience", patience, 1)
        self.uphill = number(self, "uphill", uphill, 0, 1, below=True)
        if not isinstance(steps, Iterable):
            raise SettingTypeError(f"IncumbentHops: steps is {steps!r}; give a list of numbers, such as [0.05, 0.1]")
        self.steps = tuple(number(self, "steps", one, 0, 1, above=True) for one in steps)
        if not self.steps:
            raise SettingError(f"IncumbentHops: steps is {steps!r}; give one number at least, such as [0.1]")
        self._searches = _Searches(self.patience, self.uphill)

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        rng, base, box = self.rng(manager), self._base(manager.view), manager.box
        if base is None:
            return uniform(rng, manager)
        step = self.steps[manager.o_counter % len(self.steps)] * rng.uniform(-1.0, 1.0, manager.n_parms)
        return box.natural(box.unit(base[1]) + step)

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        base = self._base(manager.view)
        if base is None:
            return "a random point, there is no best one to step away from"
        step = self.steps[manager.o_counter % len(self.steps)]
        best = "the accepted" if self.uphill else "the best"
        return f"up to {step:g} of the range from {best} point, of optimizer {base[0]}"

    def _base(self, view: RunView) -> tuple[int, NDArray[np.float64]] | None:
        """Return what is stepped away from, and which optimizer found it; None if it is time for a random point."""
        now = self._searches.hopping(view)
        if not (now.anew or (self.uphill and now.at)):
            return None if view.best is None else (view.best.opt, view.best.x)
        x = view[now.at].best_x if now.at else None
        return None if x is None else (now.at, x)
