"""The ways in which an optimizer can begin, or recover, and the attempt to go one of them.

One that is new just begins. For one that has a record there are recovery steps, from the most to the least faithful:

1. *saved state*: it loads what it saved, and what it asks for next is compared with what was recorded after that;
2. *replay*: its search runs again from the start, on the recorded answers;
3. *warm start*: a new search begins at the best recorded point, under the same number.

A step that fails leaves no trace outside the worker, for all that it did was to be given recorded answers; so the next
one can be tried at once. One that does not promise to go on from a saved state (see :mod:`glompo.worker.saved_state`)
is replayed first; its saved state is tried after that, if anything was recorded by which it can be checked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.events import Diverged, Recovered, Stopped
from glompo.events.enums import Ending, Way
from glompo.function import Status
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.safe_text import error_text
from glompo.wire.launch_request import LaunchRequest, RecordedHistory
from glompo.wire.messages import AT, OPT
from glompo.worker.mailbox import Mailbox
from glompo.worker.managed_function import ManagedFunction
from glompo.worker.optimizer_adapter import HoldGate, WorkerLink, as_accepted, build, by_name, linked, own_logging
from glompo.worker.replay import DivergedError, Replay
from glompo.worker.saved_state import Envelope, NotSavedError, loaded, opened
from glompo.worker.space import Space

NEW = ""
"""The way of an optimizer without a record."""


@dataclass(frozen=True, slots=True)
class RecoveryStep:
    """One way, and the saved state that it needs."""

    way: str
    envelope: Envelope | None = None


def recovery_steps(launch_request: LaunchRequest, mailbox: Mailbox) -> list[RecoveryStep]:
    """Return the steps to be tried, in order; one whose saved state cannot be read is reported and left out."""
    recorded = launch_request.recorded
    if recorded is None:
        return [RecoveryStep(NEW)]
    steps = [RecoveryStep(Way.REPLAY)]
    if recorded.saved is not None:
        try:
            envelope = opened(recorded.saved.data)
        except NotSavedError as error:
            mailbox.post(Diverged(AT, OPT, Way.SAVED_STATE, recorded.saved.k, math.nan, str(error), Way.REPLAY))
        else:
            # loading is cheaper than replay, but only a promise, or what was recorded behind it, shows that it worked
            if envelope.promised:
                steps.insert(0, RecoveryStep(Way.SAVED_STATE, envelope))
            elif envelope.k < recorded.end:
                steps.append(RecoveryStep(Way.SAVED_STATE, envelope))
    if launch_request.context.on_divergence == "warm-start":
        steps.append(RecoveryStep(Way.WARM_START))
    return steps


class Attempt:
    """One attempt to begin a search, or to recover it by `step`."""

    def __init__(self, step: RecoveryStep, launch_request: LaunchRequest, mailbox: Mailbox, space: Space) -> None:
        self.way = step.way
        self.replay: Replay | None = None
        self._launch_request = launch_request
        self._mailbox = mailbox
        self._space = space
        self._envelope = step.envelope
        self._x0 = launch_request.x0
        recorded, start, given = launch_request.recorded, 0, 0
        if recorded is not None and step.way == Way.WARM_START:
            # the record is kept under the same number: the new search counts on behind it
            start, self._x0 = recorded.end, _best_of(recorded, launch_request.x0)
        elif recorded is not None:
            start = recorded.first
            if step.envelope is not None:
                start, given = step.envelope.k, step.envelope.points
            self.replay = Replay(recorded, start, self._report_arrival)
        mailbox.recall(start)
        warm = step.way == Way.WARM_START
        stream = np.random.Generator(np.random.PCG64(_seed(launch_request, start if warm else None)))
        self.link = WorkerLink(mailbox, stream, space, None if warm else recorded, given)

    @property
    def arrived(self) -> bool:
        """Whether the search is where its record ends."""
        return self.replay is None or self.replay.over

    def optimizer(self) -> BaseOptimizer:
        """Return the optimizer, built or loaded.

        Raises
        ------
        DivergedError
            If it cannot be loaded.
        """
        launch_request = self._launch_request
        arguments = {
            "_opt_id": launch_request.opt,
            "_signal_pipe": self.link,
            "_results_queue": None,
            "_pause_flag": HoldGate(
                self._mailbox, 0 if launch_request.recorded is None else launch_request.recorded.end
            ),
            "_is_log_detailed": own_logging(launch_request.kwargs, launch_request.context.detailed),
            "_workers": launch_request.slots,
            "_backend": launch_request.context.concurrency,
        }
        if self._envelope is None:
            return build(launch_request.cls, launch_request.args, launch_request.kwargs, arguments)
        try:
            named = by_name(launch_request.cls, launch_request.args, launch_request.kwargs)
            one = loaded(launch_request.cls, self._envelope, {**as_accepted(launch_request.cls, arguments), **named})
        except (NotSavedError, TypeError) as error:
            raise DivergedError(str(error), self._envelope.k) from error
        one = linked(one, arguments)
        # its own stream, if it saved one; otherwise that of the link goes on where the envelope says that it was
        if one.rng is not self.link.rng:
            self.link.rng = one.rng
        elif self._envelope.stream is not None:
            one.rng.bit_generator.state = self._envelope.stream
        return one

    def search(self, optimizer: BaseOptimizer, task: ManagedFunction) -> Stopped:
        """Run the search and return how it ended.

        Raises
        ------
        DivergedError
            If it does something else than what was recorded, or ends before the end of its record.
        """
        if self.way != NEW and self.arrived:  # nothing to be compared: otherwise the last replayed answer reports it
            self._report_arrival()
            self._mailbox.await_release()
        x0 = self._space.seen(self._x0).copy()
        try:
            result = optimizer.minimize(task, x0, self._space.pairs, **self._launch_request.minimize_kwargs)
        except Exception as error:
            if self.replay is None or self.replay.over:  # live: the failure is the optimizer's own
                raise
            raise self._ended_early(f"raised {error_text(error)}") from error
        if not self.arrived and not self.link.told:
            raise self._ended_early("returned")
        link = self.link
        return Stopped(
            AT, OPT, Ending.RETURNED, link.said_converged, _output_tail(result, link), _gave_up(result, link)
        )

    def _report_arrival(self) -> None:
        new_start = self._x0 if self.way == Way.WARM_START else None
        self._mailbox.post(Recovered(AT, OPT, self.way, self._mailbox.count, new_start))

    def _ended_early(self, what: str) -> DivergedError:
        assert self.replay is not None  # a search without a record has none to end before
        assert self._launch_request.recorded is not None
        done = self.replay.done
        return DivergedError(
            f"it {what} after {done} of {self._launch_request.recorded.end} recorded evaluations", done
        )


def _seed(launch_request: LaunchRequest, begins_at: int | None) -> np.random.SeedSequence:
    """Return the seed of a search: that of the optimizer, or another one for each warm start."""
    first = launch_request.recorded.first if launch_request.recorded is not None else 0
    begun = first if begins_at is None else begins_at
    if not begun:
        return launch_request.seed
    return np.random.SeedSequence(launch_request.seed.entropy, spawn_key=(*launch_request.seed.spawn_key, begun))


def _best_of(recorded: RecordedHistory, x0: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the best valid recorded point, shape (d,); `x0` if there is none."""
    values = np.where(recorded.status == Status.OK, recorded.f, np.inf)
    if not len(values) or not np.isfinite(values.min()):
        return x0
    return np.asarray(recorded.X[int(values.argmin())])


def _gave_up(result: Any, link: WorkerLink) -> bool:
    """Return whether the search ended by itself and without success, in its own words."""
    if link.said_converged or link.told:
        return False
    said = result.said_success if isinstance(result, MinimizeResult) else getattr(result, "success", None)
    return said is not None and not said


def _output_tail(result: Any, link: WorkerLink) -> str:
    if not isinstance(result, MinimizeResult):
        return f"minimize returned {type(result).__name__} instead of a MinimizeResult"
    reason = (result.stats or {}).get("reason", "")
    if reason:
        return str(reason)
    if _gave_up(result, link):
        return "returned without success"
    return "" if link.said_converged else "returned without announcing convergence (message 0)"
