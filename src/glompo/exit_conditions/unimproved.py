"""End the run when nothing better is found for long."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.errors import SettingTypeError
from glompo.events.verdict import Verdict
from glompo.exit_conditions.base import BaseExitCondition
from glompo.validation import number, whole_number_or_none


class Unimproved(BaseExitCondition):
    """The incumbent has not improved for a number of evaluations, or for a time.

    Any improvement counts, however small, so the answer does not depend on scale or offset of the task. Given both
    limits, the first one reached is enough. Before the first valid value evaluations count from the start of the
    run, and time does not count at all: there is nothing yet that could be improved.

    Parameters
    ----------
    calls : int, optional
        Evaluations in the whole run since the incumbent was found, 1 or more; candidates outside the bounds count,
        although the task is not called for them.
    seconds : float, optional
        Run time since then, above 0; pauses between sessions do not count.
    """

    def __init__(self, calls: int | None = None, seconds: float | None = None) -> None:
        if calls is None and seconds is None:
            raise SettingTypeError("Unimproved: neither calls nor seconds is given; give at least one of them")
        self.calls = whole_number_or_none(self, "calls", calls, 1)
        self.seconds = None if seconds is None else number(self, "seconds", seconds, 0, above=True)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""
        evaluations = view.candidates - self._found_after(view)
        end = self._end(view)
        late = end is not None and view.now >= end
        many = self.calls is not None and evaluations >= self.calls
        since = (
            "without a valid value"
            if view.best is None
            else f"and {view.now - self._found_at(view):.6g} s since the last improvement"
        )
        return self.verdict(many or late, f"{evaluations} evaluations {since}")

    def deadline(self, view: RunView) -> float | None:
        """Return when the time is up unless something better is found; None if it is up or no matter."""
        end = self._end(view)
        return end if end is not None and view.now < end else None

    def _end(self, view: RunView) -> float | None:
        return None if self.seconds is None or view.best is None else self._found_at(view) + self.seconds

    def _found_at(self, view: RunView) -> float:
        return 0.0 if view.best is None else view[view.best.opt].trajectory.best_at

    def _found_after(self, view: RunView) -> int:
        """Count the evaluations of the run up to the one that found the incumbent."""
        return 0 if view.best is None else view[view.best.opt].trajectory.best_order + 1
