"""What happens in a run, told through the standard logging: the logger ``glompo.run``.

An event is told once it is recorded. What went wrong is a warning or an error, everything else is information.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

from glompo import events
from glompo.core.state.lifecycle import How
from glompo.core.state.run_state import RunState
from glompo.core.views.optimizer_view import display_name
from glompo.core.views.run_view import RunView
from glompo.engine.interrupts import say
from glompo.events import Event
from glompo.events.enums import By, Reason
from glompo.events.verdict import Verdict
from glompo.loggers import library_logger
from glompo.read.result_text import slots_held
from glompo.safe_text import legible

logger = library_logger("glompo.run")

SPENT = ("MaxTotalFunctionCalls", "TimeLimit", "TimeLimitThroughRestarts")
"""Exit conditions by which a run ends because it has used what it was given."""

NAMED = 4
"""Optimizers that are named in one line, at most."""

TROUBLE = (How.CRASHED, How.LOST, How.FORCED)
"""Ends of optimizers that are warned of."""

FAILURES = (Reason.FAILING_TASK, Reason.FAILING_OPTIMIZERS, Reason.FAILING_CHECKPOINT, Reason.FAULTY_POLICY)
"""Rules by which a run ends in failure."""


class RunLogger:
    """Tells of one session.

    Parameters
    ----------
    interval : float
        Seconds of run time between two messages about the whole run; inf for none.
    way_on : str
        What a user does to go on with the run.
    """

    def __init__(self, interval: float = math.inf, way_on: str = "the same call with resume='auto'") -> None:
        self._interval = interval
        self._way_on = way_on
        self._due = math.inf

    def begin(self, view: RunView) -> None:
        """Tell that a session begins."""
        self._due = view.now + self._interval
        if view.session > 1:
            text = "the run is resumed: session %d, %d optimizers started, %d evaluations"
            logger.info(text, view.session, view.n_started, view.calls)
        else:
            logger.info("the run begins: %d parameters, %d slots", view.dims, view.slots)

    def tell(self, event: Event, state: RunState) -> None:
        """Tell of an event that has just been recorded."""
        told = _TOLD.get(type(event))
        if told is not None:
            told(event, state)

    def leaving(self, view: RunView, signal: str) -> None:
        """Say at once what a signal does, also where no log is shown: what it waits for, and how to go on."""
        busy = [f"{one.opt} ({one.name})" for one in view.alive if one.outstanding]
        named = ", ".join(busy[:NAMED]) + (f" and {len(busy) - NAMED} more" if len(busy) > NAMED else "")
        awaited = f"the evaluations under way are done, of optimizer {named}" if busy else "all optimizers have stopped"
        say(
            f"{signal}: the session ends as soon as {legible(awaited)}. A second one ends it now, without them. To go "
            f"on with the run: {self._way_on}"
        )

    def due(self, now: float) -> float | None:
        """Return in how many seconds there is something to tell of the whole run; None if never."""
        return None if self._due == math.inf else max(0.0, self._due - now)

    def look(self, view: RunView) -> None:
        """Tell how the run stands, if it is time for it."""
        if view.now >= self._due:
            self._due = view.now + self._interval
            logger.info("%s", _present(view))


def _present(view: RunView) -> str:
    budget = "" if view.budget is None else f" of {view.budget}"
    best = "no value yet"
    if view.best is not None:
        best = f"best {view.best.f:.8g} by optimizer {view.best.opt} ({view[view.best.opt].name})"
    paused = f" ({view.n_paused} paused)" if view.n_paused else ""
    slots = slots_held(view.slots, view.used_slots, view.n_alive - view.n_paused)
    return (
        f"{view.now:.0f} s elapsed; {view.n_alive} optimizers alive{paused}, {view.n_started} started; "
        f"{slots}; {view.calls}{budget} evaluations, {view.failures} failed; {best}"
    )


def _name(opt: int, state: RunState) -> str:
    request = state.optimizers[opt].request
    return f"optimizer {opt} ({display_name(request.called, request.regime)})"


def _started(event: events.StartRequested, state: RunState) -> None:
    logger.info("%s starts: %s", _name(event.opt, state), event.why)


def _returned(event: events.Restored | events.ReturnedToRest, state: RunState) -> None:
    logger.info("%s comes back after %d evaluations, by %s", _name(event.opt, state), event.k, event.how)


def _recovered(event: events.Recovered, state: RunState) -> None:
    logger.info("%s is back, by %s", _name(event.opt, state), event.way)


def _diverged(event: events.Diverged, state: RunState) -> None:
    then = f"{event.then} is tried next" if event.then else "it is given up"
    logger.warning("%s did not come back by %s: %s; %s", _name(event.opt, state), event.way, event.why, then)


def _paused(event: events.Paused, state: RunState) -> None:
    one = state.optimizers[event.opt]
    reason = "" if one.pause is None else f": {one.pause.verdict.reason()}"
    logger.info("%s rests after %d evaluations%s", _name(event.opt, state), event.at_k, reason)


def _resumed(event: events.Resumed, state: RunState) -> None:
    logger.info("%s goes on", _name(event.opt, state))


def _stop_requested(event: events.StopRequested, state: RunState) -> None:
    level = logging.DEBUG if event.by == By.EXIT else logging.INFO
    logger.log(level, "%s is to stop (%s): %s", _name(event.opt, state), event.by, event.verdict.reason())


def _escalated(event: events.Escalated, state: RunState) -> None:
    logger.warning("the process of %s is ended (%s): %s", _name(event.opt, state), event.rung, event.why)


def _ended(event: events.Stopped, state: RunState) -> None:
    one = state.optimizers[event.opt]
    best = "without a value" if one.trajectory.best == math.inf else f"at {one.trajectory.best:.8g}"
    why = event.note or (one.stop.verdict.reason() if one.stop is not None else "")
    if one.stop is not None and one.how in (How.STOPPED, How.CUT):
        why = "the run ended" if one.stop.by == By.EXIT else one.stop.verdict.reason()
    level = logging.WARNING if one.how in TROUBLE else logging.INFO
    text = "%s %s after %d evaluations %s%s"
    logger.log(level, text, _name(event.opt, state), one.how, one.calls, best, f": {why}" if why else "")


def _noted(event: events.Noted, state: RunState) -> None:
    logger.debug("%s says: %s", _name(event.opt, state), event.text)


def _checkpoint(event: events.CheckpointClosed, state: RunState) -> None:
    level = logging.INFO if event.path else logging.WARNING
    about = "; ".join(part for part in (event.path, event.why) if part)
    logger.log(level, "checkpoint %d: %s%s", event.n, event.outcome, f": {about}" if about else "")


def _asked(event: events.Asked, state: RunState) -> None:
    about = f" of optimizer {event.opt}" if event.opt else ""
    logger.info("%s asks for: %s%s", event.who, event.wish, about)


def _ending(event: events.EndRequested, state: RunState) -> None:
    level = logging.ERROR if event.verdict.rule in FAILURES else logging.INFO
    logger.log(level, "the run is to end: %s", event.verdict.reason())


def _finished(event: events.RunFinished, state: RunState) -> None:
    best = "no finite value" if state.best is None else f"best {state.best.f:.8g} by {_name(state.best.opt, state)}"
    ends = ", ".join(f"{count} {how}" for how, count in state.ended.items() if count)
    text = "the run is over after %d evaluations: %s; %d optimizers: %s"
    logger.info(text, state.calls, best, len(state.optimizers), ends or "none ended")
    for asked in state.injections.asked:
        logger.warning("the run was over before a point could be evaluated: %s asked for %s", asked.who, asked.wish)
    _left_out(event.verdict, state)


def _left_out(verdict: Verdict, state: RunState) -> None:
    """Warn of optimizers for which there was no room: the run was over before one of their kind could start."""
    if state.opened is None or "offered" not in state.opened.spec:  # begun by an earlier version, which knew no labels
        return
    started = {one.request.called for one in state.optimizers.values()}
    never = [str(name) for name in state.settings.get("offered") or () if name not in started]
    if not never or not any(leaf.name in SPENT for leaf in verdict.deciding()):
        return
    if state.settings.get("shares"):  # as its portfolio means it
        logger.info("%s never started: no evaluations were left for its regime", ", ".join(never))
        return
    logger.warning(
        "%s never started: with %d slots the others used all evaluations or all the time; raise max_jobs or the "
        "budget, stop optimizers earlier, or leave these out", ", ".join(never), state.slots,
    )  # fmt: skip


def _closed(event: events.SessionClosed, state: RunState) -> None:
    logger.info("the session ends: %s", event.reason)


_TOLD: dict[type[Event], Callable[[Any, RunState], None]] = {
    events.StartRequested: _started,
    events.Restored: _returned,
    events.ReturnedToRest: _returned,
    events.Recovered: _recovered,
    events.Diverged: _diverged,
    events.Paused: _paused,
    events.Resumed: _resumed,
    events.StopRequested: _stop_requested,
    events.Escalated: _escalated,
    events.Stopped: _ended,
    events.Noted: _noted,
    events.CheckpointClosed: _checkpoint,
    events.Asked: _asked,
    events.EndRequested: _ending,
    events.RunFinished: _finished,
    events.SessionClosed: _closed,
}
