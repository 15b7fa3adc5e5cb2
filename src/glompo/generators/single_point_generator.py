"""Start always at the same point."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.errors import SettingError
from glompo.generators.base import BaseGenerator, uniform
from glompo.validation import point


class SinglePointGenerator(BaseGenerator):
    """Every start is the same point.

    Parameters
    ----------
    x0 : array-like of shape (d,), or 'random'
        The point, inside the bounds; or one drawn uniformly from the bounds, once for the whole run.
    """

    def __init__(self, x0: ArrayLike | Literal["random"] = "random") -> None:
        if isinstance(x0, str) and x0 != "random":
            raise SettingError(f"SinglePointGenerator: x0 is {x0!r}; give a point or 'random'")
        self._point = None if isinstance(x0, str) else point(self, "x0", x0)
        self.x0 = "random" if self._point is None else self._point.tolist()

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        if self._point is not None:
            return self._point
        return uniform(manager.view.streams.generator("generator:SinglePointGenerator"), manager)

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        return "the same random point for all" if self._point is None else "the given point"
