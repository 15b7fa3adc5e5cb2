"""What each group of optimizers has cost so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    longest : int or None
        Most calls that one has made of those that have ended; None while all live.
    """

    started: int = 0
    working: int = 0
    spent: int = 0
    longest: int | None = None


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
        self._members: dict[str, list[int]] = {}
        self._closed: dict[str, Account] = {}

    def read(self, view: RunView) -> dict[str, Account]:
        """Return the accounts of all groups that have one."""
        self._look(view)
        accounts = {name: replace(closed) for name, closed in self._closed.items()}
        for opt in self._tracker.living:
            _enter(accounts, self._groups[opt], view[opt])
        return accounts

    def members(self, view: RunView, group: str) -> Sequence[int]:
        """Return all optimizers of a group that were ever started, in order."""
        self._look(view)
        return self._members.get(group, ())

    def _look(self, view: RunView) -> None:
        news = self._tracker.call(view)
        if news.reset:
            self._groups, self._members, self._closed = {}, {}, {}
        for opt in news.started:
            group = self._groups[opt] = self._group_of(view[opt])
            self._members.setdefault(group, []).append(opt)
        for opt in news.ended:
            _enter(self._closed, self._groups.pop(opt), view[opt])


def _enter(accounts: dict[str, Account], group: str, one: OptimizerView) -> None:
    account = accounts.setdefault(group, Account())
    account.started += 1
    account.working += one.how is None and one.phase is not Phase.PAUSED
    account.spent += one.calls + one.outstanding
    if one.how is not None:
        account.longest = one.calls if account.longest is None else max(account.longest, one.calls)
