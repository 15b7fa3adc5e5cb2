"""A run as the policies of one of its regimes see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glompo.core.streams import Streams
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView


class RegimeView(RunView):
    """The optimizers of one regime as if there were no others; all else is that of the run, the incumbent too.

    Parameters
    ----------
    view : RunView
        The run.
    regime : str
        Name of the regime. Its policies have random streams of their own.
    members : sequence of int
        Its optimizers, in order.
    """

    __slots__ = ("_members",)

    def __init__(self, view: RunView, regime: str, members: Sequence[int]) -> None:
        super().__init__(view._state, view.now, view._changed, view._budget, view._history)
        self.regime = regime
        self._members = members

    def __iter__(self) -> Iterator[OptimizerView]:
        """All optimizers of the regime ever started, in order."""
        return (self[opt] for opt in self._members)

    @property
    def alive(self) -> Iterator[OptimizerView]:
        """Those that have not ended, in order."""
        return (one for one in super().alive if one.regime == self.regime)

    @property
    def changed(self) -> Iterator[OptimizerView]:
        """Those that live and to which something has happened since the last decision, in order."""
        return (one for one in super().changed if one.regime == self.regime)

    @property
    def n_alive(self) -> int:
        """Number of those that have not ended."""
        return sum(1 for _ in self.alive)

    @property
    def n_started(self) -> int:
        """Number of those ever started."""
        return len(self._members)

    @property
    def n_searches(self) -> int:
        """The same number: injected points are of no regime."""
        return self.n_started

    def started_after(self, n: int) -> Sequence[int]:
        """Return the numbers of all that have started after the first `n`."""
        return self._members[n:]

    @property
    def streams(self) -> Streams:
        """Random streams of the regime: asked twice, the same answer."""
        return super().streams.of(self.regime)
