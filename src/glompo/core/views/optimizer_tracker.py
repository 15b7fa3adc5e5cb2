"""Which optimizers have started and ended since the last look: for policies that keep sums over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from glompo.core.views.run_view import RunView
from glompo.events import RunOpened


@dataclass(frozen=True, slots=True)
class Changes:
    """What has happened since the last look.

    Attributes
    ----------
    reset : bool
        Whether this is another run than before, or another session of it, in which those that had ended may be back,
        or another regime: whatever was summed up is void, and every optimizer is reported again.
    started, ended : tuple of int
        Optimizers that have started, and those that have ended, in order; one that did both is in both.
    """

    reset: bool
    started: tuple[int, ...]
    ended: tuple[int, ...]


class OptimizerTracker:
    """Tells what has started and ended. A call costs as much as has started since the last one, and as many as live.

    It is a memo only: what is summed up by it follows from the view, and a new tracker gives the same.

    Attributes
    ----------
    living : list of int
        Optimizers that have not ended, in order.
    """

    def __init__(self) -> None:
        self.living: list[int] = []
        self._run: RunOpened | None = None
        self._part = (0, "")
        self._seen = 0

    def call(self, view: RunView) -> Changes:
        """Return what has happened since the last call."""
        part = (view.session, view.regime)
        reset = view.opened is not self._run or part != self._part
        if reset:
            self._run, self._part, self._seen, self.living = view.opened, part, 0, []
        started = tuple(view.started_after(self._seen))
        looked_at = [*self.living, *started]
        self.living = [opt for opt in looked_at if view[opt].how is None]
        self._seen = view.n_started
        return Changes(reset, started, tuple(opt for opt in looked_at if view[opt].how is not None))
