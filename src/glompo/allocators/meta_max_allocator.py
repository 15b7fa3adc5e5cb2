"""Give the next evaluations to the optimizers that could be the best if all converge alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

from glompo.allocators.blocks import block_of, handed_out, missing, used
from glompo.core.policies.ports import Written
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.validation import whole_number_or_none


class MetaMaxAllocator(Written):
    """MetaMax: only those optimizers get evaluations that lead for some common, unknown rate of convergence.

    Suppose that an optimizer with the best value f after n evaluations ends up at f - c·h(n), with a falling h
    and one c for all. Whichever c is true, the winner is a vertex of the lower hull of the points (h(n), f): the
    optimizers on it get a block each, the others wait until they are on it. Here ``h(n) = exp(-n/t)``, t the
    evaluations of the whole run. One without a valid value yet counts with the worst of the others. A block is a
    generation where the settings name one (``popsize``), else max(10, d) evaluations.

    One that waits keeps its slots; give the run more of them than it can evaluate at once, and a stopper.

    Affine maps keep a hull: invariant under f → a·f + b with a > 0 (up to rounding). It uses no clock and no random
    number.

    A. György and L. Kocsis, Efficient Multi-Start Strategies for Local Search Algorithms, J. Artif. Intell. Res. 41,
    407 (2011): the choice within a round of MetaMax(K); what starts, and when, is the selector's.

    Parameters
    ----------
    block : int, optional
        Evaluations in a block, 1 or more.
    """

    def __init__(self, block: int | None = None) -> None:
        self.block = whole_number_or_none(self, "block", block, 1)

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        """Return fresh credits per optimizer, at most `limit` in sum."""
        able = [one for one in view.alive if one.may_evaluate]
        leaders = sorted(_leaders(able, view.calls + view.outstanding), key=used)
        return handed_out(((one, missing(one, block_of(one, view, self.block))) for one in leaders), limit)


def _leaders(able: Sequence[OptimizerView], total: int) -> list[OptimizerView]:
    """Return the optimizers on the lower hull."""
    valid = [one.best for one in able if math.isfinite(one.best)]
    if not valid:
        return list(able)
    worst = max(valid)
    points = [(math.exp(-used(one) / max(total, 1)), min(one.best, worst)) for one in able]
    return [able[i] for i in lower_hull(points)]


def lower_hull(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which of the points (h, f) have the smallest f - c·h for some c ≥ 0, in order of falling h.

    Of equal points the first counts.
    """
    hull: list[int] = []
    # from the fewest evaluations to the lowest value; a point is of use only if it is lower than all before it
    for i in sorted(range(len(points)), key=lambda i: (-points[i][0], points[i][1], i)):
        if hull and points[i][1] >= points[hull[-1]][1]:
            continue
        while len(hull) > 1 and not _turns(points[hull[-2]], points[hull[-1]], points[i]):
            hull.pop()
        hull.append(i)
    return hull


def _turns(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Say whether b lies strictly below the line from a to c, with h falling from a to c."""
    return (a[1] - b[1]) * (a[0] - c[0]) > (a[1] - c[1]) * (a[0] - b[0])
