"""The state of a run as plain data, and back.

A snapshot is a disposable shortcut: the state is the fold of the journal, and a snapshot saves folding its
beginning. It holds dictionaries, lists, numbers, text and arrays only; reading one builds nothing but the types
named here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from glompo.core.evaluations.trajectory import Trajectory
from glompo.core.state.injections import Injections
from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.optimizer_state import Best, OptimizerState, Resumption
from glompo.core.state.regime_totals import RegimeTotals
from glompo.core.state.requests import PendingRequests
from glompo.core.state.retention import Retention
from glompo.core.state.run_facts import Checkpoints
from glompo.core.state.run_state import RunState
from glompo.errors import StoreError
from glompo.events import (
    Asked,
    CheckpointBegun,
    IncumbentSent,
    NotSaved,
    PauseRequested,
    PointsKnown,
    RunOpened,
    Sampled,
    Saved,
    SaveRequested,
    StartRequested,
    StopRequested,
)
from glompo.events.enums import Word
from glompo.events.verdict import Verdict

_KNOWN: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        RunState, OptimizerState, Best, Retention, RunOpened, StartRequested, PauseRequested, StopRequested,
        IncumbentSent, Resumption, Checkpoints, SaveRequested, Saved, NotSaved, CheckpointBegun, Asked,
        PendingRequests, RegimeTotals, Verdict, How, Phase, PointsKnown, Sampled,
        Injections,
    )
}  # fmt: skip
_DERIVED = ("alive", "left", "holders")
"""Fields that follow from others."""

_FIELDS = {
    cls: tuple(field.name for field in fields(cls) if field.name not in _DERIVED)
    for cls in _KNOWN.values()
    if is_dataclass(cls)
}
_TYPE = "@"
_AS_THEY_ARE = (type(None), bool, int, float, str, np.ndarray)

LAYOUT = ";".join(f"{cls.__name__}({','.join(names)})" for cls, names in _FIELDS.items()) + ",".join(
    Trajectory(1).memory()
)
"""What a snapshot holds; of one with another layout nothing can be made."""


class Dump:
    """States of one run as plain data, one after the other as it goes on.

    What has been said of an optimizer that has ended is kept for the next time, for the rest of the session.
    """

    def __init__(self) -> None:
        self._ended: dict[int, tuple[int, dict[str, Any]]] = {}
        self._looked_at = 0
        self._session = 0

    def prepare(self, state: RunState, most: int) -> bool:
        """Look at up to `most` optimizers more, and return whether that was all: then a dump takes no long time."""
        self._begin(state)
        last = min(len(state.optimizers), self._looked_at + most)
        for opt in range(self._looked_at + 1, last + 1):
            self._said(state.optimizers[opt])
        self._looked_at = last
        return last == len(state.optimizers)

    def of(self, state: RunState) -> dict[str, Any]:
        """Return `state` as plain data, which does not change when the state does."""
        self._begin(state)
        named = {name: _plain(getattr(state, name)) for name in _FIELDS[RunState] if name != "optimizers"}
        items = [[opt, self._said(one)] for opt, one in state.optimizers.items()]
        return {_TYPE: "RunState", **named, "optimizers": {_TYPE: "dict", "items": items}}

    def _begin(self, state: RunState) -> None:
        if state.session != self._session:  # optimizers that had ended may be back
            self._ended, self._looked_at, self._session = {}, 0, state.session

    def _said(self, one: OptimizerState) -> dict[str, Any]:
        opt, start = one.request.opt, one.trajectory.start
        said = self._ended.get(opt)
        if one.phase is Phase.ENDED and said is not None and said[0] == start:
            return said[1]
        new: dict[str, Any] = _plain(one)
        if one.phase is Phase.ENDED:  # it may still forget rows, and then begins later
            self._ended[opt] = start, new
        return new


def dump(state: RunState) -> dict[str, Any]:
    """Return `state` as plain data."""
    return Dump().of(state)


def load(data: dict[str, Any]) -> RunState:
    """Return the state that :func:`dump` described.

    Raises
    ------
    StoreError
        If it describes something else.
    """
    try:
        state = _live(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"this is no snapshot of this version: {error!r}; delete it") from error
    if not isinstance(state, RunState):
        raise StoreError(f"this snapshot holds a {type(state).__name__}, not a run; delete it")
    state.left = {opt: one for opt, one in state.optimizers.items() if one.phase is Phase.LEFT}
    over = (Phase.ENDED, Phase.LEFT)
    state.alive = {opt: one for opt, one in state.optimizers.items() if one.phase not in over}
    holders = [(opt, one) for opt, one in state.alive.items() if one.holds_credits]
    state.holders = dict(sorted(holders, key=lambda item: item[1].heard_at))
    return state


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind in _FIELDS:
        return {_TYPE: kind.__name__, **{name: _plain(getattr(value, name)) for name in _FIELDS[kind]}}
    if isinstance(value, Word):  # an event says plain text once it has been read
        return str(value)
    if isinstance(value, Enum):
        return {_TYPE: kind.__name__, "value": str(value.value)}
    if isinstance(value, Trajectory):
        return {_TYPE: "Trajectory", **value.memory()}
    if isinstance(value, dict):
        name = "Counter" if isinstance(value, Counter) else "dict"
        return {_TYPE: name, "items": [[_plain(key), _plain(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {_TYPE: "tuple", "items": [_plain(item) for item in value]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _live(value: Any) -> Any:
    kind = type(value)
    if kind is list:
        return [_live(item) for item in value]
    if kind is not dict:
        return value
    name = value[_TYPE]
    if name in ("dict", "Counter"):
        pairs = {_live(key): _live(item) for key, item in value["items"]}
        return Counter(pairs) if name == "Counter" else pairs
    if name == "tuple":
        return tuple([_live(item) for item in value["items"]])
    if name == "Trajectory":
        return Trajectory.from_memory(value)
    cls = _KNOWN[name]
    if cls in _FIELDS:
        return cls(**{field: _live(value[field]) for field in _FIELDS[cls]})
    return cls(value["value"])


def same(one: RunState, other: RunState) -> bool:
    """Return whether two states are equal in every field, arrays by content and nan equal to itself."""
    return _equal(dump(one), dump(other))


def _equal(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal(item, b[key]) for key, item in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    return bool(a == b) or bool(a != a and b != b)
