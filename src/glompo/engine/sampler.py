"""What a session uses of its machine, now and then on record."""

from __future__ import annotations

import os
import resource

from glompo import events
from glompo.core.evaluations.trajectory import TICKS
from glompo.core.state.run_state import RunState
from glompo.engine.ports import Meter, Usage
from glompo.evaluators.pool.process_tree import LINUX, cpu_seconds, may_have_descendants, process_trees, resident

INTERVAL = 30.0
"""Seconds of run time between two samples at least; a session that was not longer has none."""

SHORTEST = 1.0
"""Seconds before the end of a session in which another sample would say nothing new."""


class ProcessMeter:
    """A :class:`~glompo.engine.ports.Meter` of this process and all that it has started on this machine."""

    def usage(self) -> Usage:
        """Return what is used; elsewhere than on Linux only ended children count, and memory is not known."""
        try:
            load = os.getloadavg()[0]
        except OSError:  # the system does not tell
            load = float("nan")
        if not LINUX:
            spent = (resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            return Usage(sum(one.ru_utime + one.ru_stime for one in spent), 0, load)
        here = os.getpid()
        # each session begins with a look, and there may be thousands of other processes
        members = (here, *(process_trees([here])[here] if may_have_descendants(here) else ()))
        return Usage(sum(map(cpu_seconds, members)), sum(map(resident, members)), load)


class Sampler:
    """Makes the samples of one session.

    Parameters
    ----------
    meter : Meter
        Where the figures come from.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._began = self._last = 0.0
        self._cpu_before = self._cpu = 0.0
        self._busy_before = self._offered = 0.0

    def begin(self, state: RunState) -> None:
        """Count from the beginning of the session on."""
        self._began = self._last = state.session_at
        self._cpu_before = self._meter.usage().cpu
        self._busy_before = _evaluated_seconds(state)

    def due(self, state: RunState, now: float) -> list[events.Event]:
        """Return a sample if it is time for one."""
        return [self._sample(state, now)] if now >= self._last + INTERVAL else []

    def finish(self, state: RunState, now: float) -> list[events.Event]:
        """Return the last sample, if the session was long enough for one."""
        worth = now > self._began + INTERVAL and now > self._last + SHORTEST
        return [self._sample(state, now)] if worth else []

    def _sample(self, state: RunState, now: float) -> events.Sampled:
        usage = self._meter.usage()
        self._offered += state.slots * (now - self._last)
        self._last = now
        # the time of a process that ended without being waited for is lost, and what was used cannot become less
        self._cpu = max(self._cpu, usage.cpu - self._cpu_before)
        busy = _evaluated_seconds(state) - self._busy_before + self._under_way(state, now)
        return events.Sampled(now, now - self._began, busy, self._offered, self._cpu, usage.memory, usage.load)

    def _under_way(self, state: RunState, now: float) -> float:
        """Return how long the evaluations have taken that are not reported: an optimizer is heard when one ends."""
        return sum(
            min(one.outstanding, one.request.slots) * (now - max(one.heard_at, self._began))
            for one in state.alive.values()
        )


def _evaluated_seconds(state: RunState) -> float:
    """Return how long all evaluations have taken that are reported."""
    return sum(one.trajectory.ticks for one in state.optimizers.values()) / TICKS
