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

from glompo.core.events import (
    Asked,
    CheckpointBegun,
    IncumbentSent,
    NotSaved,
    PauseRequested,
    RunOpened,
    Saved,
    SaveRequested,
    StartRequested,
    StopRequested,
)
from glompo.core.lifecycle import How, Phase
from glompo.core.optimizer_state import Best, OptimizerState
from glompo.core.saving import Checkpoints, Resumption
from glompo.core.state import RunState
from glompo.core.trajectory import Trajectory
from glompo.core.verdict import Verdict
from glompo.core.wishes import Wishes
from glompo.errors import StoreError

_KNOWN: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        RunState,
        OptimizerState,
        Best,
        RunOpened,
        StartRequested,
        PauseRequested,
        StopRequested,
        IncumbentSent,
        Resumption,
        Checkpoints,
        SaveRequested,
        Saved,
        NotSaved,
        CheckpointBegun,
        Asked,
        Wishes,
        Verdict,
        How,
        Phase,
    )
}
_TYPE = "@"


def dump(state: RunState) -> dict[str, Any]:
    """Return `state` as plain data."""
    return _plain(state)  # type: ignore[no-any-return]  # a dataclass becomes a dictionary


def load(data: dict[str, Any]) -> RunState:
    """Return the state that :func:`dump` described.

    Raises
    ------
    StoreError
        If it describes something else.
    """
    try:
        state = _live(data)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"this is no snapshot of this version: {error!r}; delete it") from error
    if not isinstance(state, RunState):
        raise StoreError(f"this snapshot holds a {type(state).__name__}, not a run; delete it")
    state.left = {opt: one for opt, one in state.optimizers.items() if one.phase is Phase.LEFT}
    over = (Phase.ENDED, Phase.LEFT)
    state.alive = {opt: one for opt, one in state.optimizers.items() if one.phase not in over}
    return state


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return {_TYPE: type(value).__name__, "value": str(value.value)}
    if isinstance(value, Trajectory):
        return {_TYPE: "Trajectory", "dims": value.X.shape[1], "columns": _plain(value.columns())}
    if is_dataclass(value):
        named = {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if field.name not in ("alive", "left")
        }
        return {_TYPE: type(value).__name__, **named}
    if isinstance(value, dict):
        kind = "Counter" if isinstance(value, Counter) else "dict"
        return {_TYPE: kind, "items": [[_plain(key), _plain(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {_TYPE: "tuple", "items": [_plain(item) for item in value]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _live(value: Any) -> Any:
    if isinstance(value, list):
        return [_live(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value[_TYPE]
    if kind in ("dict", "Counter"):
        pairs = {_live(key): _live(item) for key, item in value["items"]}
        return Counter(pairs) if kind == "Counter" else pairs
    if kind == "tuple":
        return tuple(_live(item) for item in value["items"])
    if kind == "Trajectory":
        return Trajectory.from_columns(_live(value["columns"]), int(value["dims"]))
    cls = _KNOWN[kind]
    if issubclass(cls, Enum):
        return cls(value["value"])
    return cls(**{name: _live(item) for name, item in value.items() if name != _TYPE})


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
