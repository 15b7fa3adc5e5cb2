"""Bounds, starting points and scales of the parameters, in all the forms that users give them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import SCALES
from glompo.errors import SettingError, SettingTypeError
from glompo.values import reals


def bounds_of(given: Any) -> NDArray[np.float64]:
    """Return bounds as an array of shape (d, 2).

    Parameters
    ----------
    given : sequence of (min, max), ndarray of shape (d, 2), or scipy.optimize.Bounds
        A parameter with min == max is fixed: optimizers do not see it.

    Raises
    ------
    SettingTypeError, SettingError
        If these are no bounds, or ones that cannot be used: wrong shape, nan, infinite, reversed, all fixed, or a
        2 by 2 array that could mean two pairs as well as two vectors.
    """
    if isinstance(given, Mapping):
        raise _by_name(given)
    if _is_scipy_bounds(given):
        try:
            return _checked(_from_vectors(given.lb, given.ub))
        except TypeError as error:
            raise _no_numbers(given, error) from None
    try:
        bounds = reals(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise _no_numbers(given, error) from None
    if bounds.ndim == 2 and bounds.shape[0] == 2 and bounds.shape[1] > 2:
        raise SettingError(
            f"bounds have shape {bounds.shape}; two vectors are given as scipy.optimize.Bounds(lower, upper), "
            "otherwise give one (min, max) pair for each parameter"
        )
    if bounds.ndim != 2 or bounds.shape[1] != 2 or bounds.size == 0:
        start = ", [(min, max)] if there is one; a start goes into x0" if bounds.ndim == 1 else ""
        raise SettingError(
            f"bounds have shape {bounds.shape}; give one (min, max) pair for each parameter, shape (d, 2){start}"
        )
    bounds = _checked(bounds)
    _refuse_ambiguous(given, bounds)
    return bounds


def x0_of(given: Any, bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a starting point as an array of shape (d,), or several as one of shape (k, d).

    Raises
    ------
    SettingTypeError, SettingError
        If these are no points of that shape inside the bounds.
    """
    if isinstance(given, Mapping):
        numbers = f"x0={list(given.values())}"
        raise SettingTypeError(f"x0 is a mapping, {_brief(given)}; give it in the order of the parameters, {numbers}")
    try:
        x0 = reals(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingTypeError(f"x0 is {_brief(given)} ({error}); give {len(bounds)} numbers") from None
    if x0.ndim not in (1, 2) or x0.shape[-1] != len(bounds) or not len(x0):
        raise SettingError(
            f"x0 has shape {x0.shape}; give one number for each of the {len(bounds)} parameters, or several such points"
        )
    low, high = bounds.T
    for n, point in enumerate(np.atleast_2d(x0)):
        which = "x0" if x0.ndim == 1 else f"point {n} of x0"
        for i in np.flatnonzero(~((low <= point) & (point <= high))).tolist():
            raise SettingError(
                f"{which} lies outside the bounds: parameter {i} is {point[i]}, bounds [{low[i]}, {high[i]}]; "
                "move x0 inside or widen the bounds"
            )
    return x0


def integrality_of(given: Any, bounds: NDArray[np.float64]) -> tuple[bool, ...]:
    """Return which parameters are rounded to whole numbers; an empty tuple if none is.

    Parameters
    ----------
    given : None, 0, 1, or sequence of d of them
        1 for a whole number, as in SciPy; one for all, or one for each parameter.
    bounds : ndarray, shape (d, 2)
        Natural units.

    Raises
    ------
    SettingError
        If it says something else, or there is no whole number between the bounds of one.
    """
    if given is None:
        return ()
    wrong = SettingError(
        f"integrality is {_brief(given)}; give 1 (a whole number) or 0 (any number), for all or for each of the "
        f"{len(bounds)} parameters"
    )
    try:
        wanted = reals(given)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if wanted.shape not in ((), (len(bounds),)) or not np.isin(wanted, (0, 1)).all():
        raise wrong
    whole = np.broadcast_to(wanted, len(bounds)) == 1
    for i in np.flatnonzero(whole & (np.ceil(bounds[:, 0]) > np.floor(bounds[:, 1]))).tolist():
        raise SettingError(
            f"integrality of parameter {i} is 1, but there is no whole number between its bounds, "
            f"{tuple(bounds[i].tolist())}; widen them, or take it out"
        )
    return tuple(whole.tolist()) if whole.any() else ()


def _is_scipy_bounds(given: Any) -> bool:
    optimize = sys.modules.get("scipy.optimize")  # what made such an object has imported it
    return optimize is not None and isinstance(given, optimize.Bounds)


def _from_vectors(low: Any, high: Any) -> NDArray[np.float64]:
    lows, highs = np.broadcast_arrays(np.atleast_1d(reals(low)), np.atleast_1d(reals(high)))
    return np.stack([lows, highs], axis=1)


def _by_name(given: Mapping[Any, Any]) -> SettingTypeError:
    """Return what to write instead of bounds by name, as lmfit and Optuna have them."""
    names, pairs = list(map(str, given)), [_ends(one) for one in given.values()]
    remedy = f"bounds={pairs} and names={names}" if all(pairs) else "bounds=[(min, max), ...] and names=['a', 'b', ...]"
    return SettingTypeError(f"bounds are a mapping, {_brief(given)}; give {remedy}")


def _ends(one: Any) -> tuple[float, float] | None:
    """Return the ends of one range: a pair, or something that has `min` and `max`, or `low` and `high`."""
    for low, high in (("min", "max"), ("low", "high"), ("lb", "ub")):
        if not isinstance(one, np.ndarray) and hasattr(one, low) and hasattr(one, high):
            one = (getattr(one, low), getattr(one, high))
    try:
        ends = reals(one)
    except (TypeError, ValueError, OverflowError):
        return None
    return (float(ends[0]), float(ends[1])) if ends.shape == (2,) else None


def _no_numbers(given: Any, error: Exception) -> SettingTypeError:
    if isinstance(given, (list, tuple)) and any(map(_has_scale, given)):
        pairs = [tuple(row[:2]) if isinstance(row, (list, tuple)) else row for row in given]
        scales = [row[2] if _has_scale(row) else "none" for row in given]
        return SettingTypeError(
            f"bounds are {_brief(given)}; the scale of each parameter is a setting of its own: give bounds={pairs} and "
            f"scaler={scales}, or by names, as scaler={{'name': {scales[0]!r}}}"
        )
    named = not _is_scipy_bounds(given) and "str" in str(error)
    choices = "; a choice among names is a whole number: (0, how many - 1) with integrality, looked up by the task"
    return SettingTypeError(
        f"bounds are {_brief(given)} ({error}); give one (min, max) pair of numbers for each parameter"
        f"{choices if named else ''}"
    )


def _has_scale(row: Any) -> bool:
    return isinstance(row, (list, tuple)) and len(row) == 3 and row[2] in SCALES and not isinstance(row[0], str)


def _checked(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    for complaint in _complaints(bounds):
        raise SettingError(complaint)
    return bounds


def _complaints(bounds: NDArray[np.float64]) -> Iterator[str]:
    for i, (low, high) in enumerate(bounds.tolist()):
        where = f"bounds of parameter {i} are ({low}, {high})"
        if np.isnan(low) or np.isnan(high):
            yield f"{where}; give two numbers, min <= max"
        elif not (np.isfinite(low) and np.isfinite(high)):
            yield f"{where}; the search needs a finite box, give the largest values that make sense"
        elif low > high:
            yield f"{where}; they are reversed, give ({high}, {low})"
        elif not np.isfinite(high - low):
            yield f"{where}; their distance is not a finite number, narrow them"
    if (bounds[:, 0] == bounds[:, 1]).all():
        yield f"all {len(bounds)} parameters are fixed, min == max for each; free at least one"


def _refuse_ambiguous(given: Any, bounds: NDArray[np.float64]) -> None:
    """Refuse a 2 by 2 that could mean (lower vector, upper vector) as well; tuples (min, max) say what they mean."""
    if bounds.shape != (2, 2) or (not isinstance(given, np.ndarray) and all(isinstance(row, tuple) for row in given)):
        return
    if (bounds[0] < bounds[1]).all():
        (a, b), (c, d) = bounds.tolist()
        raise SettingError(
            f"bounds [[{a}, {b}], [{c}, {d}]] can be read in two ways; give tuples [({a}, {b}), ({c}, {d})] if each "
            f"pair is (min, max), or scipy.optimize.Bounds([{a}, {b}], [{c}, {d}]) if these are the lower and the "
            "upper limits"
        )


def _brief(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 80 else f"{text[:77]}..."


def scales_of(given: Any, bounds: NDArray[np.float64], names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the scale of each parameter.

    Parameters
    ----------
    given : str, sequence of str, or mapping of names to str
        One for all; one for each of the d parameters; or by name, where parameters that are not named keep natural
        units.
    bounds : ndarray, shape (d, 2)
        Natural units.
    names : sequence of str, optional
        Names of the parameters, if the user gave some.

    Raises
    ------
    SettingTypeError, SettingError
        If there is no such scale or parameter, or the bounds of one on a logarithmic scale are not positive; fixed
        parameters need no scale.
    """
    listed = _listed(given, len(bounds), names)
    for i, scale in enumerate(listed):
        which = f" of parameter {_called(i, names)}"
        if not isinstance(scale, str) or scale not in SCALES:
            one = "" if isinstance(given, str) else which
            raise SettingError(f"scaler{one} is {scale!r}; use one of {', '.join(map(repr, SCALES))}")
        low, high = bounds[i].tolist()
        if scale == "log" and low <= 0.0 and low < high:
            raise SettingError(
                f"scaler{which} is 'log', but its bounds are ({low}, {high}); a logarithm needs a lower bound above 0: "
                "raise it, or give each parameter its scale, for example "
                f"scaler={['linear' if j == i else one for j, one in enumerate(listed)][:8]}"
            )
    return tuple(listed)


def _listed(given: Any, dims: int, names: Sequence[str] | None) -> list[Any]:
    if isinstance(given, str):
        return [given] * dims
    if isinstance(given, Mapping):
        if names is None:
            raise SettingError(f"scaler is {dict(given)!r}, but the parameters have no names; give names=[...] as well")
        for name in given:
            if name not in names:
                raise SettingError(f"scaler has a parameter {name!r}; the names are {', '.join(map(repr, names))}")
        return [given.get(name, "none") for name in names]
    if not isinstance(given, (Sequence, np.ndarray)):
        raise SettingTypeError(
            f"scaler is {given!r}; use one of {', '.join(map(repr, SCALES))}, or give one for each parameter"
        )
    listed = [str(one) if isinstance(one, str) else one for one in given]
    if len(listed) != dims:
        raise SettingError(f"scaler has {len(listed)} entries, {listed!r}; give one for each of the {dims} parameters")
    return listed


def _called(i: int, names: Sequence[str] | None) -> str:
    return str(i) if names is None else f"{i} ({names[i]})"
