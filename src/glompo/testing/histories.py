"""Write the history of a run by hand, to ask policies about it.

A policy answers from what has happened, so testing one takes a history and a question; no run, task or optimizer is
needed::

    from glompo.stoppers import BestUnmoving
    from glompo.testing.histories import history

    run = history(bounds=[(0, 1), (0, 1)], slots=2)
    leader, laggard = run.start(), run.start()
    run.evaluate(leader, [3.0, 2.0, 1.0])
    run.evaluate(laggard, [5.0, 5.0, 5.0])
    assert BestUnmoving(2).ask(run.view(), laggard).fired
    assert not BestUnmoving(2).ask(run.view(), leader).fired

Exit conditions are asked with ``condition.ask(run.view())``, generators with ``generator.place(run.manager())``,
selectors with ``selector.choose(run.manager(), slots_available)``. Everything goes through real events and the real
fold, so what could not happen in a run raises here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glompo.core.state.run_state import RunState
from glompo.core.streams import entropy_of
from glompo.core.views.manager_view import LogView, ManagerView
from glompo.core.views.run_view import RunView
from glompo.events import (
    SCHEMA,
    Evaluated,
    Event,
    Granted,
    Judged,
    Restored,
    ReturnedToRest,
    RunOpened,
    SessionClosed,
    SessionOpened,
    Started,
    StartRequested,
    Stopped,
    StopRequested,
)
from glompo.events.verdict import Verdict
from glompo.function import Status
from glompo.testing.memory_log import WALL, EventsHistory

DATE = "2000-01-01T00:00:00+00:00"
"""When a history by hand begins."""


def history(bounds: ArrayLike = ((0.0, 1.0),), slots: int = 4, seed: int = 0, scales: tuple[str, ...] = ()) -> History:
    """Return the history of a run that has just begun, at run time 0.

    Parameters
    ----------
    bounds : array-like of shape (d, 2)
        Lower and upper bound of each parameter.
    slots : int
        Evaluations that may be in flight at once.
    seed : int
        Seed of the run's random streams.
    scales : tuple of str
        Scale of each parameter; natural units by default.
    """
    return History(np.array(bounds, dtype=float), slots, seed, scales)


class History:
    """The events of a run and their fold; see :func:`history`.

    Attributes
    ----------
    state : RunState
        The fold of all events so far.
    events : list of Event
        The events.
    now : float
        Run time in seconds.
    """

    def __init__(self, bounds: NDArray[np.float64], slots: int, seed: int, scales: tuple[str, ...] = ()) -> None:
        self._scales = scales
        self.state = RunState()
        self.events: list[Event] = []
        self.now = 0.0
        self._bounds = bounds
        self._sessions = 0
        self.happen(RunOpened(0.0, SCHEMA, "written by hand", DATE, bounds, slots, entropy_of(seed), {}, {}))
        self._open_session()

    def happen(self, event: Event) -> None:
        """Add any event.

        Raises
        ------
        IllegalEventError
            If it cannot happen now.
        """
        self.state.apply(event)
        self.events.append(event)
        self.now = self.state.at

    def start(
        self,
        kind: str = "Optimizer",
        x0: ArrayLike | None = None,
        slots: int = 1,
        config: Mapping[str, Any] | None = None,
        regime: str = "",
        label: str = "",
    ) -> int:
        """Start an optimizer and return its number.

        Parameters
        ----------
        kind : str
            Name of its class.
        x0 : array-like of shape (d,), optional
            Where it starts; the middle of the bounds if None.
        slots : int
            Slots that it holds.
        config : mapping, optional
            Settings that it was constructed with.
        regime, label : str
            The part of a portfolio that starts it, and what it is called; by default none, and its class.
        """
        opt = len(self.state.optimizers) + 1
        start = self._bounds.mean(axis=1) if x0 is None else np.array(x0, dtype=float)
        called = (False, regime, label)
        self.happen(StartRequested(self.now, opt, kind, dict(config or {}), start, slots, "by hand", *called))
        self.happen(Started(self.now, opt, f"worker {opt}"))
        return opt

    def evaluate(
        self,
        opt: int,
        f: ArrayLike,
        X: ArrayLike | None = None,
        status: Status | Sequence[Status] | None = None,
        seconds: float = 1.0,
    ) -> None:
        """Let an optimizer evaluate, one point after the other; the clock runs on.

        Parameters
        ----------
        opt : int
            Optimizer.
        f : float or array-like of shape (n,)
            Values that it was handed.
        X : array-like of shape (n, d) or (d,), optional
            Points; its start each time if None.
        status : Status or sequence of Status, optional
            How the evaluations ended; if None, INVALID where f is nan or -inf and OK elsewhere.
        seconds : float
            Duration of each evaluation.
        """
        values = np.atleast_1d(np.array(f, dtype=float))
        n = len(values)
        statuses = np.full(n, Status.OK, np.uint8)
        statuses[np.isnan(values) | (values == -np.inf)] = Status.INVALID
        if status is not None:
            statuses[:] = status
        points = self.state.optimizers[opt].request.x0 if X is None else np.array(X, dtype=float)
        ages = (np.arange(n, 0, -1) - 1) * seconds
        called = int(np.count_nonzero(statuses != Status.OUT_OF_BOUNDS))
        if called:
            self.happen(Granted(self.now, opt, called))
        self.happen(
            Evaluated(
                self.now + n * seconds,
                opt,
                len(self.state.optimizers[opt].trajectory),
                np.array(np.broadcast_to(points, (n, len(self._bounds)))),
                values,
                statuses,
                np.full(n, seconds, np.float32),
                ages.astype(np.float32),
                errors=tuple((i, f"{Status(int(s)).name.lower()} by hand") for i, s in enumerate(statuses) if s),
            )
        )

    def judge(self, *opts: int) -> None:
        """Record that the stoppers have just let these optimizers live."""
        counts = tuple(len(self.state.optimizers[opt].trajectory) for opt in opts)
        self.happen(Judged(self.now, opts, counts))

    def request_stop(self, opt: int, by: str = "stopper") -> None:
        """Ask an optimizer to stop, on behalf of 'stopper', 'exit', 'user' or 'session'."""
        self.happen(StopRequested(self.now, opt, by, Verdict(True, "by hand")))

    condemn = request_stop  # its earlier name

    def stop(self, opt: int, by: str = "stopper") -> None:
        """Let an optimizer end because it was asked to; it is asked first if it has not been."""
        if self.state.optimizers[opt].stop is None:
            self.request_stop(opt, by)
        self.happen(Stopped(self.now, opt, "returned", False, ""))

    def converge(self, opt: int) -> None:
        """Let an optimizer end by itself."""
        self.happen(Stopped(self.now, opt, "returned", True, ""))

    def exhaust(self, opt: int) -> None:
        """Let an optimizer end by itself and without success."""
        self.happen(Stopped(self.now, opt, "returned", False, "", gave_up=True))

    def crash(self, opt: int, note: str = "crashed by hand") -> None:
        """Let an optimizer end with an exception."""
        self.happen(Stopped(self.now, opt, "raised", False, note))

    def wait(self, seconds: float) -> None:
        """Let run time pass."""
        self.now += seconds

    def resume(self) -> None:
        """Close this session and open the next one, at the same run time."""
        self.happen(SessionClosed(self.now, "by hand"))
        self._open_session()

    def view(self, budget: int | None = None) -> RunView:
        """Return the run as policies of the library see it, now; its exit conditions permit `budget` calls."""
        return RunView(self.state, self.now, budget=budget, history=EventsHistory(self.events))

    def manager(self) -> ManagerView:
        """Return the run under the documented names of the manager, now."""
        return ManagerView(self.view())

    def log(self) -> LogView:
        """Return the log of all optimizers under its documented names, now."""
        return LogView(self.view())

    def _open_session(self) -> None:
        self._sessions += 1
        opened = SessionOpened(self.now, self._sessions, DATE, "nowhere", 0, wall=WALL + self.now, scales=self._scales)
        self.happen(opened)
        for opt, one in list(self.state.left.items()):  # all that lived go on
            k = len(one.trajectory)
            rests, works = ReturnedToRest(self.now, opt, "replay", k), Restored(self.now, opt, "replay", k, 0)
            self.happen(rests if one.rests else works)
            self.happen(Started(self.now, opt, "restored"))
