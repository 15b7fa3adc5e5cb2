"""Start the options in turn."""

from __future__ import annotations

import inspect
from typing import Any

from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.selectors.base import BaseSelector
from glompo.validation import refuse_class


class CycleSelector(BaseSelector):
    """The options start in turn: first, second, …, last, first again.

    Whose turn it is follows from the number of optimizers started so far. If the one whose turn it is needs more
    slots than are free, nothing starts until they are: the order is kept at the price of idle slots.
    :class:`~glompo.selectors.RandomSelector` fills them instead.

    Parameters
    ----------
    *avail_opts : class, instance or tuple
        Options, as for every selector.
    allow_spawn : callable, optional
        As for every selector.
    """

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Option | None:
        """Return the option whose turn it is, None if it does not fit now."""
        return self.in_turn(self.options[manager.o_counter % len(self.options)], manager, slots_available)


def selector_for(setting: str, given: Any) -> BaseSelector:
    """Return the selector that a user gave as `setting`, or one that starts the given optimizers in turn.

    Raises
    ------
    SettingError, SettingTypeError
        If it is neither, or the class of a selector.
    """
    if isinstance(given, BaseSelector):
        return given
    if inspect.isclass(given) and issubclass(given, BaseSelector):
        refuse_class(setting, given)
    return CycleSelector(*(given if isinstance(given, list) else [given]))
