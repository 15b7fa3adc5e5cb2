"""A point as a user gives it, checked against the run that it is injected into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glompo.core.state.requests import refusal_of_point
from glompo.errors import SettingError, SettingTypeError
from glompo.read import RunView
from glompo.read.run_opening import parameter_names
from glompo.values import real

FORMS = "give one number for each parameter, such as 0.5 -2, or all by their names, such as a=0.5 b=-2"


def point_of_text(text: str) -> list[float] | dict[str, float]:
    """Return the point that a text names: numbers in the order of the parameters, or NAME=NUMBER of each.

    Raises
    ------
    SettingError
        If it is neither.
    """
    words = text.replace(",", " ").split()
    named = [word.rpartition("=") for word in words]
    if not words or len({bool(sign) for _, sign, _ in named}) != 1:
        raise SettingError(f"the point is {text[:200]!r}; {FORMS}")
    values = [_number(word, value) for word, (_, _, value) in zip(words, named, strict=True)]
    if not named[0][1]:
        return values
    point = dict(zip((name for name, _, _ in named), values, strict=True))
    if len(point) < len(values):
        twice = next(name for name, _, _ in named if sum(name == other for other, _, _ in named) > 1)
        raise SettingError(f"the point names the parameter {twice} twice; {FORMS}")
    return point


def _number(word: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise SettingError(f"the point holds {word[:80]!r}, which is no number; {FORMS}") from None


def checked_point(given: Any, view: RunView) -> tuple[float, ...]:
    """Return a point in the order of the parameters of a run.

    Parameters
    ----------
    given : sequence of float, or mapping of str to float
        Its d parameters in natural units, in order or by their names.
    view : RunView
        The run.

    Raises
    ------
    SettingError, SettingTypeError
        If the run cannot evaluate it.
    """
    names = parameter_names(view.settings, view.dims)
    values = _in_order(given, names) if isinstance(given, Mapping) else given
    try:
        x = tuple(real(value) for value in values)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingTypeError(f"the point is {type(given).__name__} ({error}); {FORMS}") from None
    refused = refusal_of_point(x, view.bounds, names, view.settings.get("integrality") or ())
    if refused:
        raise SettingError(refused)
    return x


def _in_order(given: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    unknown = [str(name) for name in given if name not in names]
    missing = [name for name in names if name not in given]
    if unknown:
        raise SettingError(f"the run has no parameter {', '.join(unknown)}; it has {', '.join(names)}")
    if missing:
        raise SettingError(f"the point lacks {', '.join(missing)}; give all parameters: {', '.join(names)}")
    return [given[name] for name in names]
