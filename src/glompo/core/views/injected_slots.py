"""Slots that injected points need."""

from __future__ import annotations

from glompo.core.views.run_view import RunView


def wanted_for_points(view: RunView) -> int:
    """Return the slots needed for points that wait: one at a time, or none where optimizers share all slots."""
    shared = view.n_started > 0 and not view[1].held
    return int(bool(view.injections.asked) and not shared)
