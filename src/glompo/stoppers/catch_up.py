"""Stop an optimizer that will not catch up with the incumbent."""

from __future__ import annotations

import numpy as np

from glompo.core.views.curve import block_of, predict, recent_blocks
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import ForeseeingStopper
from glompo.validation import number


class CatchUp(ForeseeingStopper):
    """The optimizer, extrapolated, will not reach the incumbent.

    Evaluations are taken in blocks: a generation where the settings of the optimizer name one (``popsize``), else
    max(10, D) evaluations, with D the number of parameters that are not fixed. From the medians m and the minima b of
    the recent blocks it is predicted where the medians settle: the tail of a converging curve is geometric, so that
    three windows give its limit (Aitken's delta-squared extrapolation, :func:`~glompo.core.views.curve.predict`). True
    when ``best - incumbent > kappa * max(best - predicted, m[-1] - b[-1])``, with `best` the best value of the
    optimizer: neither the predicted gain nor the present spread bridges the gap. The owner of the incumbent is never
    stopped. A history that is too short, or falls faster and faster, or falls only after it had risen, is no evidence.
    Invalid values are left out of their block, and blocks without any valid value out of the curve.

    Invariant under f → a·f + b with a > 0 (up to rounding); it draws no random number. A question costs the same
    however long the history is.

    Parameters
    ----------
    kappa : float
        How many times the predicted gain must fall short of the gap, above 0.
    min_evals : int, optional
        Evaluations before the first judgment; 20·D if None.
    every : int, optional
        Evaluations between two judgments; 5·D, or a generation if that is more, if None. Asked in between, the answer
        is false.
    """

    def __init__(self, kappa: float = 2.0, min_evals: int | None = None, every: int | None = None) -> None:
        self.kappa = number(self, "kappa", kappa, 0, above=True)
        super().__init__(min_evals, every)

    def foresee(self, view: RunView, one: OptimizerView, incumbent: float, dims: int) -> Verdict:
        """Answer for an optimizer that is behind the value `incumbent`; `dims` parameters are free."""
        gap = one.best - incumbent
        medians, minima, _ = recent_blocks(one.trajectory, incumbent, dims, block_of(one, dims))
        settles = predict(medians, gap)
        if settles is None:
            return self.verdict(False, "its curve does not tell yet where it leads")
        known = ~np.isnan(medians)
        spread = float(medians[known][-1] - minima[known][-1])
        gain = gap - settles
        return self.verdict(
            gap > self.kappa * max(gain, spread),
            f"{gap:.6g} behind the incumbent, will gain {gain:.6g}, spread {spread:.6g}",
        )
