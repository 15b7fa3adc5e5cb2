"""What an optimizer can do, and why it is refused for a problem that it cannot handle."""

from __future__ import annotations

import math
from dataclasses import dataclass

UNDECLARED = (
    "needs residuals, and the task declares none; give it a method residuals(x) that returns them as an array, or "
    "name those extra values of detailed_call that are residuals: 'residuals' in headers(), or other names in an "
    "attribute residuals of the task or in LeastSquares(columns=...)"
)
"""What is said of a task without residuals."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an optimizer declares about itself.

    Each class of ours has one as its attribute `capabilities`. Where a setting decides, such as the name of a method,
    the instance has an attribute of the same name that says it more precisely.

    Attributes
    ----------
    batch : bool
        It keeps several evaluations in flight when it is given several workers.
    nan : bool
        It goes on after evaluations that failed, for which it is handed inf; the contracts of optimizers ask.
    injection : bool
        It makes use of a better point that another optimizer found; others only note it. For the user's choice.
    flow : bool
        Given several workers, it can be asked for points one by one and told each value as it lands, so that no slot
        waits for the slowest evaluation of a batch.
    noise : bool
        It is meant for functions whose value at a point varies, too. For the user's choice.
    stays_inside : bool
        It never asks for a point outside the bounds.
    resumes : bool
        Loaded from what `checkpoint_save` wrote, `minimize` goes on as if nothing had happened. Others come back by
        running them again on the recorded values.
    residuals : bool
        It needs a task that declares its residuals, see :mod:`glompo.details`.
    details : bool
        It needs a task with `detailed_call`.
    least_dims, most_dims : int or None
        The fewest and the most free parameters; None is no limit.
    least_range, most_range : float
        The shortest and the longest range of a parameter, in the units in which the optimizer sees it.
    least_values : int
        The fewest numbers that a range must hold, as far as rounding tells them apart.
    """

    batch: bool = False
    nan: bool = True
    injection: bool = False
    noise: bool = False
    stays_inside: bool = True
    resumes: bool = False
    residuals: bool = False
    details: bool = False
    flow: bool = False
    least_dims: int = 1
    most_dims: int | None = None
    least_range: float = 0.0
    most_range: float = math.inf
    least_values: int = 1


NATURAL = Capabilities(least_range=1e-100, most_range=1e100, least_values=10_000)
"""Of a method that computes steps, slopes and distances in the units of the parameters."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a problem, and of how an optimizer is to work on it, before it starts.

    Attributes
    ----------
    dims : int
        Free parameters; fixed ones are not seen by an optimizer.
    workers : int
        Evaluations that the optimizer is to keep in flight.
    detailed : bool
        The task offers `detailed_call`.
    residuals : bool
        The task declares its residuals.
    without : str
        Why it has none, if it says so.
    bounds : tuple of pairs
        Bounds of the free parameters as the optimizer sees them; may be left out.
    """

    dims: int
    workers: int = 1
    detailed: bool = False
    residuals: bool = False
    without: str = ""
    bounds: tuple[tuple[float, float], ...] = ()


def refusal(name: str, capabilities: Capabilities, facts: Facts) -> str | None:
    """Return why the optimizer `name` cannot work on a problem, with what to do instead; None if it can.

    Examples
    --------
    >>> refusal("Scipy('Powell')", Capabilities(), Facts(dims=3, workers=4))
    "Scipy('Powell') evaluates one point at a time, but workers is 4; give it one worker"
    """
    return next((f"{name} {reason}" for holds, reason in _objections(capabilities, facts) if holds), None)


def _objections(can: Capabilities, facts: Facts) -> list[tuple[bool, str]]:
    """Return every objection with whether it holds, the gravest first."""
    most = can.most_dims
    unfit = next((pair for pair in facts.bounds if not _fits(can, *pair)), None)
    return [
        (
            facts.dims < can.least_dims,
            f"needs {can.least_dims} free parameters or more, the problem has {facts.dims}; use another optimizer",
        ),
        (
            most is not None and facts.dims > most,
            f"takes {most} free parameters at most, the problem has {facts.dims}; use another optimizer",
        ),
        (can.residuals and not facts.residuals, f"needs residuals: {facts.without}" if facts.without else UNDECLARED),
        (
            can.details and not facts.detailed,
            "needs the extra values of detailed_call, which the task has not; define detailed_call(x) -> (fx, *extras)",
        ),
        (
            unfit is not None,
            f"works in the units of the parameters, and cannot in a range like {unfit}: too short or too long, or too "
            "few numbers lie in it; use scaler='linear', or fix the parameter, min == max",
        ),
        (
            facts.workers > 1 and not can.batch,
            f"evaluates one point at a time, but workers is {facts.workers}; give it one worker",
        ),
    ]


def _fits(can: Capabilities, low: float, high: float) -> bool:
    length = high - low
    values = length / math.ulp(max(abs(low), abs(high)))
    return can.least_range <= length <= can.most_range and values >= can.least_values
