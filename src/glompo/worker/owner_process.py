"""The process to which an optimizer belongs."""

from __future__ import annotations

import os

from glompo.errors import WorkerError


class OwnerProcess:
    """Tells this process from its forks.

    A fork holds a copy of the optimizer with all its credits and the open lines to the engine, but not the threads
    that serve them. What it evaluated would be counted twice or not at all.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()

    def check(self) -> None:
        """Refuse a fork.

        Raises
        ------
        WorkerError
            In any other process than the one in which this object was made.
        """
        if os.getpid() != self._pid:
            raise WorkerError(
                f"process {os.getpid()} is a fork of process {self._pid}, to which the optimizer and its function "
                "belong; call it there, several points at once with function.map(X), and let the manager place the "
                "evaluations in processes with evaluator='pool'"
            )
