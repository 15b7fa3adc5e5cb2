"""Checks of what a user sets: each returns the value in its proper type, or says what was wrong and what to give.

Every message has the form ``Class: argument is value; give ...``, so that the setting can be found in a
configuration file as well as in a script.
"""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from numbers import Real
from types import UnionType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glompo.earlier_names import SETTINGS as EARLIER_SETTINGS
from glompo.errors import SettingError, SettingTypeError
from glompo.peer_names import OF_AN_OPTIMIZER, remedy_for, remedy_near
from glompo.values import called, reals


@cache
def parameters_of(kind: type) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of the constructor of a class, `self` first; it takes long, and each start asks."""
    return inspect.signature(kind.__init__).parameters  # type: ignore[misc]


def as_whole(value: object) -> int | None:
    """Return `value` as an int; None if it is no whole number. True, False and 100.0 are none."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # what is no index raises TypeError
    except TypeError:
        return None


def as_real(value: object) -> float | None:
    """Return `value` as a float, infinite if it is too large for one; None if it is no real number, as True is none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def whole_number(owner: object, name: str, value: object, at_least: int) -> int:
    """Return `value` as an int of `at_least` or more.

    Parameters
    ----------
    owner : object
        Object that has the setting; its class is named in the message.
    name : str
        Name of the argument.

    Raises
    ------
    SettingTypeError
        If it is no whole number. True, False and 100.0 are none.
    SettingError
        If it is too small.
    """
    remedy = f"give a whole number, {at_least} or more"
    number = as_whole(value)
    if number is None:
        raise SettingTypeError(_complaint(owner, name, value, remedy))
    if number < at_least:
        raise SettingError(_complaint(owner, name, value, remedy))
    return number


def whole_number_or_none(owner: object, name: str, value: object, at_least: int) -> int | None:
    """Return None for None, else :func:`whole_number`."""
    return None if value is None else whole_number(owner, name, value, at_least)


def number(
    owner: object,
    name: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
) -> float:
    """Return `value` as a finite float with low <= value <= high.

    Parameters
    ----------
    owner, name
        As in :func:`whole_number`.
    above, below : bool
        Whether `low` itself is excluded, and whether `high` is.

    Raises
    ------
    SettingTypeError
        If it is no real number.
    SettingError
        If it is nan, infinite or out of range.
    """
    remedy = f"give a finite number{_range(low, high, above, below)}"
    result = as_real(value)
    if result is None:
        raise SettingTypeError(_complaint(owner, name, value, remedy))
    if (
        not math.isfinite(result)
        or not low <= result <= high
        or (above and result == low)
        or (below and result == high)
    ):
        raise SettingError(_complaint(owner, name, value, remedy))
    return result


def limit(owner: object, name: str, value: object) -> float:
    """Return `value` as a float above 0, or inf, which is no limit; see :func:`number`."""
    return math.inf if value == math.inf else number(owner, name, value, 0, above=True)


def whole_limit(owner: object, name: str, value: object) -> int | float:
    """Return `value` as an int of 1 or more, or inf, which is no limit; see :func:`whole_number`."""
    return math.inf if value == math.inf else whole_number(owner, name, value, 1)


def yes_or_no(owner: object, name: str, value: object) -> bool:
    """Return `value` as a bool; anything but True and False raises SettingTypeError."""
    if not isinstance(value, (bool, np.bool_)):
        raise SettingTypeError(_complaint(owner, name, value, "give True or False"))
    return bool(value)


Peers = Literal["first", "last", "never"]
"""When to think of what other libraries call the settings of a run: before names of ours that are alike, after, or not.

A run has it first, an optimizer, which has settings that are called so itself, last, and a stopper never.
"""


def refuse_unknown(owner: str, given: Iterable[str], known: Collection[str], peers: Peers = "never") -> None:
    """Refuse settings that do not exist.

    Raises
    ------
    SettingTypeError
        Naming the setting, and the nearest one that there is.
    """
    for name in given:
        if name not in known:
            raise SettingTypeError(f"{owner} has no setting {name!r}; {_remedy(name, known, peers)}")


def _remedy(name: str, known: Collection[str], peers: Peers) -> str:
    if name in EARLIER_SETTINGS:
        return f"it is called {EARLIER_SETTINGS[name]!r} here"
    if peers == "first" and (remedy := remedy_for(name)) is not None:
        return remedy
    if near := get_close_matches(name, list(known), 1):
        return f"did you mean {near[0]!r}?"
    remedy = remedy_near(name) if peers == "first" else remedy_for(name) if peers == "last" else None
    if peers == "last" and remedy == OF_AN_OPTIMIZER:
        remedy = None
    return remedy or f"it has {', '.join(sorted(known)) or 'none'}"


def refuse_class(name: str, given: object) -> None:
    """Refuse a class, or several joined by ``|``, where instances are meant.

    Raises
    ------
    SettingTypeError
        Showing the call that makes the instance, with the settings that it needs.
    """
    if isinstance(given, UnionType):
        calls = " | ".join(_call(one) for one in given.__args__)
        raise SettingTypeError(f"{name} is {given}, which are classes; give instances, {calls}")
    if inspect.isclass(given):
        raise SettingTypeError(f"{name} is the class {given.__name__}; give an instance, {_call(given)}")


def _call(cls: type) -> str:
    try:
        parameters = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):  # not written in Python
        return f"{cls.__name__}(...)"
    needed = [one.name for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    listed = ["..." for one in parameters if one.kind is one.VAR_POSITIONAL]
    return f"{cls.__name__}({', '.join([*(f'{one}=...' for one in needed), *listed])})"


def point(owner: object, name: str, value: object) -> NDArray[np.float64]:
    """Return `value` as a vector of finite numbers, shape (d,), that is read-only.

    Raises
    ------
    SettingTypeError
        If it does not consist of numbers.
    SettingError
        If it has another shape, is empty, or holds nan or infinity.
    """
    vector = _floats(owner, name, value, "give a sequence of numbers, one for each parameter")
    if vector.ndim != 1 or vector.size == 0 or not np.isfinite(vector).all():
        raise SettingError(_complaint(owner, name, value, "give one finite number for each parameter"))
    return vector


def box(owner: object, name: str, value: object) -> NDArray[np.float64]:
    """Return `value`, a sequence of (min, max), as an array of shape (d, 2).

    Raises
    ------
    SettingTypeError
        If it does not consist of numbers.
    SettingError
        If it is no list of pairs, holds nan or infinity, or a minimum lies above its maximum.
    """
    remedy = "give one pair (min, max) of finite numbers for each parameter, or None for the bounds of the run"
    pairs = _floats(owner, name, value, remedy)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs) or not np.isfinite(pairs).all():
        raise SettingError(_complaint(owner, name, value, remedy))
    if (pairs[:, 0] > pairs[:, 1]).any():
        raise SettingError(_complaint(owner, name, value, f"{remedy}; min must not lie above max"))
    return pairs


def _floats(owner: object, name: str, value: Any, remedy: str) -> NDArray[np.float64]:
    try:
        floats = reals(value)
    except ValueError:  # rows of different lengths
        raise SettingError(_complaint(owner, name, value, remedy)) from None
    except (TypeError, OverflowError):
        raise SettingTypeError(_complaint(owner, name, value, remedy)) from None
    if np.asarray(value).dtype.kind == "b":
        raise SettingTypeError(_complaint(owner, name, value, remedy))
    floats.flags.writeable = False
    return floats


def _range(low: float, high: float, above: bool, below: bool) -> str:
    parts = []
    if low > -math.inf:
        parts.append(f"greater than {low:g}" if above else f"of at least {low:g}")
    if high < math.inf:
        parts.append(f"less than {high:g}" if below else f"at most {high:g}")
    return " " + " and ".join(parts) if parts else ""


def _complaint(owner: object, name: str, value: object, remedy: str) -> str:
    return f"{called(owner)}: {name} is {value!r}; {remedy}"
