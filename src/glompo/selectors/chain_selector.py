"""Start one kind after the other as the run proceeds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.errors import SettingError, SettingTypeError
from glompo.selectors.base import BaseSelector
from glompo.validation import whole_number


class ChainSelector(BaseSelector):
    """One option after the other: each gives way to the next when the run has called the task often enough.

    The first option starts until the task has been called ``fcall_thresholds[0]`` times, then the second, and so on.
    With one threshold less than there are options, the last option starts until the end; with as many, nothing starts
    after the last threshold. What runs already is not touched. If the option whose turn it is needs more slots than
    are free, nothing starts until they are.

    Parameters
    ----------
    *avail_opts : class, instance or tuple
        Options, as for every selector.
    fcall_thresholds : sequence of int
        Calls of the task, rising, 1 or more; as many as options or one less.
    allow_spawn : callable, optional
        As for every selector.
    """

    def __init__(self, *avail_opts: Any, fcall_thresholds: Sequence[int], allow_spawn: Any = None) -> None:
        super().__init__(*avail_opts, allow_spawn=allow_spawn)
        if not isinstance(fcall_thresholds, (Sequence, np.ndarray)) or isinstance(fcall_thresholds, (str, bytes)):
            raise SettingTypeError(
                f"ChainSelector: fcall_thresholds is {fcall_thresholds!r}; give a list of numbers of calls"
            )
        thresholds = [whole_number(self, "fcall_thresholds", value, 1) for value in fcall_thresholds]
        n = len(self.options)
        if len(thresholds) not in (n - 1, n):
            raise SettingError(
                f"ChainSelector: fcall_thresholds holds {len(thresholds)} numbers for {n} options; give {n - 1}, or "
                f"{n} to start nothing after the last"
            )
        if any(later <= earlier for earlier, later in pairwise(thresholds)):
            raise SettingError(f"ChainSelector: fcall_thresholds is {thresholds}; give numbers that rise")
        self.fcall_thresholds = thresholds

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Option | Literal[False] | None:
        """Return the option whose time it is, None if it does not fit now, False after the last threshold."""
        stage = bisect_right(self.fcall_thresholds, manager.f_counter)
        return False if stage == len(self.options) else self.in_turn(self.options[stage], manager, slots_available)
