"""Start nothing after a number of optimizers."""

from __future__ import annotations

from glompo.core.policies.ports import Written
from glompo.core.views.manager_view import ManagerView
from glompo.validation import whole_number


class NOptimizersSpawnStop(Written):
    """Spawn control: a given number of optimizers start, and no more.

    Parameters
    ----------
    max_opts : int
        Optimizers that may start in the whole run, 1 or more.
    """

    def __init__(self, max_opts: int) -> None:
        self.max_opts = whole_number(self, "max_opts", max_opts, 1)

    def __call__(self, manager: ManagerView) -> bool:
        """Return whether an optimizer may start."""
        return manager.o_counter < self.max_opts
