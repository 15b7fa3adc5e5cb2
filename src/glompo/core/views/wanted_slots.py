"""Slots that injected points need, and optimizers that wait for some."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.state.lifecycle import Phase
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events.enums import By


def wanted_for_points(view: RunView) -> int:
    """Return the slots needed for points that wait: one at a time, or none where optimizers share all slots."""
    if not view.injections.asked:
        return 0
    shared = view.n_started > 0 and not view[1].held
    return int(not shared)


def displaced(view: RunView) -> Iterator[OptimizerView]:
    """Yield the optimizers that rest because there were too few slots, and go on as soon as there are, in order."""
    for one in view.alive:
        if one.phase is Phase.PAUSED and one.pause_by == By.SLOTS and not view.held(one.opt):
            yield one
