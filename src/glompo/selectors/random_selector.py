"""Start any option."""

from __future__ import annotations

from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.selectors.base import BaseSelector


class RandomSelector(BaseSelector):
    """Any of the options that fit into the free slots may start, all with the same probability.

    An option that needs many slots thus starts only when as many are free at once.

    Parameters
    ----------
    *avail_opts : class, instance or tuple
        Options, as for every selector.
    allow_spawn : callable, optional
        As for every selector.
    """

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Option | None:
        """Return an option that fits, None if there is none."""
        fitting = [option for option in self.options if option.slots <= slots_available]
        return fitting[int(self.rng(manager).integers(len(fitting)))] if fitting else None
