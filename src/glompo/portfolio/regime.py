"""One way of searching among several."""

from __future__ import annotations

from typing import Any

from glompo.errors import SettingTypeError
from glompo.generators import BaseGenerator, RandomGenerator
from glompo.selectors.cycle_selector import selector_for
from glompo.validation import number, yes_or_no


class Regime:
    """One way of searching: what starts, where, and its share of the evaluations. One optimizer of it lives at a time.

    Parameters
    ----------
    name : str
        Its name; displays put it before the labels of its optimizers.
    optimizers : BaseSelector, or class, instance, tuple or list of them
        What starts: a selector, which sees the optimizers of this regime only, or options that start in turn.
    share : float
        Its share of the evaluations, above 0; those of a portfolio are set in proportion.
    generator : BaseGenerator, optional
        Where its optimizers start; at random by default. It sees the optimizers of this regime only.
    steady : bool
        Whether its share stays as it is when it owns the incumbent, instead of growing: for the regime that has most
        of the evaluations anyway, so that the others keep theirs.
    """

    def __init__(
        self,
        name: str,
        optimizers: Any,
        share: float = 1.0,
        generator: BaseGenerator | None = None,
        *,
        steady: bool = False,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise SettingTypeError(f"Regime: name is {name!r}; give a text")
        self.name = name
        self.selector = selector_for("Regime: optimizers", optimizers)
        self.share = number(self, "share", share, 0, above=True)
        self.steady = yes_or_no(self, "steady", steady)
        self.generator = RandomGenerator() if generator is None else generator
        if not isinstance(self.generator, BaseGenerator):
            raise SettingTypeError(f"Regime: generator is {generator!r}; give an instance of a generator")

    def __str__(self) -> str:
        return f"{self.name} {self.share:g}: {self.selector}, {self.generator}"

    def __repr__(self) -> str:
        return f"Regime({self.name!r}, {self.selector!r}, {self.share!r}, {self.generator!r}, steady={self.steady})"
