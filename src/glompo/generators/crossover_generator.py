"""Start between two known minima."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.generators.base import BaseGenerator, uniform
from glompo.validation import whole_number


class CrossoverGenerator(BaseGenerator):
    """Every start lies, parameter by parameter, somewhere between two of the best known minima.

    The two are drawn from the best points of the optimizers that have ended, among the `best` lowest values; each
    parameter of the start is drawn uniformly between theirs. While there are fewer than two the start is drawn
    uniformly from the bounds.

    Invariant under f → a·f + b with a > 0: values are only compared with each other.

    Parameters
    ----------
    best : int
        Minima from which the two are drawn, 2 or more.
    """

    def __init__(self, best: int = 10) -> None:
        self.best = whole_number(self, "best", best, 2)

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        rng = self.rng(manager)
        parents = self._parents(rng, manager)
        if not parents:
            return uniform(rng, manager)
        one, other = (np.asarray(parent.best_x) for parent in parents)
        return manager.box.between(np.minimum(one, other), np.maximum(one, other), rng.random(len(one)))

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        parents = self._parents(self.rng(manager), manager)
        if not parents:
            return "a random point, fewer than two minima are known"
        return "between the best points of optimizers " + " and ".join(str(parent.opt) for parent in parents)

    def _parents(self, rng: np.random.Generator, manager: ManagerView) -> list[OptimizerView]:
        ended = (one for one in manager.view if one.how is not None and one.best_x is not None)
        ranked = sorted(ended, key=lambda one: (one.best, one.opt))[: self.best]
        return [ranked[i] for i in rng.choice(len(ranked), size=2, replace=False)] if len(ranked) > 1 else []
