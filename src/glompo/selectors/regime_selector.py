"""Share the budget among regimes of search according to their success."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from glompo.core.policies.defaults import budget_of
from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.errors import SettingError
from glompo.selectors.base import BaseSelector, option_of
from glompo.selectors.ledger import Account, Ledger
from glompo.selectors.settings_of import altered, named, population, require
from glompo.validation import number, whole_number_or_none

REGIMES = ("race", "large", "local", "exploit")
"""In the order that decides on ties."""

ALONE = 150
"""Evaluations per parameter in the budget below which there is no race: one optimizer at a time."""

EARLY = 500
"""The same below which the first optimizer is alone and only two race after it."""

LATE = 2000
"""The same from which minima are crossed."""

PER_RACER = 250
"""Evaluations of the budget, per parameter, for each place in the race."""

MOST_RACERS = 8

MOST_DOUBLINGS = 20

Described = tuple[str, dict[str, Any]]
"""Class and settings of an optimizer as the journal has them."""


class RegimeSelector(BaseSelector):
    """Start three or four kinds of search side by side, whichever is most behind its share of the budget.

    * race: `race` with the usual population, λ0 = 4 + ⌊3 ln D⌋, K alive at once;
    * large: `large` with the population λ0·2^k at its k-th start, one alive;
    * local: `sampler` with max(2, D // 2) points, then `local`, and so on in turn, one alive;
    * exploit: `exploit`, one alive, in budgets of 2000·D or more and once an optimizer has ended.

    D is the number of parameters that are not fixed. Next is the regime with the smallest ``(spent + 1) / w`` among
    those that have room: `spent` are the calls of the task that it has made or was granted, and w is `owner_weight`
    for the regime that owns the incumbent, 1 for the others; on ties the order above decides.
    :class:`~glompo.allocators.RegimeAllocator` hands out the evaluations by the same rule. If the next one needs more
    slots than are free, nothing starts until they are.

    How wide the race is follows from the budget B: K = round(B / (250·D)), from 1 to 8, and no wider than the
    slots permit beside the others. With B < 500·D the first optimizer is alone until it ends, and K = 2. With
    B < 150·D one optimizer of the race at a time is all that starts. One that rests counts as if it had ended:
    another may work in its place.

    Values decide only who owns the incumbent: invariant under f → a·f + b with a > 0. It draws no random number.
    Regimes are told apart by class and settings, so these must differ.

    Parameters
    ----------
    *avail_opts : class, instance or tuple
        `race`, `large`, `local` and, if that regime is wanted, `exploit`; options as for every selector. `race` and
        `large` have the setting `popsize`; one that is given replaces the usual population. For `local`,
        :class:`~glompo.optimizers.Scipy` with ``method="L-BFGS-B"`` and ``maxfun`` 60 costs up to 60·(D + 1)
        evaluations.
    max_evaluations : int, optional
        Budget B of the run: calls of the task. By default the one that its exit conditions set.
    sampler : class, instance or tuple, optional
        An optimizer with the setting `iters`, such as :class:`~glompo.optimizers.RandomSampling`, whose points are
        the pool from which `local` starts, see :class:`~glompo.generators.BestSampledGenerator`.
    owner_weight : float
        Weight of the regime that owns the incumbent, 1 or more.
    allow_spawn : callable, optional
        As for every selector.

    Examples
    --------
    The selector with the generator and the allocator that belong to it:

    >>> from glompo.allocators import RegimeAllocator
    >>> from glompo.generators import BestSampledGenerator, FarFromKnown, RegimeGenerator
    >>> from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
    >>> from glompo.selectors import RegimeSelector
    >>> local = (Scipy, {"method": "L-BFGS-B", "options": {"maxfun": 60}})
    >>> selector = RegimeSelector(CMAOptimizer, CMAOptimizer, local, sampler=RandomSampling)
    >>> generator = RegimeGenerator(selector, {"local": BestSampledGenerator(RandomSampling)}, FarFromKnown())
    >>> allocator = RegimeAllocator(selector)
    """

    def __init__(
        self,
        *avail_opts: Any,
        max_evaluations: int | None = None,
        sampler: Any = None,
        owner_weight: float = 4.0,
        allow_spawn: Any = None,
    ) -> None:
        if len(avail_opts) not in (3, 4):
            raise SettingError(
                f"RegimeSelector got {len(avail_opts)} optimizers; give those of the race, the large, the local and, "
                "if there is one, the exploit regime, in this order"
            )
        given = dict(zip(REGIMES, avail_opts, strict=False))
        if sampler is not None:
            given["sample"] = sampler
        self._by_name = {name: named(self, option_of(one)) for name, one in given.items()}
        super().__init__(*self._by_name.values(), allow_spawn=allow_spawn)
        self.max_evaluations = whole_number_or_none(self, "max_evaluations", max_evaluations, 1)
        self.owner_weight = number(self, "owner_weight", owner_weight, 1)
        require(self, self._by_name["race"], "popsize")
        require(self, self._by_name["large"], "popsize")
        if "sample" in self._by_name:
            require(self, self._by_name["sample"], "iters")
        self._described: dict[str, Described] = {}
        self._dims = 0
        self._describe(2)

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Option | None:
        """Return what the regime starts whose turn it is, None if all are full or it does not fit now."""
        name = self.due(manager)
        option = None if name is None else self._option(name, self._accounts(manager.view))
        return None if option is None else self.in_turn(option, manager, slots_available)

    def due(self, manager: ManagerView) -> str | None:
        """Return whose turn it is: 'race', 'large', 'exploit', 'local' or, before each of these, 'sample'.

        None if all have as many alive as they may.
        """
        view = manager.view
        accounts = self._accounts(view)
        spent = self.spent(view)
        room = [name for name, width in self._widths(view).items() if _working(accounts, name) < width]
        if not room:
            return None
        name = min(room, key=lambda name: (spent[name] + 1) / self.weight(view, name))
        if name == "local" and "sample" in self._by_name:
            sampled, started = accounts.get("sample", Account()).started, accounts.get("local", Account()).started
            return "sample" if sampled <= started else "local"
        return name

    def regime_of(self, view: RunView, opt: int) -> str:
        """Return the regime of an optimizer: 'race', 'large', 'local' or 'exploit'."""
        self._look_at(view)
        name = self._name_of(view[opt])
        return "local" if name == "sample" else name

    def spent(self, view: RunView) -> Mapping[str, int]:
        """Return the calls of the task, made or granted, by regime, in their fixed order."""
        accounts = self._accounts(view)
        totals = {name: accounts.get(name, Account()).spent for name in self._by_name}
        totals["local"] += totals.pop("sample", 0)
        return totals

    def weight(self, view: RunView, regime: str) -> float:
        """Return the weight of a regime's share."""
        owns = view.best is not None and self.regime_of(view, view.best.opt) == regime
        return self.owner_weight if owns else 1.0

    def _accounts(self, view: RunView) -> dict[str, Account]:
        self._look_at(view)
        return self._ledger.read(view)

    def _look_at(self, view: RunView) -> None:
        self._describe(view.free_parameters)

    def _widths(self, view: RunView) -> dict[str, int]:
        """Return how many may live at once, by regime."""
        per_parameter = budget_of(self, self.max_evaluations, view) / self._dims
        one_has_ended = view.n_alive - view.n_paused < view.n_started  # or rests, and another is to work
        if per_parameter < ALONE or (per_parameter < EARLY and not one_has_ended):
            return {"race": 1}
        others = {"large": 1, "local": 1}
        if "exploit" in self._by_name and per_parameter >= LATE and one_has_ended:
            others["exploit"] = 1
        taken = sum(self._by_name[name].slots for name in others)
        places = (view.slots - taken) // self._by_name["race"].slots
        wanted = 2 if per_parameter < EARLY else min(round(per_parameter / PER_RACER), MOST_RACERS)
        return {"race": max(1, min(wanted, places)), **others}

    def _option(self, name: str, accounts: Mapping[str, Account]) -> Option:
        option = self._by_name[name]
        if name == "race":
            return self._race()
        if name == "large":
            doubled = min(accounts.get("large", Account()).started + 1, MOST_DOUBLINGS)
            return altered(option, popsize=population(option, self._dims) * 2**doubled)
        if name == "sample":
            return self._sample()
        return option

    def _race(self) -> Option:
        option = self._by_name["race"]
        return altered(option, popsize=population(option, self._dims))

    def _sample(self) -> Option:
        return altered(self._by_name["sample"], iters=max(2, self._dims // 2))

    def _describe(self, dims: int) -> None:
        """Describe, for a number of parameters, what each regime starts with the same settings always."""
        if dims == self._dims:
            return
        self._dims, self._ledger = dims, Ledger(self._name_of)
        starts = {"race": self._race(), "local": self._by_name["local"]}
        if "exploit" in self._by_name:
            starts["exploit"] = self._by_name["exploit"]
        if "sample" in self._by_name:
            starts["sample"] = self._sample()
        self._described = {name: (option.kind, option.describe()) for name, option in starts.items()}
        self._check_they_differ()

    def _check_they_differ(self) -> None:
        large = self._by_name["large"]
        grown = (altered(large, popsize=population(large, self._dims) * 2**k) for k in range(1, MOST_DOUBLINGS + 1))
        known = [*self._described.items(), *(("large", (option.kind, option.describe())) for option in grown)]
        for (one, settings), (other, the_others) in combinations(known, 2):
            if settings == the_others:
                raise SettingError(
                    f"RegimeSelector: {one} and {other} start {settings[0]} with the same settings {settings[1]}; give "
                    "them different ones, for regimes are told apart by class and settings"
                )

    def _name_of(self, one: OptimizerView) -> str:
        """Read off class and settings what an optimizer was started as; those of `large` change each time."""
        if one.injected_by:
            return ""
        described = (one.kind, one.config)
        return next((name for name, known in self._described.items() if known == described), "large")


def _working(accounts: Mapping[str, Account], name: str) -> int:
    names = ("local", "sample") if name == "local" else (name,)
    return sum(accounts.get(one, Account()).working for one in names)
