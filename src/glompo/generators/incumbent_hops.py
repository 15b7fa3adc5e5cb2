"""Starts of local searches that leave the basin of the best point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.generators.base import BaseGenerator, uniform

STEPS = (0.05, 0.1, 0.2)
"""Largest step of each parameter, in units of its range, in turn: how wide a basin is cannot be known."""


class IncumbentHops(BaseGenerator):
    """Every start is a random step away from the best point of the run; at random while there is none.

    With a local search this is basin hopping that accepts improvements only, whichever optimizer finds them: D. J.
    Wales and J. P. K. Doye, J. Phys. Chem. A 101, 5111 (1997).

    Invariant under f → a·f + b with a > 0, as under any rising transformation of the task.
    """

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        rng, best, box = self.rng(manager), manager.view.best, manager.box
        if best is None:
            return uniform(rng, manager)
        step = STEPS[manager.o_counter % len(STEPS)] * rng.uniform(-1.0, 1.0, manager.n_parms)
        return box.natural(box.unit(best.x) + step)

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        best = manager.view.best
        if best is None:
            return "a random point, there is no best one yet"
        return (
            f"up to {STEPS[manager.o_counter % len(STEPS)]:g} of the range from the best point, of optimizer {best.opt}"
        )
