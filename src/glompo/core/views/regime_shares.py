"""What part of the evaluations each regime of a portfolio has now."""

from __future__ import annotations

from collections.abc import Mapping

from glompo.core.views.run_view import RunView

Shares = Mapping[str, tuple[float, float, float]]
"""By regime: its share at first, its share once the first search of the run has ended, and its factor as the owner."""


def present_shares(shares: Shares, view: RunView) -> dict[str, float]:
    """Return the share of each regime at this moment, in proportion to the others."""
    if not shares:
        return {}
    searched = 1 in view and view[1].how is not None
    owner = None if view.best is None else view[view.best.opt].regime
    return {
        name: (later if searched else first) * (success if name == owner else 1.0)
        for name, (first, later, success) in shares.items()
    }
