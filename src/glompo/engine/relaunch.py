"""From the record of an optimizer back to what it takes to start it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from glompo.core.decisions.user_requests import POINT_LABEL
from glompo.core.evaluations.evaluations import Evaluations, History
from glompo.core.policies.ports import Option, placeless
from glompo.core.state.optimizer_state import OptimizerState
from glompo.errors import SettingError
from glompo.events import StartRequested
from glompo.wire.launch_request import RecordedHistory, SavedState
from glompo.worker.injected_point import InjectedPoint

POINT = Option(InjectedPoint, label=POINT_LABEL)
"""What evaluates a point that was injected."""


def option_for(request: StartRequested, options: Sequence[Option]) -> Option:
    """Return the option that `request` was made from.

    It is the one with the same class and settings; functions among these are told by their names. Settings that a
    selector made up on the way are taken from the record, if the class is offered and they are plain data.

    Raises
    ------
    SettingError
        If no such optimizer is offered.
    """
    if request.injected_by:
        return POINT
    same_kind = [one for one in options if one.kind == request.kind]
    config = _without_places(request.config)
    for one in same_kind:
        if one.describe() == config and (one.slots == request.slots or request.shared):
            return replace(one, slots=request.slots)
    settings = {name: value for name, value in config.items() if name != "minimize"}
    if (
        same_kind
        and "*" not in settings
        and not any(isinstance(value, str) and value.startswith("<") for value in settings.values())
    ):
        return Option(same_kind[0].cls, (), settings, request.config.get("minimize", {}), request.slots)
    offered = ", ".join(sorted({one.kind for one in options}))
    raise SettingError(
        f"optimizer {request.opt} of the run to be resumed is {request.kind} with {request.config}; this call offers "
        f"{offered}. Give the same optimizers as before"
    )


def _without_places(value: Any) -> Any:
    """Return recorded settings as they are recorded now: earlier versions wrote the addresses of functions."""
    if isinstance(value, str):
        return placeless(value)
    if isinstance(value, list):
        return [_without_places(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_places(item) for name, item in value.items()}
    return value


def recorded_history(one: OptimizerState, history: History, saved: SavedState | None = None) -> RecordedHistory:
    """Return what an optimizer did since its search began, for it to go on from there.

    Parameters
    ----------
    one : OptimizerState
        The optimizer.
    history : History
        Where its evaluations are read that are no longer in memory.
    saved : SavedState, optional
        Its last saved state.
    """
    opt, first = one.request.opt, one.resumption.first
    path = Evaluations(opt, one.trajectory, history).rows(first)
    extras = history.extras(opt)[first:]  # whatever is logged now: what it took in then, it must get again
    return RecordedHistory(path.X.copy(), path.f.copy(), path.status.copy(), tuple(one.taken), extras, first, saved)
