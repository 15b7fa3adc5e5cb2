"""More than a value: the extras of a task's detailed call, their names, and the residuals that a task declares.

A task *declares its residuals* in one of two ways:

* it has a method ``residuals(x)``, which returns them as an array of shape (n,);
* they are among the extras of its `detailed_call`: the one that `headers` calls ``residuals``, or those whose names
  the attribute ``residuals`` of the task holds, one text or several.

If both are there the extras are taken, for one detailed call gives everything. The value of such a task is the sum of
the squares of its residuals.

A task *declares its gradient* by a method ``gradient(x)``, which returns an array of shape (d,), in natural units.
Optimizers that use slopes then ask for value and gradient together, and that is one evaluation.
"""

from __future__ import annotations

import enum
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, SettingTypeError
from glompo.function import BaseFunction
from glompo.values import without_masks

GRADIENT = "gradient"
"""Name of the method, and of the column in which gradients are recorded."""

RESIDUALS = "residuals"
"""Name of the method, of the attribute, and of the extra that hold residuals."""

OTHERS = "extras_of"
"""Name of a method that makes the extras of `headers` out of the residuals, where these are a method."""

WITHOUT = "without_residuals"
"""Name of an attribute of a task that says in a text why it has no residuals."""

VALUE = "fx"
"""Name that `headers` may give to the value itself, which comes before the extras."""


class Ask(enum.IntEnum):
    """What one evaluation of a task is to give; the last two are for tasks that have these methods."""

    VALUE = 0
    DETAILS = 1
    RESIDUALS = 2
    GRADIENT = 3


@dataclass(frozen=True, slots=True)
class Details:
    """What a task says of its extras.

    Attributes
    ----------
    names : tuple of str
        The extras of its `detailed_call`, in order; empty if it does not say.
    types : tuple
        Their types, None where it does not say.
    residuals : tuple of int or None
        Places of its residuals among the extras, if these hold them; else None.
    method : bool
        Whether its residuals are a method.
    gradient : bool
        Whether it has a method for its gradient.
    """

    names: tuple[str, ...] = ()
    types: tuple[Any, ...] = ()
    residuals: tuple[int, ...] | None = None
    method: bool = False
    gradient: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all that is recorded of an evaluation besides its value; what comes from methods is last."""
        ours = ((RESIDUALS, self.method), (GRADIENT, self.gradient and GRADIENT not in self.names))
        return (*self.names, *(name for name, there in ours if there))

    def row(self, column: str, extras: Sequence[Any]) -> tuple[Any, ...]:
        """Return what is recorded of an evaluation of which one column, from a method, was asked for, up to that.

        It is the last of the extras; what the task tells of its own columns comes before it, or else None.
        """
        *others, value = extras
        place = self.columns.index(column)
        told = others if len(others) == len(self.names) <= place else ()
        return (*told, *(None for _ in range(place - len(told))), value)

    def objection(self, extras: Sequence[Any]) -> str:
        """Return what is wrong with the extras of an evaluation, naming both sides; empty if they are as announced."""
        if not self.names:
            return ""
        if len(extras) != len(self.names):
            return (
                f"detailed_call returned {len(extras)} extra values, ({_shapes(extras)}), but headers() names "
                f"{len(self.names)}, ({', '.join(self.names)}); let headers() name each value after fx, in order"
            )
        for name, kind, value in zip(self.names, self.types, extras, strict=True):
            if not _may_be(kind, value):
                return (
                    f"detailed_call returned {_shape(value)} for {name!r}, but headers() says {kind.__name__}: it "
                    f"returned ({_shapes(extras)}), and headers() names ({', '.join(self.names)}); the order may differ"
                )
        return ""


def details_of(task: object) -> Details:
    """Return what a task says of its extras and residuals.

    Raises
    ------
    SettingError, SettingTypeError
        If `headers` or `residuals` of the task say nothing that can be meant.
    """
    names, types = _headers_of(task) if offers_details(task) else ((), ())
    declared = getattr(task, RESIDUALS, None)
    wanted = (RESIDUALS,) if RESIDUALS in names else ()
    if isinstance(declared, str):
        wanted = (declared,)
    elif isinstance(declared, (tuple, list)) and declared and all(isinstance(one, str) for one in declared):
        wanted = tuple(declared)
    places = places_of(wanted, names, "the attribute residuals of the task") if wanted else None
    return Details(names, types, places, places is None and callable(declared), declares_gradient(task))


def declares_gradient(task: object) -> bool:
    """Return whether a task has a method for its gradient."""
    return callable(getattr(task, GRADIENT, None))


def declares_residuals(task: object) -> bool:
    """Return whether a task declares residuals, in whichever way.

    Examples
    --------
    >>> class Line:
    ...     def __call__(self, x):
    ...         return float(self.residuals(x) @ self.residuals(x))
    ...
    ...     def residuals(self, x):
    ...         return x - 3.0
    >>> declares_residuals(Line()), declares_residuals(abs)
    (True, False)
    """
    said = details_of(task)
    return said.method or said.residuals is not None


def offers_details(task: object) -> bool:
    """Return whether a task has a `detailed_call` of its own; the one inherited from `BaseFunction` is none."""
    call = getattr(type(task), "detailed_call", None) or getattr(task, "detailed_call", None)
    return callable(call) and call is not BaseFunction.detailed_call


def places_of(wanted: Iterable[str | int], names: tuple[str, ...], whose: str) -> tuple[int, ...]:
    """Return the places among the extras of those that are named, or given by their places.

    Raises
    ------
    SettingError
        If `headers` has no such name; `whose` says where it is named.
    """
    places = []
    for one in wanted:
        if isinstance(one, str) and one not in names:
            there = f"headers() names ({', '.join(names)})" if names else "the task has no headers() with that name"
            raise SettingError(f"{whose} names {one!r}, but {there}; name extra values of detailed_call")
        places.append(names.index(one) if isinstance(one, str) else one)
    return tuple(places)


def residual_vector(raw: Any) -> NDArray[np.float64]:
    """Return what a method `residuals` returned as an array of shape (n,).

    Raises
    ------
    ValueError
        If it is no row of one or more real numbers.
    """
    array = np.asarray(without_masks(raw))  # a masked residual is no residual: nan, and the evaluation is invalid
    if array.ndim != 1 or not array.size or not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise ValueError(f"residuals(x) returned {_shape(raw)}, not an array of shape (n,) of numbers")
    if np.iscomplexobj(array):
        raise ValueError("residuals(x) returned complex numbers; give real ones")
    return array.astype(np.float64)


def residuals_among(extras: Sequence[Any], places: Sequence[int]) -> NDArray[np.float64]:
    """Return the extras at `places` as one array of shape (n,); arrays among them are flattened.

    Raises
    ------
    SettingError
        If there are fewer extras.
    ValueError
        If one holds something else than numbers.
    """
    if max(places) >= len(extras):
        raise SettingError(
            f"detailed_call returned {len(extras)} extra values, columns are {tuple(places)}; give positions below "
            "that number"
        )
    return np.concatenate([np.ravel(np.asarray(without_masks(extras[place]), dtype=float)) for place in places])


def residual_call(task: Any) -> Callable[[NDArray[np.float64]], tuple[Any, ...]]:
    """Return a function that gives value and residuals of a task whose residuals are a method, at one cost.

    What the method ``extras_of`` of the task makes of the residuals stands between them.
    """
    others = getattr(task, OTHERS, None)

    def call(x: NDArray[np.float64]) -> tuple[Any, ...]:
        residuals = residual_vector(task.residuals(x))
        return (float(residuals @ residuals), *(() if others is None else others(residuals)), residuals)

    return call


def gradient_call(task: Any) -> Callable[[NDArray[np.float64]], tuple[Any, NDArray[np.float64]]]:
    """Return a function that gives value and gradient of a task, in one evaluation."""

    def call(x: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64]]:
        value, raw = task(x.copy()), task.gradient(x)
        slopes = np.asarray(without_masks(raw))
        if slopes.shape != x.shape or slopes.dtype.kind not in "fiu":
            raise ValueError(f"gradient(x) returned {_shape(raw)}, not an array of shape {x.shape} of real numbers")
        if not np.isfinite(slopes).all():
            raise ValueError(f"gradient(x) returned {slopes}, which holds what is no number")
        return value, slopes.astype(np.float64)

    return call


def _headers_of(task: Any) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Return names and types of the extras, without a leading `fx`."""
    headers = getattr(task, "headers", None)
    if headers is None or getattr(type(task), "headers", None) is BaseFunction.headers:
        return (), ()
    try:
        given = headers() if callable(headers) else headers
        pairs = list(given.items()) if isinstance(given, Mapping) else [(name, None) for name in _texts(given)]
    except Exception as error:
        raise SettingTypeError(
            f"headers() of the task raised {type(error).__name__}: {error}; let it return {{name: type}} for the "
            "values of detailed_call after fx"
        ) from error
    if pairs and str(pairs[0][0]) == VALUE:
        pairs = pairs[1:]
    names = tuple(str(name) for name, _ in pairs)
    twice = [name for name in names if names.count(name) > 1]
    if twice or VALUE in names or "" in names:
        wrong = twice[0] if twice else VALUE if VALUE in names else ""
        raise SettingError(
            f"headers() of the task names ({', '.join(names)}); {wrong!r} cannot be told from another column there: "
            "give each value after fx a name of its own"
        )
    return names, tuple(kind if isinstance(kind, type) else None for _, kind in pairs)


def _texts(given: Any) -> list[str]:
    if isinstance(given, str) or not all(isinstance(name, str) for name in given):
        raise TypeError(f"it returned {given!r}")
    return list(given)


def _may_be(kind: Any, value: Any) -> bool:
    """Return whether a value may be meant by a type in `headers`; in doubt, it may."""
    if value is None or kind is None or isinstance(value, kind):
        return True
    if kind is np.ndarray:
        return isinstance(value, (list, tuple, numbers.Number))
    if kind in (float, int, bool, complex) or issubclass(kind, (np.number, np.bool_)):
        return isinstance(value, (numbers.Number, np.bool_)) or (hasattr(value, "__float__") and np.ndim(value) == 0)
    if kind in (list, tuple):
        return isinstance(value, (list, tuple, np.ndarray))
    return kind is not str


def _shapes(values: Sequence[Any]) -> str:
    few = ", ".join(map(_shape, values[:20]))
    return few if len(values) <= 20 else f"{few}, ..."


def _shape(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
