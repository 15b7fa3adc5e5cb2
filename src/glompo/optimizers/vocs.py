"""The problem of a gest-api generator, between its dictionaries and our vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.function import Outcome, Status, assess


class Variables:
    """Continuous variables with bounds, constants, and one objective.

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
