"""Give the next evaluations to the regime that is most behind its share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from glompo.allocators.blocks import block_of, missing, used
from glompo.core.policies.ports import Written
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.errors import SettingTypeError
from glompo.validation import whole_number_or_none


class Portfolio(Protocol):
    """Optimizers in regimes that share the budget, as in :class:`~glompo.selectors.RegimeSelector`."""

    def regime_of(self, view: RunView, opt: int) -> str:
        """Return the regime of an optimizer."""

    def spent(self, view: RunView) -> Mapping[str, int]:
        """Return the calls of the task, made or granted, by regime, in the order that decides on ties."""

    def weight(self, view: RunView, regime: str) -> float:
        """Return the weight of a regime's share."""


class RegimeAllocator(Written):
    """Stride scheduling over the regimes of a portfolio, in blocks.

    The next block goes to the regime with the smallest ``(spent + 1) / w`` among those that have a living
    optimizer, and in it to the optimizer with the fewest evaluations of its own; what is granted counts as spent.
    When all of that regime are supplied the others wait, even if slots are idle: the shares are kept exactly, at the
    price of time. A block is a generation where the settings name one (``popsize``), else max(10, d)
    evaluations.

    It uses no clock and no random number; values decide only who owns the incumbent, so it is invariant under
    f → a·f + b with a > 0.

    C. A. Waldspurger and W. E. Weihl, Stride Scheduling, MIT/LCS/TM-528 (1995).

    Parameters
    ----------
    portfolio : RegimeSelector
        The selector of the run.
    block : int, optional
        Evaluations in a block, 1 or more.
    """

    def __init__(self, portfolio: Portfolio, block: int | None = None) -> None:
        for name in ("regime_of", "spent", "weight"):
            if not callable(getattr(portfolio, name, None)):
                raise SettingTypeError(
                    f"RegimeAllocator: portfolio is {portfolio!r}, which has no {name}; give the RegimeSelector of the "
                    "run"
                )
        self._portfolio = portfolio
        self.block = whole_number_or_none(self, "block", block, 1)

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        """Return fresh credits per optimizer, at most `limit` in sum."""
        members: dict[str, list[OptimizerView]] = {}
        for one in view.alive:
            if one.may_evaluate:
                members.setdefault(self._portfolio.regime_of(view, one.opt), []).append(one)
        spent = {name: n for name, n in self._portfolio.spent(view).items() if name in members}
        weights = {name: self._portfolio.weight(view, name) for name in spent}
        shares: dict[int, int] = {}
        while spent and (limit is None or limit > 0):
            name = min(spent, key=lambda name: (spent[name] + 1) / weights[name])
            waiting = [one for one in members[name] if one.opt not in shares and missing(one, one.slots)]
            if not waiting:
                break
            one = min(waiting, key=used)
            n = missing(one, block_of(one, view, self.block))
            shares[one.opt] = n if limit is None else min(n, limit)
            spent[name] += shares[one.opt]
            limit = None if limit is None else limit - shares[one.opt]
        return shares

    def __str__(self) -> str:
        return f"RegimeAllocator({self._portfolio}, block={self.block})"
