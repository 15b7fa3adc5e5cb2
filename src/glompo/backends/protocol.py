"""What every backend offers the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from glompo.wire.launch_request import LaunchRequest


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do to a worker that does not obey."""

    can_terminate: bool = False  # whether it can be ended against its will


class Backend(Protocol):
    """Runs workers and carries messages. Only :meth:`receive` blocks."""

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do."""

    def launch(self, launch_request: LaunchRequest) -> None:
        """Start the optimizer ``launch_request.opt``."""

    def send(self, opt: int, message: bytes) -> None:
        """Give a message to an optimizer; never blocks, and never raises for one that is gone."""

    def receive(self, timeout: float | None) -> list[tuple[int, bytes]]:
        """Return what the optimizers said, in order; wait up to `timeout` seconds (None: for ever) for the first."""

    def wake(self) -> None:
        """Make a :meth:`receive` that waits return; may be called from a signal handler."""

    def end(self, opt: int, force: bool) -> None:
        """End a worker against its will, where that is possible: gently, or at once by `force`."""

    def close(self, timeout: float) -> list[int]:
        """End; wait up to `timeout` seconds for workers and return the optimizers whose workers still run."""
