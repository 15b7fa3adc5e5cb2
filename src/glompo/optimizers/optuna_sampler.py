"""The samplers of Optuna."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of, options_of
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.optional import library
from glompo.validation import whole_number_or_none


class OptunaSampler(StepperOptimizer):
    """Sample as Optuna does: Parzen estimators, Gaussian processes, CMA-ES, quasi-random points and others.

    Meant for functions of which few evaluations can be afforded: a decision takes milliseconds, more as the history
    grows. The starting point is evaluated first.

    Needs Optuna: ``pip install 'glompo[optuna]'``; CmaEsSampler needs cmaes in addition, GPSampler PyTorch.

    Parameters
    ----------
    sampler : str
        Class of ``optuna.samplers``, in any case, for example 'TPESampler', 'CmaEsSampler', 'GPSampler', 'QMCSampler'.
    options : mapping, optional
        Keyword arguments of the sampler, except its seed.
    trials : int, optional
        Evaluations after which it is exhausted; without it, it goes on until it is stopped.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`. With ``workers=k``, k points are evaluated at a time; TPESampler
        then keeps them apart if ``options={'constant_liar': True}``.

    Notes
    -----
    Akiba et al., KDD 2019; TPE: Bergstra et al., NIPS 2011. A failed evaluation is told as a failed trial, which
    samplers leave out. A point of another optimizer is added to the history.
    """

    capabilities = Capabilities(batch=True, injection=True, noise=True, resumes=True)
    chosen_by = "sampler"

    def __init__(
        self,
        sampler: str = "TPESampler",
        options: Mapping[str, Any] | None = None,
        trials: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        samplers = library(self, "optuna", "optuna").samplers
        known = {name: cls for name, cls in vars(samplers).items() if _is_seeded_sampler(cls, samplers.BaseSampler)}
        self.sampler = one_of(self, "sampler", sampler, known)
        accepted = set(inspect.signature(known[self.sampler]).parameters) - {"seed", "search_space"}
        self.options = options_of(self, options, accepted)
        self.trials = whole_number_or_none(self, "trials", trials, 1)

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("optuna",)

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the sampler at its beginning."""
        optuna = library(self, "optuna", "optuna")
        sampler = getattr(optuna.samplers, self.sampler)(seed=int(self.rng.integers(2**31)), **self.options)
        with _silence("optuna.storages"):  # it announces every study on the standard error stream
            study = optuna.create_study(sampler=sampler, direction="minimize")
        return _Study(optuna, study, x0, bounds, self.trials)


class _Study(Stepper):
    def __init__(
        self, optuna: Any, study: Any, x0: NDArray[np.float64], bounds: NDArray[np.float64], trials: int | None
    ) -> None:
        self._study = study
        self._space = {f"x{i}": optuna.distributions.FloatDistribution(0.0, 1.0) for i in range(len(bounds))}
        self._failed = optuna.trial.TrialState.FAIL
        self._record: Callable[..., Any] = optuna.trial.create_trial
        self._box = Box(bounds)
        self._left = trials
        self._asked: list[Any] = []
        study.enqueue_trial(self._named(x0))

    def ask(self, n: int) -> NDArray[np.float64]:
        n = n if self._left is None else min(n, self._left)
        self._asked = [self._study.ask(self._space) for _ in range(n)]
        return self._box.natural(np.array([[trial.params[name] for name in self._space] for trial in self._asked]))

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        for trial, value in zip(self._asked, values.tolist(), strict=True):
            if np.isfinite(value):
                self._study.tell(trial, value)
            else:
                self._study.tell(trial, state=self._failed)
        if self._left is not None:
            self._left -= len(values)

    def exhausted(self) -> str | None:
        return "all its trials are used" if self._left is not None and self._left <= 0 else None

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        self._study.add_trial(self._record(params=self._named(x), distributions=self._space, value=fx))

    def _named(self, x: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(self._space, self._box.unit(x).tolist(), strict=True))


def _is_seeded_sampler(cls: Any, base: type) -> bool:
    return inspect.isclass(cls) and issubclass(cls, base) and "seed" in inspect.signature(cls).parameters


@contextmanager
def _silence(name: str) -> Iterator[None]:
    """Keep loggers below `name` quiet about what is no warning."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
