"""Several ways of searching that share one budget by their success."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import attrgetter, or_
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glompo.allocators.blocks import missing, used
from glompo.core.evaluations.blocks import block_size, population
from glompo.core.policies.ports import Option
from glompo.core.policies.rule import Rule
from glompo.core.views.curve import block_of
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.regime_shares import Shares, present_shares
from glompo.core.views.regime_view import RegimeView
from glompo.core.views.run_view import RunView
from glompo.errors import SettingError, SettingTypeError
from glompo.generators import BaseGenerator
from glompo.optimizers.capabilities import Capabilities
from glompo.portfolio.regime import Regime
from glompo.selectors import BaseSelector
from glompo.selectors.ledger import Account, Ledger
from glompo.stoppers import OptimizerRegime


class Portfolio(BaseSelector):
    """Several regimes share the evaluations by their success, however many slots there are.

    One optimizer of each regime lives at a time. The next evaluations go to the regime with the smallest
    ``(spent + b) / (share · w)``: `spent` are the calls of the task that its optimizers have made or were granted, b is
    a block of max(10, D), D being the parameters that are not fixed, so that a regime waits until a block is within
    its share; `share` is that of the regime, or what it has later once the first search of the run has ended, and w is
    the `success` of the regime that owns the incumbent, else 1; on ties the order of the regimes decides (fair queuing
    by finish times: A. Demers, S. Keshav and S. Shenker, SIGCOMM 1989). When a regime is next that has no living
    optimizer, one starts.

    The slots evaluate the generation of the regime that is next, side by side; its optimizers hold none. So how many
    slots there are changes when a run is done, not what it finds.

    Values decide only which regime owns the incumbent: invariant under f → a·f + b with a > 0.

    Parameters
    ----------
    *regimes : Regime
        Those that share the evaluations, with different names.
    allow_spawn : callable, optional
        As for every selector.

    Attributes
    ----------
    generator : BaseGenerator
        Gives each optimizer the start of its regime; used unless the run is given another generator.
    allocator : Allocator
        Hands out the evaluations by the rule above; used unless the run is given another allocator.
    stopper : Rule or empty tuple
        The stopper of each regime, for its optimizers; used unless the run is given stoppers.

    Examples
    --------
    >>> from glompo.optimizers import CMAOptimizer, Scipy
    >>> from glompo.portfolio import Portfolio, Regime
    >>> from glompo.selectors import BIPOPSelector
    >>> portfolio = Portfolio(
    ...     Regime("base", BIPOPSelector(CMAOptimizer), share=0.9),
    ...     Regime("local", (Scipy, {"method": "L-BFGS-B"}), share=0.1),
    ... )
    """

    def __init__(self, *regimes: Regime, allow_spawn: Any = None) -> None:
        if not regimes:
            raise SettingError("Portfolio needs one regime at least; give Regime(name, optimizers, share)")
        for one in regimes:
            if not isinstance(one, Regime):
                raise SettingTypeError(f"Portfolio: {one!r} is no regime; give Regime(name, optimizers, share)")
        self.regimes: Mapping[str, Regime] = {one.name: one for one in regimes}
        if len(self.regimes) < len(regimes):
            raise SettingError(f"Portfolio: two regimes are called the same: {[one.name for one in regimes]}")
        super().__init__(*(option for one in regimes for option in one.selector.options), allow_spawn=allow_spawn)
        self.generator = _Starts(self)
        self.allocator = _Shares(self)
        self.stopper = _stopper_of(regimes)
        self._ledger = Ledger(attrgetter("regime"))

    @property
    def shares(self) -> Shares:
        """Share of each regime in proportion, at first and later, and its factor while it owns the incumbent."""
        return {name: (one.share, one.later, one.success) for name, one in self.regimes.items()}

    def smallest(self) -> int:
        """Return 0: its optimizers hold no slots."""
        return 0

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Option | Literal[False] | None:
        """Return what the regime starts that is next, if none of its optimizers lives; False if none ever will."""
        chosen = self._next(manager)
        return chosen if chosen is None or chosen is False else chosen[1]

    def explain(self, manager: ManagerView, option: Option) -> str:
        """Say which regime is next, what each has had, and which share it has; a larger one while it leads."""
        view, spent = manager.view, self.spent(manager.view)
        weights = present_shares(self.shares, view)
        total = sum(weights.values())
        had = ", ".join(f"{name} {n} for a share of {weights[name] / total:.0%}" for name, n in spent.items())
        return f"regime {option.regime} is next, farthest behind its share ({had}): {option.name}"

    def spent(self, view: RunView) -> dict[str, int]:
        """Return the calls of the task, made or granted, by regime."""
        return {name: account.spent for name, account in self._accounts(view).items()}

    def part(self, view: RunView, regime: str) -> ManagerView:
        """Return what the policies of a regime see."""
        return ManagerView(RegimeView(view, regime, self._ledger.members(view, regime)))

    def due(self, manager: ManagerView) -> Regime | None:
        """Return the regime that starts an optimizer now; None if none does."""
        chosen = self._next(manager)
        return None if chosen is None or chosen is False else chosen[0]

    def turn(self, view: RunView) -> Callable[[str, int], float]:
        """Return what gives ``(spent + b) / (share · w)`` of a regime with its calls; the smallest is next."""
        weights, block = present_shares(self.shares, view), block_size({}, view.free_parameters)
        return lambda name, spent: (spent + block) / weights[name]

    def _accounts(self, view: RunView) -> dict[str, Account]:
        accounts = self._ledger.read(view)
        return {name: accounts.get(name, Account()) for name in self.regimes}

    def _next(self, manager: ManagerView) -> tuple[Regime, Option] | Literal[False] | None:
        """Return the regime that is next and what it starts; None if it has an optimizer, False if all are done."""
        view = manager.view
        accounts = self._accounts(view)
        turn = self.turn(view)
        over = 0
        for name in sorted(accounts, key=lambda name: turn(name, accounts[name].spent)):
            if accounts[name].working:
                return None
            option = self.regimes[name].selector.choose(self.part(view, name), view.slots)
            if isinstance(option, Option):
                return self.regimes[name], replace(option, slots=_width(option, view), shared=True, regime=name)
            over += option is False
        return False if over == len(accounts) and not view.n_alive else None

    def __str__(self) -> str:
        return f"Portfolio({'; '.join(map(str, self.regimes.values()))})"

    def __repr__(self) -> str:
        return f"Portfolio({', '.join(map(repr, self.regimes.values()))})"


class _Starts(BaseGenerator):
    """Every start is given by the generator of the regime that starts."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        regime = self._regime(manager)
        return regime.generator.place(self._portfolio.part(manager.view, regime.name))

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        regime = self._regime(manager)
        return regime.generator.explain(self._portfolio.part(manager.view, regime.name))

    def _regime(self, manager: ManagerView) -> Regime:
        return self._portfolio.due(manager) or next(iter(self._portfolio.regimes.values()))

    def __str__(self) -> str:
        return "that of each regime"


class _Shares:
    """The next block of evaluations goes to the regime that is next, until the slots are taken."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        """Return fresh credits per optimizer, at most `limit` in sum."""
        members = self._members(view)
        spent = {name: n for name, n in self._portfolio.spent(view).items() if name in members}
        free = view.slots - sum(min(one.slots, one.outstanding) for one in view.alive)
        turn = self._portfolio.turn(view)
        shares: dict[int, int] = {}
        while spent and free > 0 and (limit is None or limit > 0):
            name = min(spent, key=lambda name: turn(name, spent[name]))
            one = members[name]
            n = _granted(one, view, free) if one.opt not in shares else 0
            if not n:
                break  # the next one is supplied: another would get more than its share
            n = n if limit is None else min(n, limit)
            shares[one.opt] = n
            spent[name] += n
            free -= min(one.slots, one.outstanding + n) - min(one.slots, one.outstanding)
            limit = None if limit is None else limit - n
        return shares

    def _members(self, view: RunView) -> dict[str, OptimizerView]:
        """Return what evaluates for each regime: of several, as after a rest, the one that has spent the least."""
        able = (one for one in view.alive if one.may_evaluate and one.regime in self._portfolio.regimes)
        members: dict[str, OptimizerView] = {}
        for one in sorted(able, key=lambda one: (used(one), one.opt)):
            members.setdefault(one.regime, one)
        return members

    def __str__(self) -> str:
        return "by the shares of the portfolio"


def _stopper_of(regimes: Sequence[Regime]) -> Rule | tuple[()]:
    rules = [OptimizerRegime(one.name) & one.stopper for one in regimes if one.stopper is not None]
    return reduce(or_, rules) if rules else ()


def _width(option: Option, view: RunView) -> int:
    """Return in how many slots at once an optimizer evaluates: in all, for the allocator to share out, or in fewer.

    One that evaluates one point at a time needs one, and a generation no more than it has points. With more it would
    begin the next before this one has ended, and what it finds would depend on the slots.
    """
    can = getattr(option.cls, "capabilities", None)
    if isinstance(can, Capabilities) and not option.cls(*option.args, **option.kwargs).capabilities.batch:
        return 1
    return min(view.slots, population(option.describe()) or view.slots)


def _granted(one: OptimizerView, view: RunView, free: int) -> int:
    """Return what an optimizer lacks to a block, but no more than it can have in flight in the `free` slots."""
    n = max(0, missing(one, block_of(one, view.free_parameters)))
    return n if one.outstanding + free >= one.slots else min(n, free)
