"""The optimizers of Nevergrad."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.libraries import Settings
from glompo.optimizers.options import one_of
from glompo.optimizers.penalty import Penalty
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.optional import library
from glompo.validation import whole_number_or_none

NEVER = 1e9
"""Share of the sample of a metamodel after which it is learnt anew; below 1 where the library sets it."""

PLANNED = 1000
"""Evaluations per free parameter that a method plans with which cannot do without a budget and was given none."""

MOST = 4.9e20
"""The largest value that the library is told: it clips those of 5e20 and more itself, and warns each time."""


class Nevergrad(StepperOptimizer):
    """Run any optimizer that is registered in Nevergrad.

    The search runs in the unit cube. x0 is evaluated first, and is what Nevergrad calls the initial value; it comes on
    top of the budget for those optimizers that do not begin there. Random numbers come from the optimizer's own stream.

    Needs Nevergrad: ``pip install 'glompo[nevergrad]'``.

    Parameters
    ----------
    optimizer : str
        Name in ``nevergrad.optimizers.registry``, in any case, for example 'CMA', 'PSO', 'TBPSA' or 'OnePlusOne'.
    budget : int, optional
        Evaluations after which it is exhausted; some optimizers plan with it. Without it, it goes on until it is
        stopped.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`; with ``workers=k``, k points are evaluated at a time. Optimizers
        that take one point at a time (Cobyla, SQP, NelderMead, Powell and others) have one worker, whatever is set.

    Notes
    -----
    J. Rapin and O. Teytaud, Nevergrad, https://github.com/facebookresearch/nevergrad (2018).

    A point of another optimizer is told, too, where the optimizer can use what it did not ask for. Values are told in
    the order of asking, since CMA, DE, PSO and others depend on it. A failed evaluation counts as worse than the worst
    valid one so far, see :class:`~glompo.optimizers.penalty.Penalty`.

    NumPy's and pycma's warnings about what Nevergrad does come through unchanged.
    NGOpt and its relatives choose their method by the budget; without one it is a thousand evaluations per free
    parameter. Where Nevergrad cannot compute a
    metamodel (1.0.12 takes an array of one element for a number, which NumPy 2.4 no longer does), the search goes on
    without that model, as it does after one that cannot be learnt, and says so in its log. Optimizers with
    metamodels, and the portfolios named NgIoh, also draw from NumPy's global generator: they do not repeat exactly.
    """

    capabilities = Capabilities(batch=True, noise=True)
    chosen_by = "optimizer"

    def __init__(self, optimizer: str = "TwoPointsDE", budget: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        nevergrad = library(self, "nevergrad", "nevergrad")
        registry = nevergrad.optimizers.registry
        self.optimizer = one_of(self, "optimizer", optimizer, registry.keys())
        self.budget = whole_number_or_none(self, "budget", budget, 1)
        chosen = registry[self.optimizer]
        self._plans = self.budget is None and _plans(nevergrad, chosen)
        self._serial = bool(chosen.no_parallelization)
        self.capabilities = replace(
            self.capabilities, batch=not self._serial, injection=not chosen.recast, resumes=not chosen.recast
        )

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports."""
        return ("nevergrad",)

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the optimizer at its beginning."""
        nevergrad = library(self, "nevergrad", "nevergrad")
        box = Box(bounds)
        space = _cube(nevergrad, box.unit(x0), np.random.RandomState(self.rng.integers(2**32)))
        self.budget = PLANNED * box.dims if self._plans else self.budget
        search = nevergrad.optimizers.registry[self.optimizer](
            space, budget=self.budget, num_workers=1 if self._serial else self.workers
        )
        unsupported = nevergrad.errors.TellNotAskedNotSupportedError
        return _Conversation(search, box, x0, self._serial, unsupported)


def _plans(nevergrad: Any, chosen: Any) -> bool:
    """Return whether an optimizer chooses its method by the budget, for some number of parameters."""
    return not all(_chooses(nevergrad, chosen, dims) for dims in (1, 2, 20))


def _chooses(nevergrad: Any, chosen: Any, dims: int) -> bool:
    """Return whether an optimizer can choose its method without a budget; methods may be such choices themselves."""
    try:
        while isinstance(chosen, type) and hasattr(chosen, "_select_optimizer_cls"):
            space = _cube(nevergrad, np.full(dims, 0.5), np.random.RandomState(0))
            chosen = chosen(space)._select_optimizer_cls()
    except (AssertionError, TypeError):  # it asserts that there is a budget, or computes with it
        return False
    return True


def _cube(nevergrad: Any, init: NDArray[np.float64], random: np.random.RandomState) -> Any:
    space = nevergrad.p.Array(init=init).set_mutation(sigma=1 / 6)
    space.random_state = random
    space.set_bounds(0.0, 1.0)  # would draw from the global generator before the space has its own
    return space


def _without_models(search: Any) -> bool:
    """Let the metamodels in a search never be due again; return whether there were any that were."""
    found = False
    for inner in _searches(search):
        if getattr(inner, "frequency_ratio", NEVER) < NEVER:
            inner.frequency_ratio = NEVER
            found = True
    return found


def _searches(search: Any) -> Iterator[Any]:
    """Yield a search and all that it is made of."""
    yield search
    for held in list(vars(search).values()):
        for one in held if isinstance(held, list) else [held]:
            if hasattr(one, "ask") and hasattr(one, "tell"):
                yield from _searches(one)


class _Conversation(Stepper):
    def __init__(
        self, search: Any, box: Box, x0: NDArray[np.float64], serial: bool, unsupported: type[Exception]
    ) -> None:
        self._search = search
        self._box = box
        self._x0: NDArray[np.float64] | None = x0
        self._serial = serial
        self._unsupported = unsupported
        self._notes: list[str] = []
        self._penalty = Penalty()
        self._asked: list[Any] = []

    def ask(self, n: int) -> NDArray[np.float64]:
        budget, done = self._search.budget, self._search.num_ask
        n = 1 if self._serial else n if budget is None else min(n, budget - done)
        self._asked = [self._next() for _ in range(n)]
        points = self._box.natural(np.array([candidate.value for candidate in self._asked]))
        x0, self._x0 = self._x0, None
        if x0 is None:
            return points
        if np.allclose(points[0], x0, rtol=1e-12, atol=0.0):
            points[0] = x0
            return points
        return np.vstack([x0, points])

    def _next(self) -> Any:
        try:
            return self._search.ask()
        except TypeError as error:
            if not _without_models(self._search):
                raise
            self._notes.append(f"a metamodel of Nevergrad raised {error!r}; the search goes on without metamodels")
            return self._search.ask()

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        told = np.minimum(self._penalty.batch(values), MOST).tolist()
        if len(told) > len(self._asked):
            self._tell_of_another(points[0], told.pop(0))
        for candidate, value in zip(self._asked, told, strict=True):
            self._search.tell(candidate, value)

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        self._tell_of_another(x, fx)

    def notes(self) -> list[str]:
        said, self._notes = self._notes, []
        return said

    def close(self) -> None:
        self._search = None  # some keep a thread, which ends with the last reference to them
        self._asked = []

    def _tell_of_another(self, x: NDArray[np.float64], fx: float) -> None:
        with suppress(self._unsupported):  # some can use only what they asked for
            self._search.tell(self._search.parametrization.spawn_child(new_value=self._box.unit(x)), min(fx, MOST))

    def exhausted(self) -> str | None:
        budget, done = self._search.budget, self._search.num_ask
        return f"its budget of {budget} evaluations is used" if budget is not None and done >= budget else None
