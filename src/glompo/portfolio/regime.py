"""One way of searching among several."""

from __future__ import annotations

from typing import Any

from glompo.core.policies.rule import Rule
from glompo.errors import SettingTypeError
from glompo.generators import BaseGenerator, RandomGenerator
from glompo.selectors.cycle_selector import selector_for
from glompo.validation import number

SUCCESS = 8.0
"""By how much the share of a successful regime grows, unless told otherwise."""


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
    stopper : Rule, optional
        Which of its optimizers are stopped early; none by default.
    later : float, optional
        Its share once the first search of the run has ended; as before by default.
    success : float
        By how much the share is multiplied as long as the regime owns the incumbent, 1 or more. 1 is for the regime
        that has most of the evaluations anyway, so that the others keep theirs.
    """

    def __init__(
        self,
        name: str,
        optimizers: Any,
        share: float = 1.0,
        generator: BaseGenerator | None = None,
        *,
        stopper: Rule | None = None,
        later: float | None = None,
        success: float = SUCCESS,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise SettingTypeError(f"Regime: name is {name!r}; give a text")
        self.name = name
        self.selector = selector_for("Regime: optimizers", optimizers)
        self.share = number(self, "share", share, 0, above=True)
        self.later = self.share if later is None else number(self, "later", later, 0, above=True)
        self.success = number(self, "success", success, 1)
        self.generator = RandomGenerator() if generator is None else generator
        if not isinstance(self.generator, BaseGenerator):
            raise SettingTypeError(f"Regime: generator is {generator!r}; give an instance of a generator")
        self.stopper = stopper
        if stopper is not None and not isinstance(stopper, Rule):
            raise SettingTypeError(f"Regime: stopper is {stopper!r}; give an instance, or several joined by & | ~")

    def __str__(self) -> str:
        later = f" ({self.later:g} later)" if self.later != self.share else ""
        rule = f", stopped by {self.stopper}" if self.stopper is not None else ""
        return f"{self.name} {self.share:g}{later}: {self.selector}, {self.generator}{rule}"

    def __repr__(self) -> str:
        return (
            f"Regime({self.name!r}, {self.selector!r}, {self.share!r}, {self.generator!r}, stopper={self.stopper!r}, "
            f"later={self.later!r}, success={self.success!r})"
        )
