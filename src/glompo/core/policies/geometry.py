"""The box as stoppers measure distances in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError


def measured_in(owner: object, bounds: NDArray[np.float64] | None, view: RunView) -> Box:
    """Return the box with bounds of shape (d, 2), on the scales of the run; that of the run if they are None.

    Raises
    ------
    PolicyError
        If it has another number of parameters than the run, or cannot be on those scales.
    """
    if bounds is None:
        return view.box
    if len(bounds) != view.dims:
        raise PolicyError(
            f"{owner} was given bounds of {len(bounds)} parameters, but the run has {view.dims}; leave them out to use "
            "the bounds of the run"
        )
    try:
        return Box(bounds, view.box.scales)
    except ValueError as error:
        raise PolicyError(f"{owner} was given {error}; leave them out to use the bounds of the run") from error
