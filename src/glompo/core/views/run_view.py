"""What policies may see: the run, read-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box, free_parameters
from glompo.core.evaluations.evaluations import History
from glompo.core.state.injections import Injections
from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.optimizer_state import Best, OptimizerState
from glompo.core.state.regime_totals import RegimeTotals
from glompo.core.state.run_facts import Checkpoints
from glompo.core.state.run_state import RunState
from glompo.core.streams import Streams
from glompo.core.views.optimizer_view import OptimizerView
from glompo.events import Asked, PointsKnown, RunOpened, Sampled
from glompo.events.enums import RequestKind
from glompo.events.verdict import Verdict


class RunView:
    """A run, read-only, at the run time `now` (seconds).

    Parameters
    ----------
    state : RunState
        The run.
    now : float
        Run time in seconds.
    changed : set of int, optional
        Optimizers to which something has happened since the last decision; all that live by default.
    budget : int, optional
        Calls of the task that the exit conditions permit; None if any number.
    history : History, optional
        Where evaluations are read that are no longer in memory.
    """

    __slots__ = ("_box", "_budget", "_changed", "_history", "_state", "now", "regime")

    def __init__(
        self,
        state: RunState,
        now: float,
        changed: Collection[int] | None = None,
        budget: int | None = None,
        history: History | None = None,
    ) -> None:
        self._state = state
        self._budget = budget
        self._changed = changed
        self._history = history
        self._box: Box | None = None
        self.now = now
        self.regime = ""  # optimizers of all regimes are seen

    def __repr__(self) -> str:
        if self._state.opened is None:
            return "<view of a run that has not begun>"
        best = "no value yet" if self.best is None else f"best {self.best.f:.8g}"
        return (
            f"<view of a run after {self.now:g} s: {self.calls:,} evaluations of {self.n_started:,} optimizers, {best}>"
        )

    def __getitem__(self, opt: int) -> OptimizerView:
        return self._see(self._state.optimizers[opt])

    def __contains__(self, opt: object) -> bool:
        return opt in self._state.optimizers

    def __iter__(self) -> Iterator[OptimizerView]:
        """All optimizers ever started, in order."""
        return map(self._see, self._state.optimizers.values())

    @property
    def alive(self) -> Iterator[OptimizerView]:
        """Optimizers that have not ended, in order."""
        return map(self._see, self._state.alive.values())

    @property
    def changed(self) -> Iterator[OptimizerView]:
        """Living optimizers to which something has happened since the last decision, in order.

        Nothing can be due for the others, so that a decision costs as much as has happened, not as many as live.
        """
        if self._changed is None:
            return self.alive
        alive = self._state.alive
        return map(self._see, [alive[opt] for opt in sorted(self._changed) if opt in alive])

    @property
    def holders(self) -> Iterator[OptimizerView]:
        """Those of them that have credits they may use, unless they were asked for them; the silent ones first."""
        return map(self._see, self._state.holders.values())

    @property
    def n_alive(self) -> int:
        """Number of optimizers that have not ended."""
        return len(self._state.alive)

    @property
    def left(self) -> Iterator[tuple[OptimizerView, int]]:
        """Optimizers of earlier sessions that may go on, in order, each with the credits that it had not used."""
        return ((self._see(one), one.granted - one.calls) for one in self._state.left.values())

    @property
    def settled(self) -> bool:
        """Whether nothing is in flight: every living optimizer has used what it was granted, or rests."""
        alive = self._state.alive.values()
        return all(one.phase is Phase.PAUSED or (one.phase is Phase.RUNNING and not one.outstanding) for one in alive)

    @property
    def n_paused(self) -> int:
        """Number of optimizers that rest."""
        return self._state.resting

    @property
    def n_stopping(self) -> int:
        """Number of optimizers that were asked to stop and have not ended."""
        return self._state.stopping

    @property
    def n_started(self) -> int:
        """Number of optimizers ever started."""
        return len(self._state.optimizers)

    @property
    def n_searches(self) -> int:
        """Number of optimizers ever started, without the injected points among them."""
        return len(self._state.optimizers) - self._state.injections.begun

    def started_after(self, n: int) -> Sequence[int]:
        """Return the numbers of all optimizers that have started after the first `n`, in order."""
        return range(n + 1, self.n_started + 1)

    @property
    def n_converged(self) -> int:
        """Number of optimizers that ended by themselves, and not because they ran out of their own iterations."""
        return self._state.ended[How.CONVERGED]

    @property
    def ended(self) -> Mapping[str, int]:
        """Number of optimizers by how they ended; 0 where none has."""
        return MappingProxyType(self._state.ended)

    @property
    def stopped_by_rules(self) -> tuple[int, ...]:
        """Optimizers that stoppers asked to stop, in order."""
        return tuple(self._state.stopped_by_rules)

    @property
    def stops_since_convergence(self) -> int:
        """Optimizers that stoppers ended since the last one converged."""
        return self._state.stops_since_convergence

    @property
    def in_vain(self) -> tuple[tuple[str, bool], ...]:
        """The latest endings in a row, of this session, that brought nothing: why, and whether it died or never called.

        Brought nothing has an optimizer that crashed or was lost, or that ended without one finite value.
        """
        return tuple(self._state.in_vain)

    @property
    def refused(self) -> str:
        """Why the task cannot be used as it is, as the first optimizer found in this session; empty if none did."""
        return self._state.refused

    @property
    def best(self) -> Best | None:
        """The incumbent."""
        return self._state.best

    @property
    def calls(self) -> int:
        """Calls of the task so far."""
        return self._state.calls

    @property
    def spent(self) -> int:
        """Calls of the task that a budget counts: those recorded, and those that dead workers may have made."""
        return self._state.calls + self._state.lost

    @property
    def budget(self) -> int | None:
        """Calls of the task that the run may make in all; None if any number."""
        return self.amended(self._budget)

    def amended(self, budget: int | None) -> int | None:
        """Return the budget that was asked for from outside in the place of `budget`, which stays None if it is."""
        asked = self._state.pending.budget
        return budget if budget is None or asked is None else asked

    def unpromised(self, budget: int | None) -> int | None:
        """Return the calls of the task that a budget permits beyond those spent and those granted; None: any number."""
        budget = self.amended(budget)
        return None if budget is None else budget - self.spent - self.outstanding

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings in force, as plain data: those of the last session that changed them."""
        return MappingProxyType(self._state.settings)

    @property
    def cpus(self) -> int:
        """Processors that evaluations share on the machine of the session; 0 if they are computed elsewhere."""
        return self._state.session_cpus

    @property
    def sampled(self) -> Sampled | None:
        """What the present or last session had used of its machine when that was last recorded; None if it was not."""
        return self._state.sampled

    @property
    def candidates(self) -> int:
        """Candidates so far, those outside the bounds included."""
        return self._state.candidates

    @property
    def outstanding(self) -> int:
        """Calls of the task that are granted and have not been reported."""
        return self._state.outstanding

    @property
    def failures(self) -> int:
        """Failed calls of the task so far."""
        return self._state.failures

    @property
    def reasons(self) -> Counter[str]:
        """Reasons of failed calls with their counts (the first 20 different ones)."""
        return Counter(self._state.reasons)

    @property
    def causes(self) -> Counter[str]:
        """Causes of failed calls, such as 'timeout' or 'exit code 1', with their counts."""
        return Counter(self._state.causes)

    @property
    def examples(self) -> Mapping[str, str]:
        """The first reason of each cause of failed calls."""
        return dict(self._state.examples)

    @property
    def regimes(self) -> Mapping[str, RegimeTotals]:
        """What each part of a portfolio has spent and earned, by its name, in the order of their first starts."""
        return {name: replace(totals) for name, totals in self._state.regimes.items()}

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Lower and upper bounds in natural units, shape (d, 2)."""
        return self.opened.bounds

    @property
    def box(self) -> Box:
        """The bounds with the scale of each parameter, in which points are drawn and distances measured."""
        if self._box is None:
            self._box = Box(self.bounds, self._state.scales)
        return self._box

    @property
    def dims(self) -> int:
        """Number of parameters d."""
        return len(self.opened.bounds)

    @property
    def free_parameters(self) -> int:
        """Number of parameters D that are not fixed; 1 at least."""
        return free_parameters(self.bounds)

    @property
    def slots(self) -> int:
        """Evaluations that may be in flight at once."""
        return self._state.slots

    @property
    def free_slots(self) -> int:
        """Slots that no optimizer holds."""
        return max(0, self._state.slots - self._state.used_slots)

    @property
    def used_slots(self) -> int:
        """Slots that optimizers hold; more than there are for a while after their number was lowered."""
        return self._state.used_slots

    @property
    def pending(self) -> Mapping[int, Asked]:
        """Requests of users about single optimizers that are still to be done, by the numbers of these."""
        return MappingProxyType(self._state.pending.of_one)

    def held(self, opt: int) -> bool:
        """Return whether a user asked for the optimizer to rest until told otherwise."""
        asked = self._state.pending.of_one.get(opt)
        return asked is not None and asked.what == RequestKind.PAUSE

    @property
    def injections(self) -> Injections:
        """What is known of injected points."""
        return self._state.injections

    def incumbent(self, shared: bool) -> Best | None:
        """Return what optimizers that are worse are told of: the best evaluation, or the best of injected points."""
        return self._state.incumbent(shared)

    @property
    def session_at(self) -> float:
        """Run time at which this session began, in seconds."""
        return self._state.session_at

    @property
    def session_wall(self) -> float:
        """Time of day at which this session began, in seconds since 1970, UTC."""
        return self._state.session_wall

    @property
    def leaving(self) -> bool:
        """Whether this session (and not the run) was asked to end."""
        return self.leave_asked_by is not None

    @property
    def leave_asked_by(self) -> str | None:
        """Name of the user or the signal that asked to end this session; None if there was none."""
        asked = self._state.asked
        return asked.who if asked is not None and asked.what == RequestKind.LEAVE else None

    @property
    def end_asked_by(self) -> str | None:
        """Name of the user that asked to end the run; None if there was none."""
        asked = self._state.asked
        return asked.who if asked is not None and asked.what == RequestKind.END else None

    @property
    def goes_on(self) -> bool:
        """Whether neither the run nor this session is to end, or has ended."""
        return self._state.ending is None and self._state.finished is None and not self.leaving

    @property
    def ending(self) -> Verdict | None:
        """Why the run is ending; None while it goes on."""
        return self._state.ending

    @property
    def finished(self) -> Verdict | None:
        """Why the run is over; None before."""
        return self._state.finished

    @property
    def checkpoints(self) -> Checkpoints:
        """What is known of its checkpoints."""
        return self._state.checkpoints

    @property
    def streams(self) -> Streams:
        """Random streams of the run: asked twice, the same answer."""
        return Streams(self.opened.entropy)

    @property
    def known(self) -> PointsKnown | None:
        """Points with values that were known before the run; None if there were none."""
        return self._state.points

    @property
    def opened(self) -> RunOpened:
        """How the run was opened.

        Raises
        ------
        LookupError
            If its history has no beginning yet.
        """
        opened = self._state.opened
        if opened is None:
            raise LookupError("the run has not been opened")
        return opened

    @property
    def session(self) -> int:
        """Number of the present or last session, from 1."""
        return self._state.session

    @property
    def session_open(self) -> bool:
        """Whether that session has not been closed."""
        return self._state.session_open

    @property
    def session_reason(self) -> str:
        """Why it was closed; empty while it is open."""
        return self._state.session_reason

    def _see(self, one: OptimizerState) -> OptimizerView:
        return OptimizerView(one, self._history)
