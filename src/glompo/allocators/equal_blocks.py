"""Every living optimizer gets a block of the same size at the same time."""

from __future__ import annotations

from glompo.core.policies.ports import Written
from glompo.core.views.run_view import RunView
from glompo.validation import whole_number


class EqualBlocks(Written):
    """Hand out blocks of evaluations, for runs in lockstep.

    In lockstep a decision is made only when everything that was granted has been used, so the blocks of all optimizers
    begin together, and nothing depends on speed. Of the last evaluations of a budget all get the same number, and the
    first ones one more.

    Parameters
    ----------
    block : int
        Evaluations per slot, 1 or more.
    """

    def __init__(self, block: int = 10) -> None:
        self.block = whole_number(self, "block", block, 1)

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        """Return fresh credits per optimizer, at most `limit` in sum."""
        hungry = [one for one in view.alive if one.may_evaluate and not one.outstanding]
        wanted = {one.opt: self.block * one.slots for one in hungry}
        if limit is None or sum(wanted.values()) <= limit:
            return wanted
        share, rest = divmod(limit, len(hungry))
        return {opt: n for i, opt in enumerate(wanted) if (n := share + (i < rest))}
