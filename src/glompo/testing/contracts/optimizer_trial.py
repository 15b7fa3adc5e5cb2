"""What the checks of an optimizer are made of: trial runs, and what must be true after each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Option
from glompo.core.state.lifecycle import How
from glompo.core.views.optimizer_view import OptimizerView
from glompo.events import Event
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers.capabilities import Capabilities
from glompo.selectors import CycleSelector, NOptimizersSpawnStop
from glompo.selectors.base import option_of
from glompo.testing.contracts.base import Contract
from glompo.testing.contracts.bench import Bench
from glompo.testing.contracts.bowl import Bowl
from glompo.testing.contracts.probes import SUBJECT
from glompo.testing.simulation import Simulated, simulate


class OptimizerTrial(Contract):
    """Base of the checks of an optimizer; see :class:`~glompo.testing.OptimizerContract`."""

    subject: ClassVar[str] = "optimizer"
    knobs: ClassVar[tuple[str, ...]] = (
        "dims",
        "evaluations",
        "grace",
        "tolerance",
        "deterministic",
        "goes_on",
        *Contract.knobs,
    )
    optimizer: Any = None
    dims: ClassVar[int] = 3
    evaluations: ClassVar[int] = 150
    grace: ClassVar[int] = 200
    tolerance: ClassVar[float] = 1.0
    deterministic: ClassVar[bool] = True
    goes_on: ClassVar[bool] = False

    def tried(
        self, option: Option, task: Any, *partners: Any, evaluations: int | None = None, **settings: Any
    ) -> Simulated:
        """Run the optimizer once, beside its partners, on a virtual clock.

        Parameters
        ----------
        option : Option
            The optimizer under test.
        task : Bowl
            The task.
        *partners
            Further optimizers.
        evaluations : int, optional
            Budget of the run instead of :attr:`evaluations`.
        **settings
            See :func:`~glompo.testing.simulate`.
        """
        options = [option, *map(option_of, partners)]
        selector = CycleSelector(*options, allow_spawn=NOptimizersSpawnStop(len(options)))
        arranged = {
            "task": task,
            "bounds": task.bounds,
            "x0": task.x0,
            "max_jobs": sum(one.slots for one in options),
            **settings,
        }
        budget = MaxTotalFunctionCalls(evaluations or self.evaluations)
        run = self.soon(lambda: simulate(selector, budget, **arranged))
        demand_unharmed(run.view[SUBJECT])
        return run

    def bench(self, option: Option) -> Bench:
        """Return a bench for an unmanaged search."""
        return Bench(self.bowl(), option, self.evaluations, self.grace)

    def bowl(self, fixed: bool = False) -> Bowl:
        """Return the task."""
        return Bowl(self.dims, fixed)


def demand_unharmed(one: OptimizerView) -> None:
    """Raise AssertionError if the optimizer crashed, with the line that its traceback names last."""
    if one.how not in (How.CRASHED, How.LOST):
        return
    lines = [line.strip() for _, text in one.notes for line in text.splitlines()]
    places = [line for line in lines if line.startswith("File ")]
    where = f" ({places[-1]})" if places else ""
    raise AssertionError(f"it crashed after {len(one)} evaluations: {one.note}{where}")


def first(events: tuple[Event, ...], kind: type[Event]) -> Any:
    """Return the first event of a kind about the optimizer under test; None if there is none."""
    return next((one for one in events if isinstance(one, kind) and getattr(one, "opt", None) == SUBJECT), None)


def capabilities_of(given: Any) -> Capabilities:
    """Return what an optimizer declares about itself; what all can do if it declares nothing."""
    declares = given[0] if isinstance(given, tuple) else given
    declared = getattr(declares, "capabilities", None)
    return declared if isinstance(declared, Capabilities) else Capabilities(stays_inside=False)


def begun_after(one: OptimizerView, at: float) -> int:
    """Return how many calls of the task the optimizer began after run time `at`, in seconds."""
    path = one.trajectory.rows()
    begun = path.at - path.seconds.astype(float)
    return int(np.count_nonzero((begun > at + 1e-6) & (path.seconds > 0)))


class Recording:
    """A task that keeps the points at which it was called.

    Parameters
    ----------
    bowl : Bowl
        What is evaluated.
    answer : callable, optional
        Called with the number of the call, from 0, and its value; returns what is answered instead.

    Attributes
    ----------
    points : list of ndarray, shape (d,)
        In the order of the calls.
    """

    def __init__(self, bowl: Bowl, answer: Callable[[int, float], Any] = lambda number, value: value) -> None:
        self.bounds, self.x0 = bowl.bounds, bowl.x0
        self.points: list[NDArray[np.float64]] = []
        self._bowl = bowl
        self._answer = answer

    def __call__(self, x: NDArray[np.float64]) -> Any:
        """Return the value, or what is answered instead, at `x`, shape (d,)."""
        self.points.append(x.copy())
        return self._answer(len(self.points) - 1, self._bowl(x))

    def detailed_call(self, x: NDArray[np.float64]) -> tuple[Any, ...]:
        """Return the same with the residuals, for an optimizer that asks for them."""
        return self(x), self._bowl.residuals(x)

    def headers(self) -> dict[str, type]:
        """Return the name and type of these."""
        return self._bowl.headers()
