"""How a task says more than "failed"."""

from __future__ import annotations

from glompo.function import Status


class Unfinished(Exception):
    """Raised by a task that knows how its evaluation ended.

    A task that watches over something itself, as :class:`~glompo.evaluators.command.CommandTask` does over a program,
    tells a deadline from a crash by this; any other exception means ``FAILED``.

    Parameters
    ----------
    status : Status
        How the evaluation ended.
    reason : str
        Why, in one line.
    """

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(status, reason)  # both, so that it can be pickled
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.status.name.lower().replace('_', ' ')}: {self.reason}"
