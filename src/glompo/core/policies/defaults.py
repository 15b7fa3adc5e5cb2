"""What a policy reckons with where its user gave nothing: the budget and the box of the run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError


def budget_of(owner: object, given: int | None, view: RunView) -> int:
    """Return the calls of the task that a policy may reckon with.

    Raises
    ------
    PolicyError
        If the policy was given none and the run has none.
    """
    known = view.budget if given is None else given
    if known is None:
        raise PolicyError(
            f"{owner} reckons with the budget, and this run has none; give it max_evaluations, or the run the exit "
            "condition MaxTotalFunctionCalls"
        )
    return known


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
