"""An optimizer of ours as a generator of the gest-api standard, for frameworks that drive such generators."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, SettingTypeError
from glompo.function import Outcome, Status, assess
from glompo.optimizers.stepper import StepperOptimizer
from glompo.optional import library


def as_generator(optimizer: StepperOptimizer, vocs: Any, x0: Mapping[str, float] | None = None) -> SteppedGenerator:
    """Return an optimizer that asks and tells as a generator of the gest-api standard.

    What is turned round is one optimizer; there is no manager, no stopper and no record.

    Parameters
    ----------
    optimizer : StepperOptimizer
        For example ``CMAOptimizer(sigma0=0.1, workers=8)``: with k workers its batches have k points or more. It must
        not be used for anything else.
    vocs : gest_api.vocs.VOCS
        Continuous variables with bounds, constants, and one objective to be minimised or maximised.
    x0 : mapping, optional
        Starting value of each variable; by default its `default_value`, else the middle of its bounds.

    Raises
    ------
    SettingTypeError
        If the optimizer does not ask and tell.
    ValueError
        If the problem has other variables, constraints, or not one objective.
    """
    if not isinstance(optimizer, StepperOptimizer):
        raise SettingTypeError(
            f"{type(optimizer).__name__} evaluates by itself and cannot be asked; give a StepperOptimizer, for example "
            "CMAOptimizer"
        )
    library("as_generator", "gest_api", "gest").Generator.register(SteppedGenerator)
    return SteppedGenerator(optimizer, vocs, x0)


class SteppedGenerator:
    """Suggests the points of one batch after the other, and goes on when all values of a batch are there.

    Made by :func:`as_generator`.
    """

    returns_id = True

    def __init__(self, optimizer: StepperOptimizer, vocs: Any, x0: Mapping[str, float] | None) -> None:
        self._variables = Variables(vocs)
        self._workers = optimizer.workers
        self._stepper = optimizer.stepper(self._variables.start(x0 or {}), self._variables.bounds)
        self._points = np.empty((0, len(self._variables.names)))
        self._values: list[float | None] = []
        self._first_id = 0
        self._suggested = 0

    def suggest(self, num_points: int | None = None) -> list[dict[str, Any]]:
        """Return points to be evaluated, all that are left of the present batch if their number does not matter.

        Raises
        ------
        ValueError
            If as many points cannot be had before further values are ingested.
        """
        if not self._values:
            self._next_batch()
        left = len(self._values) - self._suggested
        n = left if num_points is None else num_points
        if not 0 < n <= left:
            raise ValueError(f"{num_points} points are asked for, {left} are left until the batch is ingested")
        chosen = range(self._suggested, self._suggested + n)
        self._suggested += n
        return [self._variables.suggestion(self._points[i], self._first_id + i) for i in chosen]

    def ingest(self, results: list[dict[str, Any]]) -> None:
        """Take values, those of suggested points by their ``_id``, others as good advice; not finite for a failure.

        Raises
        ------
        ValueError
            If an ``_id`` is not one that waits for its value.
        """
        for result in results:
            fx = self._variables.value(result)
            fx = fx if math.isfinite(fx) else math.inf
            if "_id" not in result:
                self._stepper.inject(self._variables.point(result), fx)
                continue
            place = result["_id"] - self._first_id
            if not 0 <= place < self._suggested or self._values[place] is not None:
                raise ValueError(f"no suggested point with the _id {result['_id']} waits for its value")
            self._values[place] = fx
        values = [value for value in self._values if value is not None]
        if values and len(values) == len(self._values):
            self._stepper.tell(self._points, np.array(values))
            self._first_id += len(values)
            self._values, self._suggested = [], 0

    def finalize(self) -> None:
        """End the search; nothing can be suggested any more."""
        self._stepper.close()

    def _next_batch(self) -> None:
        if (reason := self._stepper.finished()) is not None:
            raise ValueError(f"the optimizer has converged: {reason}")
        if (limit := self._stepper.exhausted()) is not None:
            raise ValueError(f"the optimizer is exhausted: {limit}")
        self._points = self._stepper.ask(self._workers)
        self._values = [None] * len(self._points)

    def _validate_vocs(self, vocs: Any) -> None:
        Variables(vocs)


class Variables:
    """The problem of a generator, between its dictionaries and our vectors.

    Continuous variables with bounds, constants, and one objective.

    Parameters
    ----------
    vocs : gest_api.vocs.VOCS
        The problem.

    Attributes
    ----------
    names : list of str
        Names of the d variables.
    bounds : ndarray, shape (d, 2)
        Their bounds.
    has_defaults : bool
        Whether one of them has a default value.

    Raises
    ------
    ValueError
        If the problem has other variables, constraints, or not one objective.
    """

    def __init__(self, vocs: Any) -> None:
        _refuse_what_we_cannot_do(vocs)
        self.names = list(vocs.variables)
        self.bounds = np.array([variable.domain for variable in vocs.variables.values()], dtype=float)
        self._usual = [variable.default_value for variable in vocs.variables.values()]
        self.has_defaults = any(default is not None for default in self._usual)
        self._constants = {name: constant.value for name, constant in vocs.constants.items()}
        self._objective, kind = next(iter(vocs.objectives.items()))
        self._sign = -1.0 if "Maximize" in type(kind).__name__ else 1.0

    def start(self, given: Mapping[str, float]) -> NDArray[np.float64]:
        """Return a starting point, shape (d,): what is given, else the default of a variable, else its middle.

        Raises
        ------
        SettingError
            If what is given names something else.
        """
        unknown = set(given) - set(self.names)
        if unknown:
            raise SettingError(f"x0 names {sorted(unknown)}; the variables are {self.names}")
        middle = self.bounds.mean(axis=1).tolist()
        usual = [mid if default is None else default for mid, default in zip(middle, self._usual, strict=True)]
        return np.array([given.get(name, value) for name, value in zip(self.names, usual, strict=True)], dtype=float)

    def suggestion(self, x: NDArray[np.float64], number: int) -> dict[str, Any]:
        """Return the point `x`, shape (d,), and the constants under their names, with `number` as ``_id``."""
        return {**dict(zip(self.names, x.tolist(), strict=True)), **self._constants, "_id": number}

    def point(self, result: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return the point of a result, shape (d,).

        Raises
        ------
        ValueError
            If a variable is missing.
        """
        missing = [name for name in self.names if name not in result]
        if missing:
            raise ValueError(f"the result {dict(result)} has no {', '.join(missing)}")
        return np.array([result[name] for name in self.names], dtype=float)

    def value(self, result: Mapping[str, Any]) -> float:
        """Return the value of a result, to be minimised."""
        return self._sign * float(result[self._objective])

    def outcome(self, result: Mapping[str, Any]) -> Outcome:
        """Return what a result says of its evaluation, to be minimised; without a value it has failed."""
        if self._objective not in result:
            return Outcome(math.nan, Status.FAILED, f"the result has no {self._objective}")
        told = assess(result[self._objective])
        return assess(-told.fx) if self._sign < 0 and not math.isnan(told.fx) else told


def _refuse_what_we_cannot_do(vocs: Any) -> None:
    if len(vocs.objectives) != 1 or "Explore" in type(next(iter(vocs.objectives.values()))).__name__:
        raise ValueError(f"objectives are {vocs.objectives}; give one to be minimised or maximised")
    if vocs.constraints:
        raise ValueError(f"constraints are {vocs.constraints}; our optimizers know bounds only")
    for name, variable in vocs.variables.items():
        array = isinstance(getattr(variable, "dtype", None), tuple)
        if type(variable).__name__ != "ContinuousVariable" or array:
            raise ValueError(f"variable {name} is {variable!r}; our optimizers take continuous numbers with bounds")
