"""The algorithms of NLopt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.optimizers.blocking import BlockingOptimizer, Objective
from glompo.optimizers.capabilities import NATURAL
from glompo.optimizers.differences import WithGradient
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of, options_of
from glompo.optimizers.penalty import Penalty
from glompo.optional import library
from glompo.validation import number

OPTIONS = {"stopval", "ftol_rel", "ftol_abs", "xtol_rel", "maxeval", "population", "vector_storage", "initial_step"}
"""Settings of an NLopt object that `options` may hold."""

NEEDS_LOCAL = ("G_MLSL", "GN_MLSL", "GD_MLSL", "AUGLAG", "LN_AUGLAG", "LD_AUGLAG")
"""Beginnings of names of algorithms that run another one inside."""

UNBOUNDED = ("LN_NEWUOA", "LN_PRAXIS")
"""Algorithms that know bounds only as inf outside of them, for whose sake they would leave the box."""


class Nlopt(BlockingOptimizer):
    """Run an algorithm of NLopt.

    Algorithms with gradients (names with D, such as LD_LBFGS) get forward differences with a step of 1e-7 of each
    parameter's range; with ``workers=k`` their points are evaluated k at a time. All others evaluate one at a time.

    Needs NLopt: ``pip install 'glompo[nlopt]'``. Its compiled library is under the LGPL.

    Parameters
    ----------
    algorithm : str
        Name in NLopt, in any case, for example 'LN_BOBYQA', 'LN_SBPLX', 'GN_DIRECT_L', 'GN_CRS2_LM', 'GN_MLSL_LDS'.
    options : mapping, optional
        stopval, ftol_rel, ftol_abs, xtol_rel, maxeval, population, vector_storage, initial_step, as in NLopt, in the
        units of the task. Without any criterion local algorithms (L…) stop at a relative change of 1e-8 in f or x, and
        global ones (G…) go on until they are stopped.
        After maxeval evaluations it is exhausted.
    local : str, optional
        Algorithm that MLSL and AUGLAG run inside; 'LN_BOBYQA' by default, or 'LD_LBFGS' for those with gradients.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    S. G. Johnson, The NLopt nonlinear-optimization package, https://github.com/stevengj/nlopt, which cites the source
    of each algorithm. Random numbers of NLopt belong to the thread; they are seeded from the optimizer's own stream.

    A failed evaluation counts as worse than the worst valid one so far, see
    :class:`~glompo.optimizers.penalty.Penalty`, and has no slope.
    """

    capabilities = replace(NATURAL)
    chosen_by = "algorithm"

    def __init__(
        self,
        algorithm: str = "LN_BOBYQA",
        options: Mapping[str, Any] | None = None,
        local: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        names = _algorithms(library(self, "nlopt", "nlopt"))
        self.algorithm = one_of(self, "algorithm", algorithm, names)
        self.local = None if local is None else one_of(self, "local", local, names)
        if local is not None and not self.algorithm.startswith(NEEDS_LOCAL):
            raise SettingError(f"Nlopt: {self.algorithm} runs no algorithm inside; leave local={local!r} out")
        self.options = options_of(self, options, OPTIONS)
        for name, value in self.options.items():
            number(self, f"options[{name!r}]", value)
        self.capabilities = replace(
            self.capabilities,
            batch=self._differences,
            stays_inside=self.algorithm not in UNBOUNDED,
            least_dims=2 if "NEWUOA" in self.algorithm else 1,
        )

    @classmethod
    def spelled(cls, algorithm: str) -> str:
        """Return the name of an algorithm as NLopt writes it."""
        return algorithm.upper()

    @property
    def _differences(self) -> bool:
        """Whether the function is asked for gradients."""
        return any(name is not None and name.split("_")[0] in ("LD", "GD") for name in (self.algorithm, self.local))

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("nlopt",)

    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Call NLopt."""
        nlopt = library(self, "nlopt", "nlopt")
        nlopt.srand(int(self.rng.integers(2**31)))
        call = _Call(f, bounds)
        search = self._configured(nlopt, bounds)
        search.set_min_objective(lambda x, gradient: call(search, x, gradient))
        try:
            search.optimize(np.clip(x0, *np.array(bounds).T))
            code = search.last_optimize_result()
        except Exception as error:  # the ends that NLopt calls errors have types of their own and say little
            if call.error is not None:
                raise call.error from None
            if isinstance(error, nlopt.RoundoffLimited):
                return f"{self.algorithm}: rounding permits no further progress", True
            return f"{self.algorithm} failed: {error or type(error).__name__}", False
        if call.error is not None:
            raise call.error
        names = {getattr(nlopt, name): ending for name, ending in ENDINGS.items()}
        return f"{self.algorithm}: {names.get(code, code)}", code != nlopt.MAXEVAL_REACHED

    def _configured(self, nlopt: Any, bounds: list[tuple[float, float]]) -> Any:
        search = _new(nlopt, self.algorithm, bounds)
        criteria = {"xtol_rel": 1e-8, "ftol_rel": 1e-8} if self.algorithm.startswith("L") else {}
        for name, value in (self.options or criteria).items():
            getattr(search, f"set_{name}")(int(value) if name in ("maxeval", "population", "vector_storage") else value)
        if self.algorithm.startswith(NEEDS_LOCAL):
            inner = _new(nlopt, self.local or ("LD_LBFGS" if self._differences else "LN_BOBYQA"), bounds)
            inner.set_ftol_rel(1e-8)
            inner.set_xtol_rel(1e-8)
            search.set_local_optimizer(inner)
        return search


ENDINGS = {
    "SUCCESS": "converged",
    "STOPVAL_REACHED": "stopval reached",
    "FTOL_REACHED": "f changes less than its tolerance",
    "XTOL_REACHED": "x changes less than its tolerance",
    "MAXEVAL_REACHED": "maxeval evaluations done",
}
"""What the codes of NLopt's results mean."""


class _Call:
    """The objective in NLopt's form.

    Not every algorithm passes an exception on, and some go on after one. So it is kept here, the search is told to
    stop, and no further point is evaluated.
    """

    def __init__(self, f: Objective, bounds: list[tuple[float, float]]) -> None:
        self._f = f
        self._penalty = Penalty()
        self._with_gradient = WithGradient(f, bounds, self._penalty)
        self.error: BaseException | None = None

    def __call__(self, search: Any, x: NDArray[np.float64], gradient: NDArray[np.float64]) -> float:
        if self.error is not None:
            return math.inf
        try:
            if not gradient.size:
                return self._penalty(self._f(x.copy()))
            fx, gradient[:] = self._with_gradient(x)
            return fx
        except BaseException as error:  # also one that unwinds the optimizer
            self.error = error
            search.force_stop()
            return math.inf


def _algorithms(nlopt: Any) -> list[str]:
    beginnings = ("GN_", "GD_", "LN_", "LD_", "G_MLSL", "AUGLAG")
    return [name for name in vars(nlopt) if name.startswith(beginnings)]


def _new(nlopt: Any, algorithm: str, bounds: list[tuple[float, float]]) -> Any:
    search = nlopt.opt(getattr(nlopt, algorithm), len(bounds))
    search.set_lower_bounds([low for low, _ in bounds])
    search.set_upper_bounds([high for _, high in bounds])
    return search
