"""Start at the best point that a sampler has left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.errors import SettingTypeError
from glompo.generators.base import BaseGenerator
from glompo.generators.box import uniform
from glompo.generators.pool import Pool


class BestSampledGenerator(BaseGenerator):
    """Every start is the best point that optimizers of one class have sampled and from which nobody has started yet.

    The sampled points form a pool, to which each sampler that has ended adds its own, the best 1000 at most. While
    there is no valid unused point the start is drawn uniformly from the bounds.

    Invariant under f → a·f + b with a > 0: values are only compared with each other.

    Parameters
    ----------
    sampler : str or class
        The class whose points are used, or its name.
    """

    def __init__(self, sampler: str | type = "RandomSampling") -> None:
        if not isinstance(sampler, (str, type)):
            raise SettingTypeError(
                f"BestSampledGenerator: sampler is {sampler!r}; give a class of optimizers or its name"
            )
        self.sampler = sampler if isinstance(sampler, str) else sampler.__name__
        self._pool = Pool(self.sampler)

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        found = self._best(manager)
        return uniform(self.rng(manager), manager) if found is None else found[1]

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        found = self._best(manager)
        return "a random point, the pool is empty" if found is None else f"a point sampled by optimizer {found[0]}"

    def _best(self, manager: ManagerView) -> tuple[int, NDArray[np.float64]] | None:
        """Return the best unused point and the number of the sampler that found it."""
        return self._pool.best(manager.view)
