"""Points drawn from the box of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView


def uniform(rng: np.random.Generator, manager: ManagerView) -> NDArray[np.float64]:
    """Return a point of shape (d,) drawn uniformly from the bounds, each parameter on its scale."""
    return manager.box.natural(rng.random(manager.n_parms))
