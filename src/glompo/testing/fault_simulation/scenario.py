"""What is simulated before faults are added: a task, optimizers, policies and their sizes, from a seed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.allocators import EqualBlocks, EvenAllocator
from glompo.core.policies.ports import Allocator, Checkpointing, Escalation, Freezer, Policies
from glompo.core.policies.rule import Rule
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.function import PENALIZE, EvaluationError, FailurePolicy, Status
from glompo.generators import BaseGenerator, IncumbentGenerator, RandomGenerator
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.selectors import BaseSelector, CycleSelector
from glompo.stoppers import BestUnmoving, ValueAnnealing
from glompo.storage.journal import Durability

BOX = ((-5.0, 5.0), (-2.0, 8.0))
"""Bounds of the parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The settings of a simulated run; each is a keyword of ``simulated_run``.

    Attributes
    ----------
    optimizers : sequence, or selector
        As in :func:`glompo.minimize`.
    budget : int
        Calls of the task after which the run ends, exactly.
    exit_condition : BaseExitCondition, optional
        What else ends it.
    task : callable
        What is minimised; a part `troubles` of all points fails in one way or another, as it may in a guarded pool.
    bounds, max_jobs, stoppers, generator, allocator, freezer, share, stopper_interval
        As in :func:`~glompo.testing.simulate`.
    lockstep : bool
        Whether the run is deterministic: faults of the engine then leave no trace in it.
    troubles : float
        Share of the points at which the task raises, returns nan, -inf or None, or is ended: at its deadline, with its
        process, or for want of memory.
    failures : FailurePolicy
        What an optimizer gets there.
    pace : float
        Virtual seconds of an evaluation, about.
    killable : bool
        Whether workers are like processes: they may hang and die, and those that do not obey are ended.
    durability : {'batch', 'always', 'none'}
        Of the journal.
    segment_bytes : int
        Size at which a segment of the journal is followed by the next.
    save_states_every : int, optional
        Evaluations of an optimizer between two saved states, from which it comes back if it can.
    checkpoint_every : int, optional
        Calls of the task between two checkpoints; here they are positions in the journal, without files.
    """

    optimizers: Any
    budget: int = 100
    exit_condition: Rule | None = None
    task: Callable[[NDArray[np.float64]], float]
    bounds: Any = BOX
    max_jobs: int = 3
    stoppers: Rule | None = None
    generator: BaseGenerator
    allocator: Allocator
    freezer: Freezer | None = None
    share: bool = False
    stopper_interval: int = 5
    lockstep: bool = False
    troubles: float = 0.0
    failures: FailurePolicy = PENALIZE
    pace: float = 1.0
    killable: bool = False
    durability: Durability = "batch"
    segment_bytes: int = 2**20
    save_states_every: int | None = None
    checkpoint_every: int | None = None

    @property
    def selector(self) -> BaseSelector:
        """What starts."""
        given = self.optimizers
        return given if isinstance(given, BaseSelector) else CycleSelector(*given)

    @property
    def policies(self) -> Policies:
        """What decides."""
        budget = MaxTotalFunctionCalls(self.budget)
        return Policies(
            exit=budget if self.exit_condition is None else budget | self.exit_condition,
            selector=self.selector,
            generator=self.generator,
            allocator=self.allocator,
            stopper=self.stoppers,
            freezer=self.freezer,
            escalation=Escalation(end_timeout=20.0, grace=2.0, silence=60 * self.pace) if self.killable else None,
            checkpointing=Checkpointing(states_every=self.save_states_every, evaluations=self.checkpoint_every),
            lockstep=self.lockstep,
            stopper_interval=self.stopper_interval,
            share=self.share,
        )

    def troubled(self, x: NDArray[np.float64]) -> Any:
        """Return the task's value at `x`, shape (d,), unless it fails there: that depends on the point only."""
        chance = part_of(x, 1)
        if chance >= self.troubles:
            return self.task(x)
        trouble = TROUBLES[int(chance / self.troubles * len(TROUBLES))]
        if isinstance(trouble, Exception):
            raise type(trouble)(*trouble.args)  # one that was raised before would drag its traceback along
        return trouble

    def seconds(self, x: NDArray[np.float64]) -> float:
        """Return the usual duration of the task at `x`, shape (d,)."""
        return self.pace * (0.5 + part_of(x, 3))


TROUBLES = (
    RuntimeError("trouble"),
    EvaluationError(Status.TIMEOUT, "it was ended at its deadline"),
    EvaluationError(Status.CRASHED, "its process was killed"),
    MemoryError("too much"),
    math.nan,
    -math.inf,
    None,
)
"""Ways in which an evaluation fails; a guarded pool tells of the second, third and fourth."""


def part_of(x: NDArray[np.float64], which: int) -> float:
    """Return a number in [0, 1) that looks random and depends on the point, shape (d,), only."""
    return zlib.crc32(x.tobytes(), which) / 2**32


def waves(x: NDArray[np.float64]) -> float:
    """Return the value of a function with many minima, the least 0 at the origin, at `x`, shape (d,)."""
    return float(x @ x + 3 * (1 - np.cos(3 * x)).sum())


def downhill(f: Any, x0: NDArray[np.float64], bounds: Any) -> None:
    """Improve one parameter after the other."""
    low, high = np.array(bounds).T
    x, step = np.array(x0), 0.3 * (high - low)
    best = f(x)
    while (step > 1e-6).any():
        before = best
        for axis in np.eye(len(x)):
            for sign in (1, -1):
                y = np.clip(x + sign * step * axis, low, high)
                fy = f(y)
                if fy < best:
                    x, best = y, fy
        step = step if best < before else step / 2


@dataclass(frozen=True, slots=True)
class RestAWhile:
    """A freezer: each optimizer rests after `n` evaluations until the run has made `until`."""

    n: int
    until: int

    def freeze(self, view: RunView, opt: int) -> Verdict:
        """Answer whether it should rest."""
        return Verdict(self.n <= len(view[opt]) < self.until, "RestAWhile", f"{len(view[opt])} evaluations")

    def thaw(self, view: RunView) -> tuple[int, Verdict] | None:
        """Return the best of those that rest, when it is time."""
        resting = [one for one in view.alive if one.phase is Phase.PAUSED]
        if not resting or view.calls < self.until:
            return None
        return min(resting, key=lambda one: one.best).opt, Verdict(True, "RestAWhile", "it has rested enough")


@dataclass(frozen=True, slots=True)
class WaitForOthers:
    """A freezer: an optimizer that is `n` evaluations ahead of a working one rests until none is behind it."""

    n: int

    def freeze(self, view: RunView, opt: int) -> Verdict:
        """Answer whether it should rest."""
        ahead = len(view[opt]) - min((len(one) for one in view.alive if one.may_evaluate), default=0)
        return Verdict(ahead >= self.n, "WaitForOthers", f"{ahead} evaluations ahead")

    def thaw(self, view: RunView) -> tuple[int, Verdict] | None:
        """Return the last of those that rest, unless a working one is behind it."""
        resting = [one for one in view.alive if one.phase is Phase.PAUSED]
        last = min(resting, key=len, default=None)
        if last is None or any(len(one) < len(last) for one in view.alive if one.may_evaluate):
            return None
        return last.opt, Verdict(True, "WaitForOthers", f"none has fewer than its {len(last)} evaluations")


FREEZERS: tuple[Freezer, ...] = (RestAWhile(6, 40), WaitForOthers(3))

OFFERED = (
    RandomSampling,
    RandomSampling(iters=9),
    RandomSampling(workers=2),
    CMAOptimizer,
    CMAOptimizer(workers=2),
    Scipy("Nelder-Mead"),
    FunctionOptimizer(downhill),
)


def drawn_scenario(rng: np.random.Generator, lockstep: bool = False) -> Scenario:
    """Return a random scenario; with `lockstep` it is in any case one that is fit for that."""
    lockstep = bool(rng.random() < 0.4) or lockstep
    stoppers = (None, BestUnmoving(12, 0.05), BestUnmoving(25, 0.01) | ValueAnnealing() & BestUnmoving(10))
    chosen = rng.choice(len(OFFERED), size=int(rng.integers(1, 4)), replace=False)
    share = bool(rng.random() < 0.4)
    troubled = bool(rng.random() < 0.4)
    return Scenario(
        optimizers=tuple(OFFERED[i] for i in chosen),
        budget=int(rng.integers(1, 160)),
        task=waves,
        max_jobs=int(rng.integers(2, 6)),
        stoppers=stoppers[int(rng.integers(3))],
        generator=IncumbentGenerator() if share else RandomGenerator(),
        allocator=EqualBlocks(int(rng.integers(1, 11))) if lockstep else EvenAllocator(),
        share=share,
        stopper_interval=int(rng.integers(1, 11)),
        lockstep=lockstep,
        troubles=0.2 if troubled else 0.0,
        failures=(PENALIZE, FailurePolicy(None), FailurePolicy(retries=1))[int(rng.integers(3))],
        pace=float(rng.choice([0.001, 0.03, 1.0, 600.0])),
        killable=bool(rng.random() < 0.6),
        durability=("batch", "batch", "always", "none")[int(rng.integers(4))],
        segment_bytes=int(rng.choice([3_000, 2**20])),
        freezer=FREEZERS[int(rng.integers(len(FREEZERS)))] if rng.random() < 0.5 else None,
        save_states_every=int(rng.integers(2, 20)) if rng.random() < 0.3 else None,
        checkpoint_every=int(rng.integers(5, 40)) if rng.random() < 0.2 else None,
    )
