"""COBYQA as SciPy has it, for several threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = {"f_target": "target", "initial_tr_radius": "radius_init", "final_tr_radius": "radius_final"}
"""Options that SciPy calls otherwise than the author of the method."""


def cobyqa(
    fun: Callable[[NDArray[np.float64]], float],
    x0: NDArray[np.float64],
    bounds: list[tuple[float, float]],
    options: Mapping[str, Any],
) -> Any:
    """Return what ``scipy.optimize.minimize(fun, x0, method='COBYQA', ...)`` returns.

    SciPy holds one lock for a whole minimisation, up to version 1.17: a second one in the same process waits until the
    first has ended, and hears of no stop meanwhile. Its code needs no lock (https://github.com/scipy/scipy/pull/24466),
    so it is called without.

    Parameters
    ----------
    fun, x0, bounds, options
        As there; `x0` has the shape (d,).
    """
    from scipy import optimize

    try:
        from scipy._lib.cobyqa import minimize
    except ImportError:  # it has moved; versions in which it has moved have no lock
        return optimize.minimize(fun, x0, method="COBYQA", bounds=bounds, options=dict(options))
    low, high = np.array(bounds).T
    usual = {
        "maxfev": 500 * len(x0),
        "maxiter": 1000 * len(x0),
        "radius_init": 1.0,
        "radius_final": 1e-6,
        "feasibility_tol": 1e-8,
    }
    given = {NAMES.get(name, name): value for name, value in options.items()}
    return minimize(fun, x0, bounds=optimize.Bounds(low, high), options={**usual, **given})
