"""Start anywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.generators.base import BaseGenerator, uniform


class RandomGenerator(BaseGenerator):
    """Every start is drawn uniformly from the bounds."""

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        return uniform(self.rng(manager), manager)

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        return "a random point"
