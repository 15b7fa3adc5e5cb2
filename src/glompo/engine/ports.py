"""What the loop needs from its surroundings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from glompo.core.evaluations.evaluations import History
from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.events import Event
from glompo.storage.inbox import Request


class Clock(Protocol):
    """Seconds of run time."""

    def now(self) -> float:
        """Return the run time in seconds; never falls."""


class EventLog(Protocol):
    """Keeps events: :class:`glompo.storage.journal.Journal`, or a list in memory."""

    @property
    def history(self) -> History:
        """Reads what was written."""

    def append(self, events: Sequence[Event]) -> None:
        """Write the events such that the death of this process cannot lose them."""

    def commit(self) -> None:
        """Write everything so that the death of the machine cannot lose it."""

    def due(self) -> float | None:
        """Return in how many seconds :meth:`tick` has something to do; None if never."""

    def tick(self) -> None:
        """Commit what has waited long enough, and renew the claim on the run directory."""

    def keep(self, state: RunState) -> None:
        """Begin to save a shortcut to the state after what was written, if it is time for it."""

    def close(self, state: RunState | None) -> None:
        """Commit and let go; `state` is that after everything that was written, None if it is not known."""


class Inbox(Protocol):
    """Brings what is asked from outside: :class:`glompo.storage.inbox.Inbox`."""

    def due(self) -> float | None:
        """Return in how many seconds it is time to look again; None if never."""

    def arrived(self) -> Sequence[tuple[str, Request]]:
        """Return new requests, in order of arrival, each with a name for it."""

    def settle(self, name: str) -> None:
        """Forget a request, which is in the journal."""

    def refuse(self, name: str, reason: str) -> None:
        """Give a request back with the reason why it is not taken."""

    def close(self) -> None:
        """Give back what has come too late."""


class CheckpointStore(Protocol):
    """Keeps saved states, and makes files of checkpoints beside the loop."""

    def keep(self, data: bytes) -> str:
        """Keep a saved state such that the death of this process cannot lose it, and return its name.

        Raises
        ------
        StoreError
            If that fails.
        """

    def fetch(self, blob: str) -> bytes | None:
        """Return the saved state of that name; None if it is gone or damaged."""

    def retain(self, blobs: Iterable[str]) -> None:
        """Remove all other saved states, once these are safe."""

    def start_checkpoint(self, n: int, view: RunView) -> None:
        """Begin to make a file of checkpoint `n`: of what is recorded, and the saved states."""

    def finished_checkpoint(self, wait: bool = False) -> tuple[str, str, str] | None:
        """Return outcome, reason and path of the file that was begun; None while it is not done and none waits."""

    def close(self) -> None:
        """Finish."""


class Usage(NamedTuple):
    """What is used of a machine: seconds of processor time so far, bytes in memory, load over the last minute."""

    cpu: float
    memory: int
    load: float


class Meter(Protocol):
    """Tells what a run uses of its machine."""

    def usage(self) -> Usage:
        """Return what is used."""


class Observer(Protocol):
    """Watches the run. What it raises is logged and does not disturb the run."""

    def update(self, view: RunView) -> None:
        """See the run after something happened; StopIteration asks it to end."""

    def close(self, view: RunView) -> None:
        """See the run for the last time."""
