"""The journal and the lease of a run directory, as the loop uses them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from glompo.core.state.run_state import RunState
from glompo.errors import StoreError
from glompo.events import Event
from glompo.loggers import library_logger
from glompo.storage.history import JournalHistory
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease
from glompo.storage.snapshots import SnapshotWriter

logger = library_logger("glompo.engine")

BREATH = 3.0
"""Seconds after which the loop looks at the lease even if nothing happened."""


class RunRecord:
    """An :class:`~glompo.engine.ports.EventLog` on disk.

    Parameters
    ----------
    journal : Journal
        Open for writing.
    lease : Lease
        Held by this process.
    """

    def __init__(self, journal: Journal, lease: Lease) -> None:
        self.journal = journal
        self._lease = lease
        self._history = JournalHistory(journal.run_dir)
        self._snapshots = SnapshotWriter(journal.run_dir)
        self._closed = False

    @property
    def history(self) -> JournalHistory:
        """Reads what was written."""
        return self._history

    def append(self, events: Sequence[Event]) -> None:
        """Write the events; the death of this process cannot lose them."""
        before = self.journal.appended
        self.journal.append(events)
        self._snapshots.note(len(events), self.journal.appended - before)

    def commit(self) -> None:
        """Force everything to the disk."""
        self.journal.commit()

    def due(self) -> float:
        """Return in how many seconds :meth:`tick` has something to do."""
        deadline = self.journal.due()
        return BREATH if deadline is None else min(BREATH, max(0.0, deadline - time.monotonic()))

    def tick(self) -> None:
        """Commit what has waited long enough, and renew the lease."""
        now = time.monotonic()
        self.journal.tick(now)
        self._lease.beat(now)

    def keep(self, state: RunState) -> None:
        """Begin to save a snapshot of the state if it is time for it; the run needs none."""
        try:
            self._snapshots.keep(state, self.journal.position)
        except StoreError as error:
            logger.warning("%s", error)

    def close(self, state: RunState | None) -> None:
        """Commit, close, save a snapshot of the last state if it is known, and give the lease back; only once."""
        if self._closed:
            return
        self._closed = True
        position = self.journal.position
        try:
            self.journal.close()
            if state is not None:
                self._snapshots.finish(state, position)
        finally:
            self._snapshots.close()
            self._lease.release()
