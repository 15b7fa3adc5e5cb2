"""What may be asked of a run from outside, and what of it is still to be done.

============ ===========================================================================================
asked        means
============ ===========================================================================================
end          end the run
leave        end this session, so that the run can be resumed
stop         stop optimizer `opt`
pause        let optimizer `opt` rest until 'go-on', also across sessions; its slots are free for others
go-on        let optimizer `opt` go on; if no slots are free for it, the youngest others rest in its place
slots        let `amount` evaluations be in flight at once, for the rest of the session
budget       let `amount` evaluations be made in all, until a session begins with another budget
checkpoint   make a checkpoint
inject       evaluate the point `x`, tell optimizers that are worse of it, and start the next one there
============ ===========================================================================================

A request that is made twice is done once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.lifecycle import Phase
from glompo.core.state.optimizer_state import OptimizerState
from glompo.events import Asked
from glompo.events.enums import RequestKind

OF_THE_RUN = (RequestKind.END, RequestKind.LEAVE, RequestKind.CHECKPOINT)
OF_ONE = (RequestKind.STOP, RequestKind.PAUSE, RequestKind.GO_ON)
WITH_AMOUNT = (RequestKind.SLOTS, RequestKind.BUDGET)


@dataclass(slots=True)
class PendingRequests:
    """What was asked and is still to be done. Only :class:`~glompo.core.state.run_state.RunState` writes it.

    Attributes
    ----------
    of_one : dict
        What is wanted of single optimizers, by their numbers. A pause stays until it is taken back.
    budget : int or None
        Evaluations that take the place of the budget of the run, until a session begins with another one.
    """

    of_one: dict[int, Asked] = field(default_factory=dict)
    budget: int | None = None

    def take(self, asked: Asked, one: OptimizerState | None) -> None:
        """Note a request, about the optimizer `one` if it is about one."""
        if asked.what == RequestKind.BUDGET:
            self.budget = asked.amount
        elif asked.what == RequestKind.GO_ON and one is not None and one.phase not in (Phase.PAUSING, Phase.PAUSED):
            self.fulfil(asked.opt)  # it goes on already, or will unless it is held
        else:
            self.of_one[asked.opt] = asked

    def fulfil(self, opt: int) -> None:
        """Forget what was wanted of an optimizer."""
        self.of_one.pop(opt, None)


def refusal(asked: Asked, optimizers: Mapping[int, OptimizerState], bounds: NDArray[np.float64]) -> str:
    """Return why this cannot be asked of a run with these optimizers and bounds, shape (d, 2); empty if it can."""
    if asked.what in OF_ONE:
        return _refusal_of_one(asked, optimizers)
    if asked.what in WITH_AMOUNT:
        return _refusal_of_amount(asked, optimizers)
    if asked.what == RequestKind.INJECT:
        return refusal_of_point(asked.x, bounds)
    if asked.what in OF_THE_RUN:
        return ""
    known = ", ".join((*OF_THE_RUN, *OF_ONE, *WITH_AMOUNT, RequestKind.INJECT))
    return f"a run knows no request {asked.what!r}; give one of {known}"


def refusal_of_point(
    x: Sequence[float], bounds: NDArray[np.float64], names: Sequence[str] = (), integrality: Sequence[bool] = ()
) -> str:
    """Return why the point `x` cannot be evaluated; empty if it can.

    Parameters
    ----------
    x : sequence of float
        Its parameters in natural units.
    bounds : ndarray, shape (d, 2)
        Of the run.
    names : sequence of str
        Names of the d parameters; if empty, they are called by their numbers, from 0.
    integrality : sequence of bool
        Which of them are whole numbers; empty if none is.
    """
    if len(x) != len(bounds):
        return f"the point has {len(x)} parameters, the run {len(bounds)}; give one number for each"
    for i, (value, (low, high)) in enumerate(zip(x, bounds.tolist(), strict=True)):
        called = f"parameter {names[i] if names else i} of the point is {value!r}"
        if not math.isfinite(value):
            return f"{called}; give a finite number"
        if not low <= value <= high:
            return f"{called}, outside the bounds [{low!r}, {high!r}] of the run; give a value within them"
        if integrality and integrality[i] and value != int(value):
            return f"{called}, but it is a whole number in this run; give {round(value)}"
    return ""


def _refusal_of_one(asked: Asked, optimizers: Mapping[int, OptimizerState]) -> str:
    one = optimizers.get(asked.opt)
    if one is None:
        numbers = f"1 to {len(optimizers)}" if optimizers else "none yet"
        return f"there is no optimizer {asked.opt}; there are {numbers}"
    if one.phase is Phase.ENDED:
        return f"optimizer {asked.opt} has ended already: it has {one.how}"
    return ""


def _refusal_of_amount(asked: Asked, optimizers: Mapping[int, OptimizerState]) -> str:
    if asked.amount < 1:
        return f"{asked.what} is {asked.amount}; give 1 or more"
    if asked.what == RequestKind.SLOTS:
        living = (one for one in optimizers.values() if one.phase is not Phase.ENDED)
        widest = max(living, key=lambda one: one.request.held, default=None)
        if widest is not None and asked.amount < widest.request.held:
            needed = widest.request.held
            return (
                f"slots is {asked.amount}, but optimizer {widest.request.opt} keeps {needed} evaluations in flight; "
                f"give {needed} or more, or stop it first"
            )
    return ""
