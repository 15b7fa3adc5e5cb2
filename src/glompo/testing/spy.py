"""See an optimizer from inside its worker, through a subclass made for the occasion."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Option
from glompo.optimizer import BaseOptimizer


@dataclass(slots=True)
class Witness:
    """What was seen of one optimizer.

    Attributes
    ----------
    instance : BaseOptimizer or None
        The optimizer.
    bounds : list of (float, float)
        Those that its `minimize` got.
    x0 : ndarray of shape (m,), or None
        Where that began.
    points : list of ndarray, shape (m,)
        What it asked for, in its own units.
    values : list
        What it was answered.
    keys : list of int
        Signal keys that `check_messages` returned.
    injected : list of (ndarray of shape (m,), float, dict)
        Points given to `inject`, and the incumbent after each.
    """

    instance: BaseOptimizer | None = None
    bounds: list[tuple[float, float]] = field(default_factory=list)
    x0: NDArray[np.float64] | None = None
    points: list[NDArray[np.float64]] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    injected: list[tuple[NDArray[np.float64], float, dict[str, Any]]] = field(default_factory=list)


def watched(
    option: Option,
    witness: Witness,
    first: Callable[[BaseOptimizer], None] = lambda optimizer: None,
    deaf: bool = False,
    scaler: str | None = None,
) -> Option:
    """Return an option whose optimizers tell `witness` what they see.

    Parameters
    ----------
    option : Option
        The optimizer under test.
    witness : Witness
        Who is told.
    first : callable
        Called with the optimizer at the beginning of its `minimize`.
    deaf : bool
        Whether its `check_messages` does nothing.
    scaler : str, optional
        Scale of the parameters that is asked for instead.
    """
    cls: Any = option.cls

    def minimize(self: Any, function: Any, x0: Any, bounds: Any, **more: Any) -> Any:
        witness.instance = self
        witness.bounds, witness.x0 = list(bounds), np.array(x0)
        first(self)
        return cls.minimize(self, _Overheard(function, witness), x0, bounds, **more)

    def check_messages(self: Any) -> list[int]:
        keys: list[int] = [] if deaf else cls.check_messages(self)
        witness.keys.extend(keys)
        return keys

    def inject(self: Any, x: Any, fx: float) -> None:
        given = np.array(x)
        cls.inject(self, x, fx)
        witness.injected.append((given, fx, dict(self.incumbent)))

    body: dict[str, Any] = {"minimize": minimize, "check_messages": check_messages, "inject": inject}
    body["__module__"] = cls.__module__
    if scaler is not None:
        body["scaler"] = scaler
    return replace(option, cls=types.new_class(cls.__name__, (cls,), {}, lambda names: names.update(body)))


class _Overheard:
    """The function, whose calls are recorded."""

    def __init__(self, function: Any, witness: Witness) -> None:
        self._function = function
        self._witness = witness

    def __call__(self, x: Any) -> Any:
        """Return the value at `x`."""
        value = self._function(x)
        self._note([x], [value])
        return value

    def map(self, X: Sequence[Any]) -> Any:
        """Return the values at all rows of `X`."""
        values = self._function.map(X)
        self._note(X, values)
        return values

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._function, name)
        if name == "detailed_call":
            return lambda x: self._detailed([x], [member(x)])[0]
        if name == "flow":
            return partial(self._flow, member)
        if name in ("map_detailed", "map_residuals"):
            return lambda X: self._detailed(X, member(X))
        return member

    def _flow(
        self, flow: Any, asked: dict[int, Any], tell: Callable[[int, float], bool], heed: Callable[[], bool]
    ) -> None:
        def heard(number: int, value: float) -> bool:
            self._note([asked[number]], [value])
            return tell(number, value)

        flow(asked, heard, heed)

    def _detailed(self, points: Sequence[Any], rows: Sequence[Any]) -> Sequence[Any]:
        self._note(points, [row[0] for row in rows])
        return rows

    def _note(self, points: Sequence[Any], values: Sequence[Any]) -> None:
        self._witness.points.extend(np.array(x, dtype=float) for x in points)
        self._witness.values.extend(values)
