"""What each group of optimizers has cost so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from glompo.core.state.lifecycle import Phase
from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView


@dataclass(slots=True)
class Account:
    """The sums of one group.

    Attributes
    ----------
    started : int
        Optimizers ever started.
    working : int
        Those that have neither ended nor rest.
    spent : int
        Calls of the task that they have made or were granted.
    """

    started: int = 0
    working: int = 0
    spent: int = 0


class Ledger:
    """Sums over all optimizers by group, brought up to date from the last look.

    It is a memo only: the answer follows from the view, and a new ledger gives the same. A look costs as much as has
    started and ended since the last one, and as many as live.

    Parameters
    ----------
    group_of : callable
        Name of the group of an optimizer; it must depend on nothing but its request.
    """

    def __init__(self, group_of: Callable[[OptimizerView], str]) -> None:
        self._group_of = group_of
        self._tracker = OptimizerTracker()
        self._groups: dict[int, str] = {}
        self._closed: dict[str, Account] = {}

    def read(self, view: RunView) -> dict[str, Account]:
        """Return the accounts of all groups that have one."""
        news = self._tracker.call(view)
        if news.reset:
            self._groups, self._closed = {}, {}
        self._groups.update((opt, self._group_of(view[opt])) for opt in news.started)
        for opt in news.ended:
            _enter(self._closed, self._groups.pop(opt), view[opt])
        accounts = {name: replace(closed) for name, closed in self._closed.items()}
        for opt in self._tracker.living:
            _enter(accounts, self._groups[opt], view[opt])
        return accounts


def _enter(accounts: dict[str, Account], group: str, one: OptimizerView) -> None:
    account = accounts.setdefault(group, Account())
    account.started += 1
    account.working += one.how is None and one.phase is not Phase.PAUSED
    account.spent += one.calls + one.outstanding
