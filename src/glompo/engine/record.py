"""The journal and the lease of a run directory, as the loop uses them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from glompo.core.events import Event
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease

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

    def append(self, events: Sequence[Event]) -> None:
        """Write the events; the death of this process cannot lose them."""
        self.journal.append(events)

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

    def close(self) -> None:
        """Commit, close, and give the lease back."""
        try:
            self.journal.close()
        finally:
            self._lease.release()
