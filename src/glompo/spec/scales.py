"""Scales of the parameters, in all the forms in which users give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import SCALES
from glompo.errors import SettingError, SettingTypeError


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
