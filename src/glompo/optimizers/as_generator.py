"""An optimizer of ours as a generator of the gest-api standard, for frameworks that drive such generators."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, SettingTypeError
from glompo.optimizers.settings import library
from glompo.optimizers.stepper import StepperOptimizer


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
        self._validate_vocs(vocs)
        self._names = list(vocs.variables)
        self._constants = {name: constant.value for name, constant in vocs.constants.items()}
        self._objective, kind = next(iter(vocs.objectives.items()))
        self._sign = -1.0 if "Maximize" in type(kind).__name__ else 1.0
        bounds = np.array([variable.domain for variable in vocs.variables.values()], dtype=float)
        self._workers = optimizer.workers
        self._stepper = optimizer.stepper(self._start(vocs, bounds, x0 or {}), bounds)
        self._points = np.empty((0, len(bounds)))
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
        return [{**self._named(self._points[i]), "_id": self._first_id + i} for i in chosen]

    def ingest(self, results: list[dict[str, Any]]) -> None:
        """Take values, those of suggested points by their ``_id``, others as good advice; not finite for a failure.

        Raises
        ------
        ValueError
            If an ``_id`` is not one that waits for its value.
        """
        for result in results:
            fx = self._sign * float(result[self._objective])
            fx = fx if math.isfinite(fx) else math.inf
            if "_id" not in result:
                self._stepper.inject(np.array([result[name] for name in self._names], dtype=float), fx)
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
        reason = self._stepper.finished()
        if reason is not None:
            raise ValueError(f"the optimizer has converged: {reason}")
        self._points = self._stepper.ask(self._workers)
        self._values = [None] * len(self._points)

    def _validate_vocs(self, vocs: Any) -> None:
        if len(vocs.objectives) != 1 or "Explore" in type(next(iter(vocs.objectives.values()))).__name__:
            raise ValueError(f"objectives are {vocs.objectives}; give one to be minimised or maximised")
        if vocs.constraints:
            raise ValueError(f"constraints are {vocs.constraints}; our optimizers know bounds only")
        for name, variable in vocs.variables.items():
            if type(variable).__name__ != "ContinuousVariable":
                raise ValueError(f"variable {name} is {variable}; our optimizers take continuous ones with bounds")

    def _start(self, vocs: Any, bounds: NDArray[np.float64], given: Mapping[str, float]) -> NDArray[np.float64]:
        unknown = set(given) - set(self._names)
        if unknown:
            raise SettingError(f"x0 names {sorted(unknown)}; the variables are {self._names}")
        middle = bounds.mean(axis=1).tolist()
        usual = [
            mid if variable.default_value is None else variable.default_value
            for mid, variable in zip(middle, vocs.variables.values(), strict=True)
        ]
        return np.array([given.get(name, value) for name, value in zip(self._names, usual, strict=True)], dtype=float)

    def _named(self, x: NDArray[np.float64]) -> dict[str, Any]:
        return {**dict(zip(self._names, x.tolist(), strict=True)), **self._constants}
