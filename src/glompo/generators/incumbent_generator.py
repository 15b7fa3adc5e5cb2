"""Start where the best value was found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.generators.base import BaseGenerator, uniform


class IncumbentGenerator(BaseGenerator):
    """Every start is the incumbent; a point drawn uniformly from the bounds while there is none."""

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        best = manager.view.best
        return uniform(self.rng(manager), manager) if best is None else best.x

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        best = manager.view.best
        return "a random point, there is no incumbent yet" if best is None else f"the incumbent of optimizer {best.opt}"
