"""Where saved states go when nothing is written: into memory."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from glompo.core.state.checkpoints import COMPLETE
from glompo.core.views.run_view import RunView


class MemoryCheckpoints:
    """A keeper that forgets everything at the end; its checkpoints are complete at once and have no file.

    Attributes
    ----------
    states : dict of str to bytes
        The saved states by their names.
    """

    def __init__(self) -> None:
        self.states: dict[str, bytes] = {}
        self._packed: list[int] = []

    def keep(self, data: bytes) -> str:
        """Keep a saved state and return its name."""
        name = sha256(data).hexdigest()
        self.states[name] = data
        return name

    def fetch(self, blob: str) -> bytes | None:
        """Return the saved state of that name."""
        return self.states.get(blob)

    def retain(self, blobs: Iterable[str]) -> None:
        """Forget all other saved states."""
        wanted = set(blobs)
        self.states = {name: data for name, data in self.states.items() if name in wanted}

    def start_checkpoint(self, n: int, view: RunView) -> None:
        """Take note of the checkpoint."""
        self._packed.append(n)

    def finished_checkpoint(self, wait: bool = False) -> tuple[str, str, str] | None:
        """Return that the checkpoint is complete."""
        if not self._packed:
            return None
        return COMPLETE, f"number {self._packed.pop()}, in memory", ""

    def close(self) -> None:
        """Do nothing."""
