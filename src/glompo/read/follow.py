"""A run, followed as it goes on."""

from __future__ import annotations

import os

from glompo.core.views.run_view import RunView
from glompo.read.locate import run_directory
from glompo.storage.history import JournalHistory
from glompo.storage.lease_state import writer_lives
from glompo.storage.reader import JournalFollower, shortcut


class Follower:
    """Follows a run, alive or dead, without disturbing it; each poll costs as much as what is new.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

    Attributes
    ----------
    writer_lives : bool
        Whether a living process held the run at the last poll.

    Raises
    ------
    UserError
        If the directory holds no run.
    """

    def __init__(self, run_dir: str | os.PathLike[str]) -> None:
        self.run_dir = run_directory(run_dir)
        self.writer_lives = True
        self._state, position = shortcut(self.run_dir)
        self._journal = JournalFollower(self.run_dir, position)
        self._history = JournalHistory(self.run_dir)

    @property
    def begun(self) -> bool:
        """Whether anything has been recorded; before that the view is empty."""
        return self._state.opened is not None

    def poll(self) -> RunView:
        """Read what is new and return the run at the time of its last event.

        Raises
        ------
        CorruptJournalError
            If the journal is damaged before its tail.
        """
        self.writer_lives = writer_lives(self.run_dir)  # before reading: see RunStatus
        for event in self._journal.poll():
            self._journal.fold(event, self._state)
        return RunView(self._state, self._state.at, history=self._history)
