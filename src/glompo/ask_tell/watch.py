"""What the desk must know of its run."""

from __future__ import annotations

from glompo.ask_tell.queue import AskTellQueue
from glompo.core.views.run_view import RunView


class Watch:
    """Tells the desk how much of the budget is left, and when everybody has been asked to stop.

    An observer of the run, called after each decision: whoever a withdrawal unwinds has been asked to stop before.
    """

    def __init__(self, queue: AskTellQueue) -> None:
        self._queue = queue

    def update(self, view: RunView) -> None:
        """See the run after something happened."""
        self._queue.budget(None if view.budget is None else view.budget - view.spent)
        if view.ending is not None:
            self._queue.withdraw("the run is ending")
        elif view.leaving:
            self._queue.withdraw(f"{view.leave_asked_by} asked to leave the run")

    def close(self, view: RunView) -> None:
        """See the run for the last time."""
