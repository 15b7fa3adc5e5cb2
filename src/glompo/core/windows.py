"""The box as stoppers measure distances in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views import RunView
from glompo.errors import PolicyError


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
