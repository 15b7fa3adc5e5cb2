"""Let fewer and fewer go farther and farther."""

from __future__ import annotations

import math

from glompo.allocators.blocks import block_of, handed_out, missing, used
from glompo.core.policies.ports import Written
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.validation import number, whole_number_or_none


class SuccessiveHalving(Written):
    """Of n living optimizers the best n/eta may go eta times as far, the best n/eta² again eta times as far, and so on.

    With rank r by best value, from 1, an optimizer may make ``first * eta**k`` calls of the task, k the largest whole
    number with ``r * eta**k <= n``. When all have come as far as permitted, all limits are multiplied by eta.
    So none waits for ever; one that waits keeps its slots, so use it with a stopper such as
    :class:`~glompo.stoppers.RungRace`. Evaluations are handed out in blocks: a generation where the settings name one
    (``popsize``), else max(10, d).

    Only ranks are used: invariant under f → a·f + b with a > 0, and under any other rising transformation. It uses no
    clock and no random number.

    After K. Jamieson and A. Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS
    2016; here without synchronous rounds, from the ranks at the moment.

    Parameters
    ----------
    first : int, optional
        Calls of the task that each may make, 1 or more; 20·D if None, with D the number of parameters that are not
        fixed.
    eta : float
        The factor, 1.5 or more.
    block : int, optional
        Evaluations in a block, 1 or more.
    """

    def __init__(self, first: int | None = None, eta: float = 3.0, block: int | None = None) -> None:
        self.first = whole_number_or_none(self, "first", first, 1)
        self.eta = number(self, "eta", eta, 1.5)
        self.block = whole_number_or_none(self, "block", block, 1)

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        """Return fresh credits per optimizer, at most `limit` in sum."""
        able = [one for one in view.alive if one.may_evaluate]
        rooms = self._rooms(able, view)
        wanted = (
            (one, min(missing(one, block_of(one, view, self.block)), rooms[one.opt] - used(one)))
            for one in sorted(able, key=used)
        )
        return handed_out(wanted, limit)

    def _rooms(self, able: list[OptimizerView], view: RunView) -> dict[int, int]:
        """Return how many calls of the task each may make in all."""
        first = self.first or 20 * view.free_parameters
        ranked = sorted(able, key=lambda one: (one.best, one.opt))
        rungs = {one.opt: self._rung(rank, len(ranked)) for rank, one in enumerate(ranked, 1)}
        higher = 0
        if not any(one.outstanding for one in able):
            higher = max(0, min((self._beyond(used(one), first) - rungs[one.opt] for one in able), default=0))
        return {opt: math.ceil(first * self.eta ** (k + higher)) for opt, k in rungs.items()}

    def _rung(self, rank: int, n: int) -> int:
        """Return the rung up to which an optimizer may go."""
        k = 0
        while rank * self.eta ** (k + 1) <= n:
            k += 1
        return k

    def _beyond(self, calls: int, first: int) -> int:
        """Return the lowest rung above these calls."""
        k = math.floor(math.log(calls / first, self.eta)) if calls > first else 0
        while math.ceil(first * self.eta**k) <= calls:
            k += 1
        return k
