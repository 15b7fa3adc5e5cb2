"""A function of the user's that is called as the run goes on, as SciPy calls one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glompo.core.views.run_view import RunView


class Callback:
    """An observer that calls a function after evaluations have arrived, and once at the end.

    Parameters
    ----------
    function : callable
        Takes a ``scipy.optimize.OptimizeResult`` with ``x`` of shape (d,) in natural units, ``fun`` and ``nfev``.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        self._shown = 0

    def update(self, view: RunView) -> None:
        """Call the function if there is news; what it raises goes through."""
        if view.calls > self._shown and view.best is not None:
            self._call(view)

    def close(self, view: RunView) -> None:
        """Call the function for the last time."""
        if view.best is not None:
            self._call(view)

    def _call(self, view: RunView) -> None:
        from scipy.optimize import OptimizeResult

        assert view.best is not None  # asked before
        self._shown = view.calls
        self._function(OptimizeResult(x=view.best.x.copy(), fun=view.best.f, nfev=view.calls))
