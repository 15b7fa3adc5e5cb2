"""Generalised simulated annealing as a chain of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.optimizers.blocking import BlockingOptimizer, Objective
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.libraries import Settings
from glompo.optimizers.penalty import Penalty
from glompo.validation import number, whole_number


class Annealing(BlockingOptimizer):
    r"""Generalised simulated annealing from x0, without local searches.

    The search runs in the unit cube. Jumps are drawn from the visiting distribution of Tsallis, whose heavy tail
    reaches everywhere at any temperature; a jump uphill is accepted with the probability

    .. math:: p = \left[1 - (1 - q_a) \Delta f / T_a\right]^{1 / (1 - q_a)},

    or never where the bracket is negative. The visiting temperature falls in step t as
    :math:`T(t) = T_0 (2^{q_v - 1} - 1) / ((1 + t)^{q_v - 1} - 1)`; below `restart_temp_ratio` times its first value it
    starts again from a random point. A step consists of 2·d evaluations: d jumps of all parameters and d of one.

    Parameters
    ----------
    qa : float
        Parameter of acceptance, above −1e4 and up to −5; the lower, the fewer jumps uphill.
    qv : float
        Parameter of visiting, above 1 and up to 3; the higher, the longer the tail.
    initial_temp : float
        First temperature T₀, above 0.01 and up to 5e4; a high one helps to leave a deep basin.
    restart_temp_ratio : float
        Share of T₀ at which it starts again, between 0 and 1.
    iters : int
        Steps after which it is exhausted: the method has no criterion of convergence.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    Xiang, Sun, Fan and Gong, Phys. Lett. A 233, 216 (1997); Tsallis and Stariolo, Physica A 233, 395 (1996). The chain
    is that of :func:`scipy.optimize.dual_annealing`. In the earlier system it was a generator of starting points.

    A failed evaluation counts as worse than the worst valid one so far, see
    :class:`~glompo.optimizers.penalty.Penalty`.
    """

    capabilities = Capabilities(noise=True)

    def __init__(
        self,
        qa: float = -5.0,
        qv: float = 2.62,
        initial_temp: float = 5230.0,
        restart_temp_ratio: float = 2e-5,
        iters: int = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.qa = number(self, "qa", qa, -1e4, -5.0, above=True)
        self.qv = number(self, "qv", qv, 1.0, 3.0, above=True)
        self.initial_temp = number(self, "initial_temp", initial_temp, 0.01, 5e4, above=True)
        self.restart_temp_ratio = number(
            self, "restart_temp_ratio", restart_temp_ratio, 0.0, 1.0, above=True, below=True
        )
        self.iters = whole_number(self, "iters", iters, 1)

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("glompo.optimizers.scipy_optimize",)

    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Anneal."""
        from scipy.optimize import dual_annealing

        penalty, box = Penalty(), Box(bounds)
        answer = dual_annealing(
            lambda u: penalty(f(box.natural(u))),
            [(0.0, 1.0)] * box.dims,  # its jumps, and its distance from a bound, have one length in all units
            maxiter=self.iters,
            initial_temp=self.initial_temp,
            restart_temp_ratio=self.restart_temp_ratio,
            visit=self.qv,
            accept=self.qa,
            no_local_search=True,
            x0=box.unit(x0),
            rng=self.rng,
        )
        return f"annealed for {self.iters} steps ({answer.nfev} evaluations)", False
