"""Starts of local searches that leave the basin of the best point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.generators.base import BaseGenerator, uniform
from glompo.validation import whole_number

STEPS = (0.05, 0.1, 0.2)
"""Largest step of each parameter, in units of its range, in turn: how wide a basin is cannot be known."""


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
        lowest: OptimizerView | None = None
        idle, anew = 0, False
        for one in view if self.patience is not None else ():
            if one.how is None:
                continue
            idle = 0 if lowest is None or one.best < lowest.best else idle + 1
            lowest = one if idle == 0 else lowest
            if idle == self.patience:
                lowest, idle, anew = None, 0, True
        if not anew:
            return None if view.best is None else (view.best.opt, view.best.x)
        return None if lowest is None or lowest.best_x is None else (lowest.opt, lowest.best_x)
