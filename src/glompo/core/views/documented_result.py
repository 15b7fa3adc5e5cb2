"""The documented result: what `manager.result` is for policies, and what a finished run unpacks as."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.run_view import RunView


class DocumentedResult(NamedTuple):
    """The best point so far, ``x, fx, stats, origin = manager.result``; the names can be read as items, too.

    Attributes
    ----------
    x : ndarray of shape (d,), or None
        The best point; None if no evaluation gave a finite value.
    fx : float
        Its value; +inf if there is none.
    stats : dict
        f_evals, opts_started, opts_killed (by stoppers), opts_conv, and end_cond: why the run ended, None before.
    origin : dict
        The optimizer that found it: opt_id and type, both None if there is none.
    """

    x: NDArray[np.float64] | None
    fx: float
    stats: dict[str, Any]
    origin: dict[str, Any]

    def __getitem__(self, name: Any) -> Any:
        """Return a value by its place or its name."""
        if not isinstance(name, str):
            return tuple.__getitem__(self, name)  # super() does not work in a NamedTuple
        if name not in self._fields:
            raise KeyError(f"the result has no {name!r}; it has {', '.join(self._fields)}")
        return getattr(self, name)


def documented_result(view: RunView, end_cond: str | None = None) -> DocumentedResult:
    """Return the result of a run as far as it has come; `end_cond` says why it ended."""
    best = view.best
    stats = {
        "f_evals": view.calls,
        "opts_started": view.n_started,
        "opts_killed": len(view.stopped_by_rules),
        "opts_conv": view.n_converged,
        "end_cond": end_cond,
    }
    return DocumentedResult(
        x=None if best is None else best.x.copy(),
        fx=math.inf if best is None else best.f,
        stats=stats,
        origin={"opt_id": best.opt if best else None, "type": view[best.opt].kind if best else None},
    )
