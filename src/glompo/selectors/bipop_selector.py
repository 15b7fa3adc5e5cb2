"""Restart CMA-ES with large and with small populations."""

from __future__ import annotations

from typing import Any

from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.selectors.base import BaseSelector
from glompo.selectors.ledger import Account, Ledger
from glompo.selectors.settings_of import altered, has_setting, named, population, require
from glompo.validation import whole_number

SMALLEST_POPULATION = 4
"""Points in a generation at least."""


class BIPOPSelector(BaseSelector):
    """Two interlaced series of restarts: one doubles the population each time, the other draws small ones.

    The first start has the usual population λ0 (``popsize`` if the option gives one, else 4 + ⌊3 ln D⌋ with D the
    number of parameters that are not fixed) and belongs to neither series. The large ones have 2·λ0, 4·λ0, … and the
    step size of the option. Whenever the small series has spent fewer evaluations than the large one, a small one
    starts, with

    * a population of ``⌊λ0 (λL / (2 λ0))^(u²)⌋``, 4 at least, with λL the present one of the large series,
    * a step size of ``σ0·10^(-2 v)``, u and v drawn uniformly from 0 to 1, and
    * at most half as many evaluations as any large one that has ended.

    Evaluations that are granted and not yet reported count as spent, and each optimizer that lives and does not rest
    for one more, so that with several slots both series run side by side.

    Only numbers of evaluations are compared: invariant under any rising transformation of the task.

    N. Hansen, Benchmarking a BI-Population CMA-ES on the BBOB-2009 Function Testbed, GECCO workshop 2009.

    Parameters
    ----------
    optimizer : class, instance or tuple
        An optimizer with the settings `popsize` and `sigma0`, such as :class:`~glompo.optimizers.CMAOptimizer`.
        If it has the setting `cma_options` as well, ``maxfevals`` limits the small ones.
    doublings : int
        Times that the large population is doubled at most, 0 or more.
    allow_spawn : callable, optional
        As for every selector.
    """

    def __init__(self, optimizer: Any, *, doublings: int = 9, allow_spawn: Any = None) -> None:
        super().__init__(optimizer, allow_spawn=allow_spawn)
        self.doublings = whole_number(self, "doublings", doublings, 0)
        self._base = named(self, self.options[0])
        require(self, self._base, "popsize", "sigma0")
        self._sigma0 = float(self._base.kwargs.get("sigma0", 0.2))
        self._usual = 0
        self._ledger = Ledger(self._series_of)

    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Option | None:
        """Return the first, a large or a small one, whichever series has spent less; None if it does not fit now."""
        self._usual = usual = population(self._base, manager.view.free_parameters)
        accounts = self._ledger.read(manager.view)
        first, large, small = (accounts.get(name, Account()) for name in ("first", "large", "small"))
        if large.started and small.spent + small.working < large.spent + large.working:
            choice = self._small(manager, usual, large)
        else:
            popsize = usual * 2 ** min(first.started + large.started, self.doublings)
            choice = altered(self._base, popsize=popsize, sigma0=self._sigma0)
        return self.in_turn(choice, manager, slots_available)

    def _small(self, manager: ManagerView, usual: int, large: Account) -> Option:
        u, v = self.rng(manager).random(2)
        ratio = 2.0 ** min(large.started, self.doublings) / 2
        popsize = max(SMALLEST_POPULATION, int(usual * ratio ** (u**2)))
        choice = altered(self._base, popsize=popsize, sigma0=self._sigma0 * 10 ** (-2 * float(v)))
        if large.longest is None or not has_setting(self._base, "cma_options"):
            return choice
        options = {**(self._base.kwargs.get("cma_options") or {}), "maxfevals": max(large.longest // 2, popsize)}
        return altered(choice, cma_options=options)

    def _series_of(self, one: OptimizerView) -> str:
        """Read off its settings to which series an optimizer belongs: no small one has the full step size."""
        if one.config.get("sigma0") != self._sigma0:
            return "small"
        return "first" if self.doublings and one.config.get("popsize") == self._usual else "large"
