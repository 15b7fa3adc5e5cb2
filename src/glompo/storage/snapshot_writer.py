"""Saving snapshots beside a run that goes on, as seldom as opening allows and never more than a little.

A snapshot is due when reading what was recorded after the last one would take a second or so. The state is described
in the loop, which takes some milliseconds, since nothing is copied; writing it is the work of a thread. However much
there is to write, that takes a small part of the time: the next one waits many times as long as the last one took.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import Dump
from glompo.storage.segments import Position
from glompo.storage.snapshots import save

EVENTS = 20_000
"""Events after which a snapshot is due."""

BYTES = 32 * 2**20
"""Bytes of the journal after which it is due, if that is earlier."""

WORTH = 20
"""At the end of a session one is saved if there is at least this part of what makes one due."""

REST = 20
"""How many times the duration of the last one the next one waits."""

AT_ONCE = 100
"""Optimizers that are described at once, besides those that live."""


class SnapshotWriter:
    """Saves snapshots of one run.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    clock : callable
        The time in seconds.
    """

    def __init__(self, run_dir: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._dump = Dump()
        self._events = 0
        self._bytes = 0
        self._next = 0.0
        self._threads: ThreadPoolExecutor | None = None
        self._under_way: Future[float] | None = None

    def note(self, events: int, size: int) -> None:
        """Take note that `events` events were appended, of `size` bytes."""
        self._events += events
        self._bytes += size

    def keep(self, state: RunState, position: Position) -> None:
        """Begin to save `state`, which is that at `position`, if it is time for it.

        Raises
        ------
        StoreError
            If the last one could not be written; the run can go on.
        """
        if not self._due(1) or (self._under_way is not None and not self._under_way.done()):
            return
        self.settle()
        if self._clock() < self._next or not self._dump.prepare(state, AT_ONCE):
            return
        self._events = self._bytes = 0
        if self._threads is None:
            self._threads = ThreadPoolExecutor(1, thread_name_prefix="glompo-snapshot")
        self._under_way = self._threads.submit(self._save, self._dump.of(state), position)

    def settle(self) -> None:
        """Wait for the one under way, if any.

        Raises
        ------
        StoreError
            If it could not be written.
        """
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            self._next = self._clock() + REST * under_way.result()

    def finish(self, state: RunState, position: Position) -> None:
        """Save the last state of a session, if that spares anybody anything.

        Raises
        ------
        StoreError
            If it could not be written.
        """
        self.settle()
        if self._due(WORTH):
            save(self._run_dir, position, self._dump.of(state))

    def close(self) -> None:
        """End the thread."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None

    def _due(self, part: int) -> bool:
        return self._events * part >= EVENTS or self._bytes * part >= BYTES

    def _save(self, described: dict[str, object], position: Position) -> float:
        begin = self._clock()
        save(self._run_dir, position, described)
        return self._clock() - begin
