"""Reading the end of a trajectory: what stoppers look at costs the same however long the history is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.trajectory import Trajectory
from glompo.core.views import RunView
from glompo.errors import PolicyError
from glompo.function import Status


def valid_at_end(trajectory: Trajectory, n: int) -> NDArray[np.bool_]:
    """Say which of the last `n` evaluations gave a finite value of the task, shape (n,)."""
    valid: NDArray[np.bool_] = (trajectory.status[-n:] == Status.OK) & np.isfinite(trajectory.f[-n:])
    return valid


def diagonal(owner: object, bounds: NDArray[np.float64] | None, view: RunView) -> float:
    """Return the length of the diagonal of a box, shape (d, 2); of the bounds of the run if it is None.

    Raises
    ------
    PolicyError
        If the box has another number of parameters than the run.
    """
    box = view.bounds if bounds is None else bounds
    if len(box) != view.dims:
        raise PolicyError(
            f"{owner} was given bounds of {len(box)} parameters, but the run has {view.dims}; leave them out to use "
            "the bounds of the run"
        )
    return float(np.linalg.norm(box[:, 1] - box[:, 0]))
