"""What users may write for one setting, and the one thing that it means."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from glompo.backends.processes import ProcessesBackend, sendable
from glompo.backends.protocol import Capabilities as CanDo
from glompo.backends.threads import ThreadsBackend
from glompo.core.policies.ports import Escalation, Option
from glompo.core.policies.rule import Rule
from glompo.details import declares_residuals, offers_details
from glompo.engine.ports import Observer
from glompo.errors import SettingError, SettingTypeError
from glompo.exit_conditions import BaseExitCondition, MaxTotalFunctionCalls, TargetFunctionValue, TimeLimit
from glompo.generators import BaseGenerator, RandomGenerator
from glompo.optimizers.capabilities import Capabilities, Facts, refusal
from glompo.selectors import BaseSelector, CycleSelector
from glompo.spec import RunSpec
from glompo.spec.constructor import check_complete, check_settings
from glompo.stoppers import BaseStopper
from glompo.validation import limit, number, whole_limit, yes_or_no
from glompo.worker.space import Space


def selector_of(given: Any) -> BaseSelector:
    """Return the selector that a user gave, or one that starts the given optimizers in turn."""
    if isinstance(given, BaseSelector):
        check_options(given)
        return given
    if inspect.isclass(given) and issubclass(given, BaseSelector):
        raise SettingTypeError(f"opt_selector is the class {given.__name__}; give an instance with its optimizers")
    options = list(given) if isinstance(given, list) else [given]
    selector = CycleSelector(*options)
    check_options(selector)
    for option in selector.options:
        check_complete(option.cls, option.args, option.kwargs)
    return selector


def generator_of(given: Any) -> BaseGenerator:
    """Return the generator that a user gave; random starts by default."""
    if given is None:
        return RandomGenerator()
    if not isinstance(given, BaseGenerator):
        raise SettingTypeError(f"x0_generator is {given!r}; give an instance of a generator")
    return given


def any_of(name: str, given: Any) -> Rule | None:
    """Return one rule for what a user gave: a rule, or a sequence of which one must hold; None for an empty one.

    Raises
    ------
    SettingTypeError
        If it is no rule, or answers another question than `name` asks.
    """
    rules = list(given) if isinstance(given, (list, tuple)) else [given]
    other, belongs = _OTHER_ROOM[name]
    for rule in rules:
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


def ends(given: Any, calls: int | None, seconds: float | None, target: float | None) -> Any:
    """Return the exit conditions that a budget, a time limit, a target and further conditions amount to."""
    ends: list[Any] = []
    if calls is not None:
        ends.append(MaxTotalFunctionCalls(whole_limit("minimize", "max_evaluations", calls)))
    if seconds is not None:
        ends.append(TimeLimit(limit("minimize", "max_seconds", seconds)))
    if target is not None:
        ends.append(TargetFunctionValue(target))
    if given is not None:
        ends.extend(given if isinstance(given, (list, tuple)) else [given])
    return ends or None


def with_methods(name: str, given: Any, *methods: str) -> Any:
    """Return `given` if it can answer the questions of its port.

    Raises
    ------
    SettingTypeError
        If a method is missing, or if it is a class.
    """
    if inspect.isclass(given) or not all(callable(getattr(given, method, None)) for method in methods):
        raise SettingTypeError(f"{name} is {given!r}; give an instance with {' and '.join(methods)}")
    return given


def progress_of(given: Any) -> Observer | None:
    """Return who watches the run, if anybody does."""
    if given is None or given is False:
        return None
    if given is True:
        from glompo.show.progress import Progress

        return Progress()
    observer: Observer = with_methods("progress", given, "update", "close")
    return observer


def backend_of(name: str) -> type[ThreadsBackend] | type[ProcessesBackend]:
    """Return the backend of that name.

    Raises
    ------
    SettingError
        If there is none.
    """
    if name == "threads":
        return ThreadsBackend
    if name == "processes":
        return ProcessesBackend
    raise SettingError(f"backend is {name!r}; optimizers live in 'threads' or in 'processes'")


def check_capabilities(options: Sequence[Option], spec: RunSpec) -> None:
    """Refuse an optimizer for a problem that it says it cannot handle.

    Raises
    ------
    SettingError
        Naming the optimizer and the reason.
    """
    detailed, residuals = offers_details(spec.task), declares_residuals(spec.task)
    for option in options:
        logs = option.kwargs.get("is_log_detailed", option.kwargs.get("_is_log_detailed", False))
        if logs and not detailed:
            raise SettingError(
                f"is_log_detailed of {option.kind} is set, but the task {spec.task_name} has no detailed_call(x)"
            )
        if isinstance(getattr(option.cls, "capabilities", None), Capabilities):
            one = option.cls(*option.args, **option.kwargs)
            seen = Space(spec.bounds, getattr(option.cls, "scaler", None) or spec.scaler).pairs
            facts = Facts(len(seen), option.slots, detailed=detailed, residuals=residuals, bounds=tuple(seen))
            reason = refusal(option.kind, one.capabilities, facts)
            if reason is not None:
                raise SettingError(reason)
            if hasattr(one, "check_task"):
                one.check_task(spec.task)


def check_sendable(task: Any, selector: BaseSelector) -> None:
    """Refuse a task or optimizers that cannot be sent to another process."""
    sendable("the task", task)
    for option in selector.options:
        sendable(f"the optimizer {option.kind}", option)


def escalation_of(
    can: CanDo, ends_evaluations: bool, silence: Any, aggressive: Any, end_timeout: Any
) -> Escalation | None:
    """Return when workers that do not obey, or their evaluations, are ended; None where neither can be done.

    Raises
    ------
    SettingError, SettingTypeError
        If a setting has no meaning, or asks for something that the backend cannot do.
    """
    seconds = number("setup", "force_terminations_after", silence)
    hard = yes_or_no("setup", "aggressive_kill", aggressive)
    patience = number("setup", "end_timeout", end_timeout, 0.0)
    if can.can_terminate:
        return Escalation(patience, silence=seconds if seconds > 0 else None, aggressive=hard)
    if seconds > 0 or hard:
        name = "force_terminations_after" if seconds > 0 else "aggressive_kill"
        raise SettingError(f"{name} is set, but a thread cannot be ended; use backend='processes'")
    return Escalation(patience) if ends_evaluations else None


def check_options(selector: BaseSelector) -> None:
    """Refuse settings of optimizers that their classes do not have."""
    for option in selector.options:
        check_settings(option.cls, option.kwargs, option.minimize_kwargs)


def check_slots(selector: BaseSelector, slots: int) -> None:
    """Refuse an optimizer that could never start."""
    for option in selector.options:
        if option.slots > slots:
            raise SettingError(
                f"{option.kind} needs {option.slots} slots (workers), but the run has {slots} (max_jobs); "
                f"raise max_jobs to {option.slots} or lower workers"
            )
