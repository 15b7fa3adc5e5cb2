"""Start where none has started yet, evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.generators.base import BaseGenerator, sobol


class SobolGenerator(BaseGenerator):
    """The starts are successive points of a scrambled Sobol sequence, which fills the bounds evenly.

    The optimizer that is started as number k + 1 gets point k, counted from 0, whether or not the points before it
    were used; the scrambling follows from the seed of the run.

    I. M. Sobol', USSR Comput. Math. Math. Phys. 7, 86 (1967).
    """

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        return manager.box.natural(sobol(manager, "generator:SobolGenerator", manager.o_counter, 1)[0])

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        return f"point {manager.o_counter} of a Sobol sequence"
