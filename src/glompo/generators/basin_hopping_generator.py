"""Start a step away from an accepted optimum."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.generators.base import BaseGenerator, uniform
from glompo.validation import number, whole_number


@dataclass(frozen=True, slots=True)
class _Chain:
    """Where the hopping stands: the accepted optimizer and the step size."""

    at: OptimizerView | None
    step: float


class BasinHoppingGenerator(BaseGenerator):
    """Every start is a random step away from the last accepted optimum: basin hopping over optimizers.

    The best points of the optimizers that have ended are the trials, in the order in which they ended. Each is
    accepted by the Metropolis criterion, ``u < exp(-(f_trial - f_accepted) / temperature)``. After every `interval`
    trials the step is divided by `factor` if more than `target_accept_rate` of all trials were accepted, else
    multiplied by it. A start is the accepted point plus a step drawn uniformly, per parameter, from ±step times the
    range of the parameter, clipped to the bounds. While no optimizer has ended with a valid value the start is random.

    The chain is computed anew from the history at each start, so the generator keeps no state and the answer is
    the same after a resume.

    Based on D. J. Wales and J. P. K. Doye, J. Phys. Chem. A 101, 5111 (1997).

    Parameters
    ----------
    temperature : float
        Increase of the value that is accepted with probability 1/e, 0 or more; 0 accepts improvements only.
    max_step_size : float
        First and largest step, as a fraction of the range of each parameter, above 0 and at most 1.
    target_accept_rate : float
        Share of trials that should be accepted, from 0 to 1.
    interval : int
        Trials between two changes of the step, 1 or more.
    factor : float
        By how much the step changes, above 0 and at most 1.
    """

    def __init__(
        self,
        temperature: float = 1.0,
        max_step_size: float = 0.5,
        target_accept_rate: float = 0.5,
        interval: int = 5,
        factor: float = 0.9,
    ) -> None:
        self.temperature = number(self, "temperature", temperature, 0)
        self.max_step_size = number(self, "max_step_size", max_step_size, 0, 1, above=True)
        self.target_accept_rate = number(self, "target_accept_rate", target_accept_rate, 0, 1)
        self.interval = whole_number(self, "interval", interval, 1)
        self.factor = number(self, "factor", factor, 0, 1, above=True)

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        rng = self.rng(manager)
        chain = self._chain(manager)
        if chain.at is None or chain.at.best_x is None:
            return uniform(rng, manager)
        u = manager.box.unit(chain.at.best_x)
        return manager.box.natural(u + chain.step * rng.uniform(-1, 1, len(u)))

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        chain = self._chain(manager)
        if chain.at is None:
            return "a random point, no optimizer has ended with a valid value yet"
        return f"a step of up to {chain.step:.3g} of the range from the best point of optimizer {chain.at.opt}"

    def _chain(self, manager: ManagerView) -> _Chain:
        """Hop through everything that has ended so far."""
        trials = sorted(_ended(manager), key=lambda one: (one.ended_at, one.opt))
        # one draw per trial from one stream: what was accepted stays accepted when more trials follow
        draws = manager.view.streams.generator("generator:BasinHoppingGenerator:accept").random(len(trials))
        at, step, accepted = None, self.max_step_size, 0
        for i, (trial, draw) in enumerate(zip(trials, draws, strict=True), 1):
            if at is None or self._accepts(trial.best - at.best, draw):
                at, accepted = trial, accepted + 1
            if i % self.interval == 0:
                grows = accepted > self.target_accept_rate * i
                step = min(self.max_step_size, step / self.factor) if grows else step * self.factor
        return _Chain(at, step)

    def _accepts(self, rise: float, draw: float) -> bool:
        if rise <= 0:
            return True
        return self.temperature > 0 and draw < math.exp(-rise / self.temperature)


def _ended(manager: ManagerView) -> list[OptimizerView]:
    return [one for one in manager.view if one.ended_at is not None and np.isfinite(one.best)]
