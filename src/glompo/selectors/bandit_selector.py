"""Start most often what has lately been successful."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.errors import SettingError
from glompo.selectors.base import BaseSelector
from glompo.validation import number, whole_number


class BanditSelector(BaseSelector):
    """The option with the highest score starts: area under its curve of successes, plus a bonus for the seldom tried.

    A start is a success if it has found a value below the best ones of all starts before it. In a window over the
    last starts, w of them, the score of an option that was started n times is ``2 Σ i·V_i / (n (n + 1))``, with V_i = 1
    if its i-th start, counted from the oldest, was a success and 0 if not, plus ``C sqrt(2 ln(w) / n)``. Options that
    do not occur in the window come first, in the given order, which also breaks ties. Living optimizers count with
    what they have found so far. If the option needs more slots than are free, nothing starts until they are.

    Values are only compared with each other: invariant under f → a·f + b with a > 0, and under any other rising
    transformation. It draws no random number.

    Á. Fialho et al., Analyzing Bandit-based Adaptive Operator Selection Mechanisms, Ann. Math. Artif. Intell. 60, 25
    (2010); for the choice of whole optimizers J. Ansel et al., OpenTuner, PACT 2014.

    Parameters
    ----------
    *avail_opts : class, instance or tuple
        Options, as for every selector; no two of them alike.
    exploration : float
        The C above, 0 or more.
    window : int
        Starts to look back, 1 or more.
    allow_spawn : callable, optional
        As for every selector.
    """

    def __init__(self, *avail_opts: Any, exploration: float = 0.05, window: int = 50, allow_spawn: Any = None) -> None:
        super().__init__(*avail_opts, allow_spawn=allow_spawn)
        self.exploration = number(self, "exploration", exploration, 0)
        self.window = whole_number(self, "window", window, 1)
        self._described = [(option.kind, option.describe(), option.slots) for option in self.options]
        for i, described in enumerate(self._described):
            if described in self._described[:i]:
                raise SettingError(
                    f"BanditSelector: {described[0]} with the settings {described[1]} is given twice; give each once"
                )

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Option | None:
        """Return the option with the highest score, None if it does not fit now."""
        scores = self.scores(manager)
        return self.in_turn(self.options[scores.index(max(scores))], manager, slots_available)

    def scores(self, manager: ManagerView) -> list[float]:
        """Return the score of each option; infinite if it was not tried within the window."""
        uses: list[list[bool]] = [[] for _ in self.options]
        oldest = manager.o_counter - self.window
        before = np.inf
        for one in manager.view:
            success = one.best < before
            before = min(before, one.best)
            if one.opt > oldest and (option := self._option_of(one)) is not None:
                uses[option].append(success)
        total = sum(map(len, uses))
        return [self._score(successes, total) for successes in uses]

    def _score(self, successes: list[bool], total: int) -> float:
        n = len(successes)
        if not n:
            return math.inf
        area = sum(i for i, success in enumerate(successes, 1) if success)
        return 2 * area / (n * (n + 1)) + self.exploration * math.sqrt(2 * math.log(total) / n)

    def _option_of(self, one: OptimizerView) -> int | None:
        described = (one.kind, one.config, one.slots)
        return self._described.index(described) if described in self._described else None
