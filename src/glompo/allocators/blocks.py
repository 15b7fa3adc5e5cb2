"""Portions in which evaluations are handed out."""

from __future__ import annotations

from collections.abc import Iterable

from glompo.core.views import curve
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView


def block_of(one: OptimizerView, view: RunView, given: int | None) -> int:
    """Return the evaluations in a block: `given`, or a generation (``popsize``) if known, or max(10, d).

    Each slot of the optimizer gets one at least.
    """
    return max(given or curve.block_of(one, view.dims), one.slots)


def missing(one: OptimizerView, block: int) -> int:
    """Return what an optimizer lacks to a full block; 0 while all its slots have work, or if it may get nothing."""
    return block - one.outstanding if one.may_evaluate and one.outstanding < one.slots else 0


def handed_out(wanted: Iterable[tuple[OptimizerView, int]], limit: int | None) -> dict[int, int]:
    """Return what each optimizer gets, by its number: in order what it wants, as long as the limit lasts."""
    shares: dict[int, int] = {}
    for one, n in wanted:
        n = n if limit is None else min(n, limit - sum(shares.values()))
        if n > 0:
            shares[one.opt] = n
    return shares


def used(one: OptimizerView) -> int:
    """Return the calls of the task that an optimizer has made or was granted."""
    return one.calls + one.outstanding
