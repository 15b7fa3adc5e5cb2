"""What users may write for the policies of a run, and the one that it means.

What cannot be used raises SettingError or SettingTypeError, naming the setting, its value and the remedy.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.allocators import EqualBlocks, EvenAllocator
from glompo.box import free_parameters
from glompo.core.policies.ports import Allocator, Freezer, Generator
from glompo.core.policies.rule import Rule
from glompo.details import declares_gradient, declares_residuals
from glompo.errors import SettingError, SettingTypeError
from glompo.exit_conditions import (
    BaseExitCondition,
    MaxOptimizersConverged,
    MaxOptimizersExhausted,
)
from glompo.generators import BaseGenerator, RandomGenerator
from glompo.portfolio import default_portfolio
from glompo.safe_text import writable
from glompo.selectors import BaseSelector
from glompo.selectors.cycle_selector import selector_for
from glompo.settings.checks import with_methods
from glompo.settings.components import OPTIMIZERS, named
from glompo.spec.constructor import check_complete, check_settings
from glompo.spec.task import NamedTask
from glompo.stoppers import BaseStopper, CatchUp, OptimizerType
from glompo.validation import refuse_class


def selector_of(given: Any, slots: int, task: NamedTask, bounds: NDArray[np.float64], ends: Rule) -> BaseSelector:
    """Return the selector that a user gave, one that starts the given optimizers in turn, or the default portfolio."""
    if given is None:
        given = default_portfolio(
            free_parameters(bounds),
            residuals=declares_residuals(task.function),
            gradient=declares_gradient(task.function),
            alone=str(ends) == str(exit_rule_of(None)),
        )
    by_name = [_by_name(one) for one in given] if isinstance(given, list) else _by_name(given)
    selector = selector_for("opt_selector", by_name)
    for option in selector.options:
        check_settings(option.cls, option.kwargs, option.minimize_kwargs)
        if selector is not given:
            check_complete(option.cls, option.args, option.kwargs)
        if option.slots > slots:
            raise SettingError(
                f"{option.kind} needs {option.slots} slots (workers), but the run has {slots} (max_jobs); "
                f"raise max_jobs to {option.slots} or lower workers"
            )
    return selector


def offered_by(selector: BaseSelector) -> tuple[str, ...]:
    """Return what a selector may start, by the names of displays, each once."""
    return tuple(dict.fromkeys(writable(option.name) for option in selector.options))


def _by_name(given: Any) -> Any:
    """Return an optimizer that is given by its name, alone or with its settings, by its class."""
    if isinstance(given, str):
        return named(given, OPTIMIZERS, "optimizers").cls
    if isinstance(given, tuple) and given and isinstance(given[0], str):
        return (named(given[0], OPTIMIZERS, "optimizers").cls, *given[1:])
    return given


def generator_of(given: Any, selector: BaseSelector) -> Generator:
    """Return the generator that a user gave, or that of the selector; random starts by default."""
    if given is None:
        return RandomGenerator() if selector.generator is None else selector.generator
    refuse_class("x0_generator", given)
    if not isinstance(given, BaseGenerator):
        raise SettingTypeError(f"x0_generator is {given!r}; give an instance of a generator")
    return given


def exit_rule_of(given: Any) -> Rule:
    """Return when the run ends: by default with the first optimizer that has come to an end of its own."""
    if given is None:
        return MaxOptimizersConverged(1) | MaxOptimizersExhausted(1)
    rule = any_of("exit_conditions", given)
    if rule is None:
        raise SettingTypeError(f"exit_conditions is {None!r}; give one, or several joined by & | ~")
    return rule


def stopper_rule_of(given: Any, selector: BaseSelector) -> Rule | None:
    """Return which optimizers are stopped: those that the selector says, CMA-ES that will not catch up by default.

    None is for none at all, which an empty sequence says.
    """
    if given is not None:
        return any_of("stoppers", given)
    if selector.stopper is None:
        return OptimizerType("CMAOptimizer") & CatchUp()
    return any_of("stoppers", selector.stopper)


def allocator_of(given: Any, deterministic: bool, selector: BaseSelector) -> Allocator:
    """Return the allocator that a user gave, or that of the selector, or the usual one."""
    if given is not None:
        return with_methods("allocator", given, "allocate")  # type: ignore[no-any-return]  # it can answer
    if selector.allocator is not None:
        return selector.allocator
    return EqualBlocks() if deterministic else EvenAllocator()


def freezer_of(given: Any) -> Freezer:
    """Return the freezer that a user gave."""
    return with_methods("freezer", given, "freeze", "thaw")  # type: ignore[no-any-return]  # it can answer


def any_of(name: str, given: Any) -> Rule | None:
    """Return one rule for what a user gave: a rule, or a sequence of which one must hold; None for an empty one."""
    rules = list(given) if isinstance(given, (list, tuple)) else [given]
    other, belongs = _OTHER_ROOM[name]
    for rule in rules:
        refuse_class(name, rule)
        if not isinstance(rule, Rule):
            raise SettingTypeError(f"{name} is {rule!r}; give an instance, or several joined by & | ~")
        for leaf in rule:
            if isinstance(leaf, other):
                raise SettingTypeError(f"{name} is {rule}, but {leaf} {belongs}")
    return reduce(or_, rules) if rules else None


_OTHER_ROOM: dict[str, tuple[type[Rule], str]] = {
    "exit_conditions": (BaseStopper, "is a stopper, which answers for one optimizer; give it as stoppers"),
    "stoppers": (BaseExitCondition, "is an exit condition, which answers for the run; give it as exit_conditions"),
}
"""Rules that answer another question than the setting asks, and what to say of them."""
