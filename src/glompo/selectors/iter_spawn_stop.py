"""Start nothing after a number of calls of the task."""

from __future__ import annotations

from glompo.core.policies.ports import Written
from glompo.core.views.manager_view import ManagerView
from glompo.validation import whole_number


class IterSpawnStop(Written):
    """Spawn control: optimizers start only until the task has been called a number of times.

    Parameters
    ----------
    max_calls : int
        Calls of the task in the whole run after which nothing starts, 1 or more.
    """

    def __init__(self, max_calls: int) -> None:
        self.max_calls = whole_number(self, "max_calls", max_calls, 1)

    def __call__(self, manager: ManagerView) -> bool:
        """Return whether an optimizer may start."""
        return manager.f_counter < self.max_calls
