"""What each group of optimizers has cost so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glompo.core.events import RunOpened
from glompo.core.lifecycle import Phase
from glompo.core.optimizer_view import OptimizerView
from glompo.core.views import RunView


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
        self._run: RunOpened | None = None
        self._seen = 0
        self._living: dict[int, str] = {}
        self._closed: dict[str, Account] = {}

    def read(self, view: RunView) -> dict[str, Account]:
        """Return the accounts of all groups that have one."""
        if view.opened is not self._run:
            self._forget(view.opened)
        for opt in range(self._seen + 1, view.n_started + 1):
            self._living[opt] = self._group_of(view[opt])
        self._seen = view.n_started
        accounts = {name: Account(closed.started, 0, closed.spent) for name, closed in self._closed.items()}
        for opt, name in list(self._living.items()):
            one = view[opt]
            account = accounts.setdefault(name, Account())
            account.started += 1
            account.spent += one.calls + one.outstanding
            if one.how is None:
                account.working += one.phase is not Phase.PAUSED
                continue
            closed = self._closed.setdefault(name, Account())
            closed.started += 1
            closed.spent += one.calls
            del self._living[opt]
        return accounts

    def _forget(self, run: RunOpened) -> None:
        """Begin with another run."""
        self._run, self._seen = run, 0
        self._living, self._closed = {}, {}
