"""A whole managed run on a virtual clock.

Real policies, the real engine and real optimizers run here; only time is virtual. The same simulation gives the
same events every time, so that a test can say ``expected == actual``::

    from glompo.exit_conditions import MaxTotalFunctionCalls
    from glompo.optimizers import RandomSampling
    from glompo.testing import simulate

    run = simulate([RandomSampling], MaxTotalFunctionCalls(100), max_jobs=10, seconds=3600.0)
    assert run.view.calls == 100
    assert run.view.now == 10 * 3600.0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.allocators import EvenAllocator
from glompo.backends.protocol import Backend
from glompo.backends.simulated import Seconds, SimulatedBackend
from glompo.core.policies.ports import Allocator, Policies, look_back
from glompo.core.policies.rule import Rule
from glompo.core.state.run_state import RunState
from glompo.core.streams import Streams, entropy_of
from glompo.core.views.run_view import RunView
from glompo.engine.dispatch import Job
from glompo.engine.loop import Engine
from glompo.engine.ports import Clock, Observer
from glompo.engine.sampler import Sampler
from glompo.events import SCHEMA, Event, RunOpened, SessionOpened
from glompo.generators import BaseGenerator, RandomGenerator
from glompo.selectors import BaseSelector, CycleSelector
from glompo.storage.inbox import Request
from glompo.testing.memory_log import WALL, EventsHistory, MemoryCheckpoints, MemoryLog
from glompo.wire.launch_request import RunContext


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulation gave.

    Attributes
    ----------
    events : tuple of Event
        The whole history.
    state : RunState
        Its end.
    refused : dict
        Why requests from outside were refused, by their numbers as text, from ``'1'``.
    """

    events: tuple[Event, ...]
    state: RunState
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def view(self) -> RunView:
        """The run at its end."""
        return RunView(self.state, self.state.at, history=EventsHistory(self.events))

    def story(self, last: int = 20) -> str:
        """Return the last events, one a line, for the message of a failing test."""
        return "\n".join(map(str, self.events[-last:]))


def sphere(x: NDArray[np.float64]) -> float:
    """Return the sum of squares of `x`, shape (d,)."""
    return float(x @ x)


def simulate(
    optimizers: Sequence[Any] | BaseSelector,
    exit_condition: Rule,
    *,
    task: Callable[..., Any] = sphere,
    bounds: Any = ((-5.0, 5.0), (-5.0, 5.0)),
    seconds: float | Seconds = 1.0,
    max_jobs: int = 4,
    rng: Any = 0,
    stoppers: Rule | None = None,
    generator: BaseGenerator | None = None,
    allocator: Allocator | None = None,
    share: bool = False,
    is_log_detailed: bool = False,
    asked: Sequence[tuple[float, Request]] = (),
    **policies: Any,
) -> Simulated:
    """Run optimizers under the real engine on a virtual clock.

    Parameters
    ----------
    optimizers : sequence, or selector
        As in :func:`glompo.minimize`.
    exit_condition : BaseExitCondition
        When the run ends.
    task, bounds, max_jobs, rng, stoppers, is_log_detailed
        As in :func:`glompo.minimize`.
    seconds : float or callable
        Virtual seconds of an evaluation, or a function of the optimizer's number and the point, shape (d,).
    asked : sequence of (float, Request)
        What people ask of the run from outside, and at which virtual time.
    generator, allocator, share, **policies
        See :class:`glompo.core.policies.ports.Policies`; a selector may bring its own generator, allocator and stopper.
    """
    selector = optimizers if isinstance(optimizers, BaseSelector) else CycleSelector(*optimizers)
    decided = Policies(
        exit=exit_condition,
        selector=selector,
        generator=generator or selector.generator or RandomGenerator(),
        allocator=allocator or selector.allocator or EvenAllocator(),
        stopper=stoppers or selector.stopper or None,
        share=share,
        **policies,
    )
    backend = SimulatedBackend(seconds)
    stage = Stage(task, np.array(bounds, dtype=float), max_jobs, rng, is_log_detailed, asked)
    return run_on(backend, backend.timeline, decided, stage)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a simulated run works with, whatever the backend.

    Attributes
    ----------
    task : callable
        What is minimised.
    bounds : ndarray, shape (d, 2)
        Natural units.
    max_jobs : int
        Slots.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Seed.
    is_log_detailed : bool
        Whether the task's `detailed_call` is called.
    asked : sequence of (float, Request)
        What people ask of the run from outside, and at which run time.
    """

    task: Callable[..., Any]
    bounds: NDArray[np.float64]
    max_jobs: int = 4
    rng: Any = 0
    is_log_detailed: bool = False
    asked: Sequence[tuple[float, Request]] = ()


def run_on(
    backend: Backend,
    clock: Clock,
    policies: Policies,
    stage: Stage,
    observers: Sequence[Observer] = (),
    sampler: Sampler | None = None,
) -> Simulated:
    """Run the real engine on any backend, with a journal in memory, and return what happened."""
    log, state, entropy = MemoryLog(), RunState(), entropy_of(stage.rng)
    opening = [
        RunOpened(0.0, SCHEMA, "simulated", "", stage.bounds, stage.max_jobs, entropy, {}, {}),
        SessionOpened(0.0, 1, "", "", 0, look_back=look_back(policies.exit, policies.stopper), wall=WALL),
    ]
    for event in opening:
        state.apply(event)
    log.append(opening)
    context = RunContext(stage.task, stage.bounds, detailed=stage.is_log_detailed, in_order=policies.lockstep)
    job = Job(context, Streams(entropy), MemoryCheckpoints())
    inbox = ScriptedInbox(clock, stage.asked)
    Engine(state, log, backend, clock, policies, job, inbox, observers, sampler=sampler).run()
    return Simulated(tuple(log.events), state, inbox.refused)


class ScriptedInbox:
    """Brings requests at the times that a test has written down.

    Parameters
    ----------
    clock : Clock
        Time of the run.
    script : sequence of (float, Request)
        Run time in seconds of each request, in any order.

    Attributes
    ----------
    refused : dict
        Why requests were refused, by their names: ``'1'`` is the first one.
    """

    def __init__(self, clock: Clock, script: Sequence[tuple[float, Request]]) -> None:
        self._clock = clock
        numbered = [(at, str(number), request) for number, (at, request) in enumerate(script, 1)]
        self._waiting = sorted(numbered, key=lambda one: one[0])
        self.refused: dict[str, str] = {}

    def due(self) -> float | None:
        """Return the seconds until the next request; None if there is none."""
        return max(0.0, self._waiting[0][0] - self._clock.now()) if self._waiting else None

    def arrived(self) -> list[tuple[str, Request]]:
        """Return the requests whose time has come."""
        now = self._clock.now()
        here = [one for one in self._waiting if one[0] <= now]
        self._waiting = self._waiting[len(here) :]
        return [(name, request) for _, name, request in here]

    def settle(self, name: str) -> None:
        """Do nothing: it is forgotten already."""

    def refuse(self, name: str, reason: str) -> None:
        """Keep the reason."""
        self.refused[name] = reason

    def close(self) -> None:
        """Do nothing."""
