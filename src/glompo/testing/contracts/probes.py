"""Policies that bring an optimizer into the situation that a check is about."""

from __future__ import annotations

from dataclasses import dataclass

from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers import BaseStopper

SUBJECT = 1
"""The optimizer under test is the first one."""


class StopAfter(BaseStopper):
    """Stop the optimizer under test after `n` evaluations."""

    def __init__(self, n: int) -> None:
        self.n = n

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        return self.verdict(opt == SUBJECT and len(self.subject(view, opt)) >= self.n, f"{self.n} were enough")


@dataclass(frozen=True, slots=True)
class RestOnce:
    """Let the optimizer under test rest after `n` evaluations of its own, until the run has made `until`."""

    n: int
    until: int

    def freeze(self, view: RunView, opt: int) -> Verdict:
        """Answer whether `opt` should rest."""
        one = view[opt]
        now = opt == SUBJECT and len(one) >= self.n and one.pause_verdict is None
        return Verdict(now, "RestOnce", f"{self.n} for now")

    def thaw(self, view: RunView) -> tuple[int, Verdict] | None:
        """Wake it in time."""
        if view[SUBJECT].phase is Phase.PAUSED and view.calls >= self.until:
            return SUBJECT, Verdict(True, "RestOnce", f"{self.until} calls are made")
        return None


@dataclass(frozen=True, slots=True)
class AllAtOnce:
    """Give the first optimizer that can use them all evaluations that there are: it never has to wait for credits."""

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        """Return fresh credits per optimizer."""
        able = [one.opt for one in view.changed if one.may_evaluate]
        return {able[0]: limit} if able and limit else {}
