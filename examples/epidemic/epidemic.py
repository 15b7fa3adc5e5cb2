"""An epidemic: susceptible, exposed, infectious, recovered, with one measure that slows it down."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

Vector = NDArray[np.float64]

POPULATION = 1_000_000.0
LAST = 140.0
"""Days that are computed."""


def model(values: Mapping[str, float], wanted: Mapping[str, Vector]) -> dict[str, Vector | float]:
    """Return daily reported cases and people in hospital on the days that are wanted, and the total that fell ill.

    Parameters
    ----------
    values : mapping
        ``contacts`` per day that infect, ``latency`` and ``duration`` of the illness in days, ``measure``, by which
        contacts are multiplied from day 45 on, ``reported``, the share of cases that is counted, ``first``, the number
        of infectious people on day 0, and ``hospital``, the share of the infectious that needs one.
    wanted : mapping
        Days of ``cases`` and ``patients``; none for ``ill``.
    """
    latency, duration = values["latency"], values["duration"]

    def slope(day: float, state: Vector) -> list[float]:
        susceptible, exposed, infectious, _ = state
        rate = values["contacts"] * (values["measure"] if day >= 45.0 else 1.0)
        new = rate * susceptible * infectious / POPULATION
        return [-new, new - exposed / latency, exposed / latency - infectious / duration, exposed / latency]

    first = values["first"]
    parts, state = [], [POPULATION - first, 0.0, first, 0.0]
    for begin, end in ((0.0, 45.0), (45.0, LAST)):  # the measure is a jump: no step of the solver goes over it
        days = np.arange(begin, end + 1.0)
        parts.append(solve_ivp(slope, (begin, end), state, t_eval=days, method="LSODA", rtol=1e-8, atol=1e-6).y)
        state = parts[-1][:, -1]
    _, _, infectious, total = np.concatenate([parts[0][:, :-1], parts[1]], axis=1)
    days = np.arange(0.0, LAST + 1.0)
    found = {
        "cases": values["reported"] * np.diff(total, prepend=0.0),
        "patients": values["hospital"] * infectious,
    }
    answer: dict[str, Vector | float] = {
        name: np.interp(wanted[name], days, found[name]) for name in found if name in wanted
    }
    return answer | {"ill": float(total[-1])}
