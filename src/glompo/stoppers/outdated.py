"""Stop an optimizer that started before a finished search had found the incumbent."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper


class Outdated(BaseStopper):
    """Another optimizer has ended, and owns the incumbent, which it found after this one had started.

    For local searches that start near the incumbent: one that began before there was a good one has a long way to go,
    a new one from there a short way.

    Invariant under f → a·f + b with a > 0, as under any rising transformation; it draws no random number.
    """

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one, best = self.subject(view, opt), view.best
        if best is None or best.opt == one.opt:
            return self.verdict(False, "it owns the incumbent")
        owner = view[best.opt]
        if owner.how is None:
            return self.verdict(False, f"optimizer {owner.opt} owns the incumbent and has not ended")
        found, began = owner.trajectory.best_order + 1, one.trajectory.first_order + 1
        return self.verdict(
            0 < began < found,
            f"optimizer {owner.opt} has ended and found the incumbent in evaluation {found} of the run; "
            f"this one began with evaluation {began}",
        )
