"""The state of a run: from its newest snapshot, if there is one that can be used, and the journal after it."""

from __future__ import annotations

from pathlib import Path

from glompo.core.state import snapshot
from glompo.core.state.run_state import RunState
from glompo.errors import StoreError
from glompo.storage.reader import JournalFollower
from glompo.storage.segments import START, Position, last_segment, no_journal
from glompo.storage.snapshots import usable


def shortcut(run_dir: Path) -> tuple[RunState, Position]:
    """Return the state of a run at some position of its journal, as far on as a snapshot helps.

    Without one that can be used it is the empty state at the beginning.
    """
    for position, data in usable(run_dir):
        try:
            return snapshot.load(data), position
        except StoreError:
            continue
    return RunState(), START


def state_of(run_dir: Path) -> RunState:
    """Return the state of a run after the last event that is recorded.

    Raises
    ------
    CorruptJournalError
        If the part of the journal that is read is damaged before its tail.
    StoreError
        If there is no journal, a newer version of the library wrote it, or it holds what cannot have happened.
    """
    return state_and_end(run_dir)[0]


def state_and_end(run_dir: Path) -> tuple[RunState, Position]:
    """Return :func:`state_of`, and the end of what was read."""
    if not last_segment(run_dir):
        raise no_journal(run_dir)
    state, start = shortcut(run_dir)
    journal = JournalFollower(run_dir, start)
    journal.fold_into(state)
    return state, journal.position
