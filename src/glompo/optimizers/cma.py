"""CMA-ES through pycma (Hansen, arXiv:1604.00772)."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box, usual_population
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of, options_of
from glompo.optimizers.stagnation import Stagnation
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.optimizers.surrogate import QuadraticModel, Screening
from glompo.validation import number, whole_number_or_none, yes_or_no

SAMPLERS = ("full", "vd", "vkd")

LIMITS = {"maxiter", "maxfevals", "timeout", "stoppedbyuser", "callback"}
"""Criteria of pycma at which it ends without having converged."""
FLOWING = 0.75
"""Points of a generation for each evaluation in flight, if none waits for a generation: with fewer, values land that
are several generations old, and the search narrows too soon; with more, it takes more evaluations."""

PAIRED = {"AdaptSigma", "CMA_mirrors", "CMA_mirrormethod", "pc_line_samples"}
"""Options of pycma with which points of a generation belong together, so that all are asked for at once."""

TOLERANCES = {"tolx": 1e-11, "tolfun": 0.0, "tolfunhist": 0.0}
"""Steps in units of the ranges; pycma's tolerances of values are absolute, so that they depend on the unit of f."""


class CMAOptimizer(StepperOptimizer):
    """Covariance matrix adaptation evolution strategy.

    The search runs in the unit cube, so that one `sigma0` fits parameters of any size. The starting point is
    evaluated first, then generations of `popsize` points, each in one batch. Its random numbers come from its own
    stream: other instances in the same process do not disturb it.

    Parameters
    ----------
    sigma0 : float
        Initial standard deviation relative to the range of each parameter.
    sampler : {'full', 'vd', 'vkd'}
        Covariance model: full matrix, or the restricted ones for many parameters; 'vd' is for 10 or more.
    popsize : int, optional
        Points per generation; 4 + floor(3 ln d) by default, rounded up to a multiple of `workers` so that no slot
        idles, or as large as three quarters of them, see the notes.
    keep_files : bool
        Keep the output files of pycma in the current directory.
    force_injects : bool
        Take points of other optimizers into the next generation exactly as they are, instead of within the reach
        of the present distribution.
    injection_interval : int, optional
        Generations between two injections at least; any number by default.
    surrogate : bool
        Whether a quadratic model of the evaluations so far ranks each generation, so that only those of its points are
        evaluated that are needed to confirm the ranking (:mod:`glompo.optimizers.surrogate`). That saves half of the
        evaluations and more on smooth functions, and costs a fit of (d + 1)(d + 2)/2 coefficients for each group of
        points, which are a few.
    cma_options : mapping, optional
        Any other option of pycma, by its name there, for example ``{'tolfun': 1e-9}``; not those that the settings
        above, the bounds or the random stream decide. Under a manager the number of generations is not
        limited unless `maxiter` says so; at a limit it is exhausted.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    It has converged when its steps are below 1e-11 of all ranges (``tolx``), when its values differ by rounding only,
    or when a narrow search gains nothing any more, as in numerical noise; see
    :class:`~glompo.optimizers.stagnation.Stagnation`, which ``cma_options={'tolstagnation': 0}`` turns off. All of
    these are unchanged by f → a·f + b, a > 0; pycma's absolute tolerances ``tolfun`` and ``tolfunhist`` are off.

    With more workers than points in a generation, and without a surrogate, nothing waits for the slowest evaluation of
    a generation: points are asked for one by one from the present distribution, and as many values as a generation has
    points, in the order in which they land, are told as one. What is found then depends on that order, which is on
    record. Of a `popsize` that is given, 4/3 are in flight at most, since older values would mislead it.

    pycma needs two parameters or more; with one, a second without effect is added. Failed evaluations (inf) rank
    behind the worst valid point of their generation.
    """

    capabilities = Capabilities(batch=True, flow=True, injection=True, noise=True, resumes=True)

    def __init__(
        self,
        sigma0: float = 0.2,
        sampler: str = "full",
        popsize: int | None = None,
        keep_files: bool = False,
        force_injects: bool = False,
        injection_interval: int | None = None,
        surrogate: bool = False,
        cma_options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sigma0 = number(self, "sigma0", sigma0, 0.0, above=True)
        self.sampler = one_of(self, "sampler", sampler, SAMPLERS)
        self.popsize = whole_number_or_none(self, "popsize", popsize, 3)
        self.keep_files = keep_files
        self.force_injects = force_injects
        self.injection_interval = whole_number_or_none(self, "injection_interval", injection_interval, 1)
        self.surrogate = yes_or_no(self, "surrogate", surrogate)
        if self.sampler == "vd":
            self.capabilities = replace(self.capabilities, least_dims=10)
        known = _further_options() if cma_options else ()
        self.cma_options = options_of(self, cma_options, known, "cma_options")

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("glompo.optimizers.pycma", *(("scipy.linalg",) if settings.get("surrogate") else ()))

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the strategy before its first generation."""
        return _Evolution(self, x0, bounds)


class _Evolution(Stepper):
    _judged = -1  # the generation for which pycma was last asked whether it ends
    _criteria: dict[str, Any] = {}  # noqa: RUF012  # those that held, never changed

    def __init__(self, settings: CMAOptimizer, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> None:
        # a surrogate says which points of a generation are worth an evaluation, and needs the generation for that
        least = settings.popsize or usual_population(len(x0))
        whole = settings.surrogate or not PAIRED.isdisjoint(settings.cma_options)
        self._flows = settings.workers > least and not whole
        self._options = _options(settings, len(x0))
        if self._flows:
            self._options["popsize"] = settings.popsize or max(least, math.ceil(FLOWING * settings.workers))
            self._options["CMA_mirrors"] = 0  # by default a generation of less than six has some
        self._sampler = settings.sampler
        self._sigma0 = settings.sigma0
        self._force = settings.force_injects
        self._interval = settings.injection_interval
        self._box = Box(bounds)
        self._x0 = x0
        self._strategy: Any = None
        self._asked: list[Any] = []
        watched = self._options.get("tolstagnation", 1) != 0
        self._stagnation = Stagnation(len(x0), self._options["popsize"]) if watched else None
        self._model = QuadraticModel(len(x0), self._options["popsize"]) if settings.surrogate else None
        self._screening: Screening | None = None
        self._noted: list[tuple[NDArray[np.float64], float]] = []
        self._calls = 0
        self._begun = False
        self._waiting: NDArray[np.float64] | None = None
        self._generation = 0
        self._injected_at = -math.inf
        self._one_by_one = False
        self._sent: dict[bytes, Any] = {}
        self._drawn: list[tuple[Any, NDArray[np.float64]]] = []  # from the present distribution, the next one last
        self._landed: list[tuple[Any, NDArray[np.float64], float]] = []
        self._may_tell = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a state; of an earlier version without what had landed of a generation."""
        earlier = "_drawn" not in state
        self.__dict__.update(state | ({"_drawn": [], "_landed": [], "_may_tell": False} if earlier else {}))

    def in_flight(self, workers: int) -> int:
        return min(workers, int(self._options["popsize"] / FLOWING)) if self._flows else 0

    def ask(self, n: int) -> NDArray[np.float64]:
        self._one_by_one = self._flows and n == 1
        if self._one_by_one:
            return self._next()
        if not self._begun:  # before pycma is imported, which takes longer than a quick first evaluation
            return self._x0[np.newaxis]
        if self._screening is not None:  # the generation is under way
            return self._box.natural(self._screening.group())
        self._inject_waiting()
        self._asked = self._strategy.ask()
        generation = np.array(self._asked)[:, : self._box.dims]
        if self._model is None:
            return self._box.natural(generation)
        self._screening = Screening(self._model, generation)
        return self._box.natural(self._screening.group())

    def _next(self) -> NDArray[np.float64]:
        """Return x0 first, then points of the present distribution, shape (1, d).

        They are drawn as many at a time as a generation takes, which costs half of drawing them one by one.
        """
        if self._strategy is None:
            self._strategy = self._new_strategy()
            return self._x0[np.newaxis]
        self._tell_landed()
        if not self._drawn:
            self._inject_waiting()
            asked, self._may_tell = self._strategy.ask(), True
            points = self._box.natural(np.array(asked)[:, : self._box.dims])
            self._drawn = [*zip(asked, points, strict=True)][::-1]
        asked, point = self._drawn.pop()
        self._sent[point.tobytes()] = asked
        return point[np.newaxis]

    def _land(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Take a value; when there are as many as in a generation, they are one, whenever they were asked for."""
        asked = self._sent.pop(points.tobytes(), None)
        self._begun = True
        if asked is None:  # x0
            return
        self._landed.append((asked, points[0], values[0]))
        self._tell_landed()

    def _tell_landed(self) -> None:
        """Tell pycma a generation, one of which it takes between two times that points are drawn."""
        size = self._options["popsize"]
        if len(self._landed) < size or not self._may_tell:
            return
        generation, places, found = zip(*self._landed[:size], strict=True)
        self._landed, self._drawn, self._may_tell = self._landed[size:], [], False
        self._note(np.array(places), np.array(found))
        self._strategy.tell(list(generation), ranked(np.array(found)))
        self._generation += 1

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        if self._one_by_one:
            return self._land(points, values)
        if not self._begun:
            self._begun = True
            return
        self._note(points, values)
        if self._screening is not None:
            if not self._screening.tell(np.where(np.abs(values) < MOST, values, np.inf)):
                return
            values, self._screening = self._screening.values(), None
        self._strategy.tell(self._asked, ranked(values))
        self._strategy.countevals = self._calls  # pycma counts those of the model as well
        self._generation += 1
        if self._model is not None and not self._model.rests and (place := self._model.optimum()) is not None:
            self._strategy.inject([self._padded(np.clip(place, 0.0, 1.0))])

    def _note(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Count what was evaluated, and judge its progress by as many at a time as there are in a generation."""
        self._calls += len(values)
        if self._stagnation is None:
            return
        self._noted.extend(zip(self._box.unit(points), values.tolist(), strict=True))
        if len(self._noted) >= self._options["popsize"]:
            places, found = zip(*self._noted, strict=True)
            self._stagnation.tell(np.array(places), ranked(np.array(found)))
            self._noted = []

    def finished(self) -> str | None:
        ends = self._ends()
        if ends.keys() - LIMITS:
            return _listed(ends)
        return None if self._stagnation is None else self._stagnation.reason()

    def exhausted(self) -> str | None:
        return _listed(self._ends()) or None

    def _ends(self) -> dict[str, Any]:
        """Return the criteria of pycma that hold, with their values."""
        if not self._begun:
            return {}
        if self._strategy is None:
            self._strategy = self._new_strategy()
        if self._judged != self._strategy.countiter:  # pycma judges a generation once as well
            self._judged, self._criteria = self._strategy.countiter, dict(self._strategy.stop())
        return self._criteria

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        self._waiting = x

    def _inject_waiting(self) -> None:
        rested = self._interval is None or self._generation - self._injected_at >= self._interval
        if self._waiting is not None and rested:
            self._strategy.inject([self._cube(self._waiting)], force=self._force)
            self._waiting, self._injected_at = None, self._generation

    def _cube(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._padded(self._box.unit(x))

    def _padded(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return u if len(u) > 1 else np.append(u, 0.5)

    def _new_strategy(self) -> Any:
        from glompo.optimizers.pycma import cma

        options = self._options
        if self._sampler != "full":
            restricted = cma.restricted_gaussian_sampler
            model = restricted.GaussVDSampler if self._sampler == "vd" else restricted.GaussVkDSampler
            options = model.extend_cma_options({**options, "CMA_sampler_options": {"randn": options["randn"]}})
        return cma.CMAEvolutionStrategy(self._cube(self._x0), self._sigma0, options)


def _listed(ends: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in ends.items())


def _further_options() -> set[str]:
    from glompo.optimizers.pycma import cma

    return set(cma.CMAOptions()) - {"bounds", "popsize", "randn", "seed", "verb_log"}


NO_FILES = os.path.join(os.sep, "outcmaes")
"""Where pycma writes none of its files. It makes the path absolute all the same; a relative one would need a current
directory, which a task may have removed."""


def _options(settings: CMAOptimizer, dims: int) -> dict[str, Any]:
    return {
        "bounds": [0, 1],
        "popsize": settings.popsize or usual_population(dims, settings.workers),
        "randn": _Normal(settings.rng),
        "seed": np.nan,  # pycma then leaves the global generator alone
        "verbose": -9,
        **({"verb_log": 1} if settings.keep_files else {"verb_log": 0, "verb_filenameprefix": NO_FILES}),
        **({"maxiter": math.inf} if settings.managed else {}),
        **TOLERANCES,
        **({"tolupsigma": math.inf} if settings.surrogate else {}),  # injected optima let the step size take over
        **settings.cma_options,
    }


class _Normal:
    """Standard normal numbers in the form in which pycma asks for them; can be pickled with its stream."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def __call__(self, *shape: int) -> Any:
        return self._rng.standard_normal(shape)


MOST = 1e300
"""Size up to which values are told apart: sums and differences of them must be numbers."""


def ranked(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of a generation with failures just behind its worst valid one.

    Evolution strategies see ranks, but compute differences of values for their criteria. Without any valid value all
    are alike, so that they soon stop in a region without valid points.
    """
    valid = np.isfinite(values)
    if not valid.any():
        return np.zeros_like(values)
    values = np.clip(values, -MOST, MOST)
    worst, best = values[valid].max(), values[valid].min()
    return np.where(valid, values, worst + max(worst - best, abs(worst), 1.0))
