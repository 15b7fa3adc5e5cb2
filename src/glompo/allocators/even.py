"""Every living optimizer is kept supplied; what is scarce is shared evenly."""

from __future__ import annotations

import math

from glompo.core.policies.ports import Written
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.validation import number, whole_number

GROWTH = 4
"""Credits that an optimizer holds at most for each call that it has made: each further message costs a turn."""


class EvenAllocator(Written):
    """Keep every living optimizer supplied with credits for a short while.

    How many that are follows from the pace at which it evaluates: as many as it uses in `supply` seconds, at
    least one per slot, at most `most`. So an optimizer of a fast function does not wait for the engine, and one of
    a slow function holds no evaluations that another could use. Nor does it hold more than four times the calls that it
    has made, so that one that falls silent soon holds few. Of a budget that is running out no optimizer takes more than
    an even share at a time.

    Parameters
    ----------
    supply : float
        Seconds, above 0.
    most : int
        Credits that one optimizer may hold, 1 or more.
    """

    def __init__(self, supply: float = 0.1, most: int = 4096) -> None:
        self.supply = number(self, "supply", supply, 0, above=True)
        self.most = whole_number(self, "most", most, 1)

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        """Return fresh credits per optimizer, at most `limit` in sum."""
        fair = None if limit is None else math.ceil(limit / max(view.n_alive, 1))
        wanted = {one.opt: n for one in view.changed if (n := self._wanted(one, fair))}
        if limit is None or sum(wanted.values()) <= limit:
            return wanted
        shares: dict[int, int] = {}
        for place, (opt, n) in enumerate(sorted(wanted.items(), key=lambda item: item[1])):
            shares[opt] = min(n, math.ceil(limit / (len(wanted) - place)))
            limit -= shares[opt]
        return {opt: n for opt, n in shares.items() if n}

    def _wanted(self, one: OptimizerView, fair: int | None) -> int:
        """Return what fills the optimizer up, or 0 while its slots are busy and half of its supply is left."""
        if not one.may_evaluate:
            return 0
        target = slots = one.slots
        if one.pace is not None:
            rate = slots / max(one.pace, 1e-9)
            target = max(min(math.ceil(self.supply * rate), self.most, GROWTH * one.calls), slots)
        if fair is not None:
            target = min(target, max(fair, slots))
        held = one.outstanding
        missing = target - held
        idle_soon = held < slots
        return missing if missing > 0 and (idle_soon or 2 * missing >= target) else 0
