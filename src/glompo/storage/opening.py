"""The state of a run: from its newest snapshot, if there is one that can be used, and the journal after it."""

from __future__ import annotations

from pathlib import Path

from glompo.core import snapshot
from glompo.core.state import RunState
from glompo.errors import StoreError
from glompo.storage.reader import read_events
from glompo.storage.segments import START, Position
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
        If there is no journal, or a newer version of the library wrote it.
    """
    state, position = shortcut(run_dir)
    for event in read_events(run_dir, position):
        state.apply(event)
    return state
