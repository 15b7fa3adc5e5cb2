"""A Metropolis walk whose temperature follows its acceptance rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.validation import number, whole_number_or_none

SCALE = 1.1
"""Factor by which the reach of a parameter's moves follows its acceptance rate, after each block."""


class AdaptiveRateMonteCarlo(StepperOptimizer):
    r"""Monte Carlo walk with an acceptance-rate-adapted temperature and moves of single parameters.

    Each move changes one parameter i, chosen at random, by up to its reach s_i, reflected at the bounds. It is accepted
    with the probability of Metropolis,

    .. math:: p = \min(1, e^{-\Delta f / T}).

    After every block of moves with the acceptance rate α

    * the temperature follows, :math:`T \leftarrow T \gamma^{\operatorname{sgn}(\alpha_t - \alpha)}`, so that the rate
      stays near its target α_t on slopes of any size;
    * the reach of parameters accepted more often than the others grows by 10 %, that of the others shrinks likewise;
    * if the block found no better point than the best so far, all reaches are multiplied by `shrink`.

    The temperature needs no schedule: short moves change f little, so it falls with the reach. The walk has converged
    when no reach exceeds `tol`.

    Parameters
    ----------
    temperature : float, optional
        First temperature, in units of the function. Without it, the temperature at which the first move uphill is
        accepted with probability `target`.
    target : float
        Acceptance rate α_t, between 0 and 1.
    gamma : float
        Factor γ of the temperature, above 1.
    step : float
        First reach of all moves, a share of the range of the parameter.
    shrink : float
        Factor of the reaches after a block without success, between 0 and 1.
    tol : float
        Reach below which it has converged, a share of the range.
    block : int, optional
        Moves in a block; 20 per parameter by default.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`. With ``workers=k``, k moves from the same point are evaluated at a
        time; they are judged in order and those behind the first accepted one are set aside, which leaves the
        statistics of the walk as they are with one worker.

    Notes
    -----
    Monte Carlo calibration of force fields with moves scaled to keep an acceptance rate: Iype, Hütter, Jansen, Nedea
    and Rindt, J. Comput. Chem. 34, 1143 (2013). The rule for the temperature is that of Cosseddu and Infante for their
    threshold φ, J. Chem. Theory Comput. 13, 297 (2017). Acceptance: Metropolis et al., J. Chem. Phys. 21, 1087 (1953).
    All decisions are unchanged by f → a·f + b, a > 0, if no `temperature` is given.

    A failed evaluation is a move that is not accepted; from a starting point that failed, any move is accepted.
    A better point of another optimizer becomes the place of the walk.
    """

    capabilities = Capabilities(batch=True, injection=True, noise=True, resumes=True)

    def __init__(
        self,
        temperature: float | None = None,
        target: float = 0.25,
        gamma: float = 2.0,
        step: float = 0.4,
        shrink: float = 0.8,
        tol: float = 1e-4,
        block: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.temperature = None if temperature is None else number(self, "temperature", temperature, 0.0, above=True)
        self.target = number(self, "target", target, 0.0, 1.0, above=True, below=True)
        self.gamma = number(self, "gamma", gamma, 1.0, above=True)
        self.step = number(self, "step", step, 0.0, above=True)
        self.shrink = number(self, "shrink", shrink, 0.0, 1.0, above=True, below=True)
        self.tol = number(self, "tol", tol, 0.0, above=True)
        self.block = whole_number_or_none(self, "block", block, 1)

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the walk at its starting point."""
        return _Walk(self, x0, bounds)


class _Walk(Stepper):
    def __init__(self, settings: AdaptiveRateMonteCarlo, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> None:
        self._rng = settings.rng
        self._box = Box(bounds)
        self._target, self._gamma, self._shrink = settings.target, settings.gamma, settings.shrink
        self._tol = settings.tol
        self._block = settings.block or 20 * len(x0)
        self._temperature = settings.temperature
        self._reach = np.full(len(x0), min(settings.step, 1.0))
        self._u = self._box.unit(x0)
        self._f = self._best = math.inf
        self._moved: list[int] | None = None  # the parameter that each move under way changes; None at the start
        self._improved = False
        self._begin_block()

    def ask(self, n: int) -> NDArray[np.float64]:
        if self._moved is None:
            return self._box.natural(self._u)[np.newaxis]
        self._moved = self._rng.integers(len(self._u), size=n).tolist()
        lengths = self._rng.uniform(-1.0, 1.0, size=n)
        points = np.tile(self._u, (n, 1))
        for point, i, length in zip(points, self._moved, lengths, strict=True):
            point[i] = _reflected(point[i] + length * self._reach[i])
        return self._box.natural(points)

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self._improved |= bool(values.min() < self._best)
        self._best = min(self._best, float(values.min()))
        if self._moved is None:
            self._f, self._moved = float(values[0]), []
            return
        for x, f, i in zip(points, values.tolist(), self._moved, strict=True):
            accepted = self._accepts(f)
            self._tried[i] += 1
            self._taken[i] += accepted
            if accepted:
                self._u, self._f = self._box.unit(x), f
                break
        if self._tried.sum() >= self._block:
            self._adapt()
            self._begin_block()

    def finished(self) -> str | None:
        return f"no move reaches further than {self._tol:g}" if self._reach.max() <= self._tol else None

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        if fx < self._f:
            self._u, self._f = self._box.unit(x), fx

    def _accepts(self, f: float) -> bool:
        if f <= self._f:
            return True
        if f == math.inf:
            return False
        rise = f - self._f
        if self._temperature is None:
            self._temperature = rise / math.log(1.0 / self._target)
        return bool(self._rng.random() < math.exp(-rise / self._temperature))

    def _begin_block(self) -> None:
        self._tried = np.zeros(len(self._u))
        self._taken = np.zeros(len(self._u))
        self._improved = False

    def _adapt(self) -> None:
        rate = self._taken.sum() / self._tried.sum()
        if self._temperature is not None:
            self._temperature *= self._gamma ** float(np.sign(self._target - rate))
            self._temperature = max(self._temperature, math.ulp(0.0))
        own = np.divide(self._taken, self._tried, out=np.full(len(self._u), rate), where=self._tried > 0)
        self._reach *= SCALE ** np.sign(own - rate)
        if not self._improved:
            self._reach *= self._shrink
        np.clip(self._reach, None, 1.0, out=self._reach)


def _reflected(u: float) -> float:
    """Return the point of [0, 1] onto which mirrors at 0 and 1 throw `u`, from -1 to 2."""
    return 2.0 - u if u > 1.0 else abs(u)
