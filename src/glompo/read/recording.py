"""A run that is followed from its beginning, with all that its events tell, a slice at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events import Event
from glompo.read.locate import run_directory
from glompo.read.optimizer_row import OptimizerRow, row_of, standing_rows
from glompo.read.run_status import RunStatus, run_status_of
from glompo.read.summary import Summary, summarize
from glompo.safe_text import legible
from glompo.storage.history import JournalHistory
from glompo.storage.lease_state import Writer, writer_of
from glompo.storage.reader import JournalFollower, shortcut


class Recording:
    """Follows a run, alive or dead, and hands each of its events to those that collect them.

    The state is at hand at once where a snapshot helps, while what was before it is still being read. Nothing here
    disturbs the run.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    collectors : callable
        Each is called with every event from the beginning of the run, in order.

    Attributes
    ----------
    run_dir : Path
        See there.
    writer : Writer
        Who wrote to the directory at the last poll.
    complete : bool
        Whether the last poll has read all that there was.

    Raises
    ------
    UserError
        If the directory holds no run.
    """

    def __init__(self, run_dir: str | os.PathLike[str], *collectors: Callable[[Event], None]) -> None:
        self.run_dir = run_directory(run_dir)
        self.writer = Writer.LIVES
        self.complete = False
        self._collectors = collectors
        self._state, self._known = shortcut(self.run_dir)
        self._journal = JournalFollower(self.run_dir)
        self._events: Iterator[Event] = self._journal.stream()
        self._history = JournalHistory(self.run_dir)
        self._rows: dict[int, OptimizerRow] = {}

    def __repr__(self) -> str:
        return legible(f"<recording of the run in {self.run_dir}: {self._state.calls:,} evaluations so far>")

    @property
    def begun(self) -> bool:
        """Whether anything has been recorded; before that the view is empty."""
        return self._state.opened is not None

    @property
    def abridged(self) -> bool:
        """Whether the state came from a snapshot, and is ahead of what collectors have been handed."""
        return self._journal.position < self._known

    @property
    def view(self) -> RunView:
        """The run at the time of its last event."""
        return RunView(self._state, self._state.at, history=self._history)

    @property
    def summary(self) -> Summary:
        """The run in numbers."""
        return summarize(self.view, self.writer)

    def rows(self) -> tuple[OptimizerRow, ...]:
        """Return the lines of all optimizers ever started, in order; those of ended ones are not made anew."""
        view = self.view
        for one in view:
            known = self._rows.get(one.opt)
            if known is None or one.phase is not Phase.ENDED or known.ended_at != one.ended_at:
                self._rows[one.opt] = row_of(one, view.calls)
        running = run_status_of(view, self.writer) is RunStatus.RUNNING
        return standing_rows((self._rows[one.opt] for one in view), running)

    def poll(self, seconds: float = float("inf")) -> bool:
        """Read what is new, for about so many seconds at most, and return whether there was anything.

        Raises
        ------
        CorruptJournalError
            If the journal is damaged before its tail.
        StoreError
            If a newer version of the library wrote it, or it holds what cannot have happened.
        """
        self.writer = writer_of(self.run_dir)  # before reading: see RunStatus
        end = time.monotonic() + seconds
        if self.complete:
            self._events, self.complete = self._journal.stream(), False
        found = False
        try:
            for event in self._events:
                found = True
                self._take(event)
                if time.monotonic() >= end:
                    return True
        except Exception:
            self._events = self._journal.stream()  # what cannot be read is told again, and not passed over
            raise
        self.complete = True
        return found

    def _take(self, event: Event) -> None:
        if self._journal.position > self._known:
            self._journal.fold(event, self._state)
        for collect in self._collectors:
            collect(event)
