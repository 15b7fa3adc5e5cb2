"""What users may write for one setting, and the one value that it means.

What cannot be used raises SettingError or SettingTypeError, naming the setting, its value and the remedy.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.backends.processes import ProcessesBackend, sendable
from glompo.backends.threads import ThreadsBackend
from glompo.core.policies.ports import Escalation
from glompo.core.streams import entropy_of
from glompo.details import WITHOUT, declares_residuals, offers_details
from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.dask.cluster import is_cluster
from glompo.exit_conditions import (
    MaxTotalFunctionCalls,
    TargetFunctionValue,
    TimeLimit,
)
from glompo.function import FailurePolicy
from glompo.optimizers.capabilities import Capabilities, Facts, refusal
from glompo.optional import library
from glompo.selectors import BaseSelector
from glompo.settings.evaluation import Evaluation
from glompo.spec import processors
from glompo.spec.task import NamedTask, imported
from glompo.validation import limit, number, refuse_class, whole_limit, whole_number, whole_number_or_none, yes_or_no
from glompo.worker.space import Space

FORMS = "'penalize', 'penalize(VALUE)', 'worst_seen', 'retry(N)', 'raise', or several of them in a list"
"""How users write what to do with evaluations that fail."""

BACKENDS: Mapping[str, type[ThreadsBackend] | type[ProcessesBackend]] = {
    "threads": ThreadsBackend,
    "processes": ProcessesBackend,
}
"""Where optimizers live."""


def flag(name: str, given: Any) -> bool:
    """Return True or False."""
    return yes_or_no("setup", name, given)


def flag_or_none(name: str, given: Any) -> bool | None:
    """Return True or False, or None."""
    return None if given is None else flag(name, given)


def text(name: str, given: Any) -> str:
    """Return a text."""
    if not isinstance(given, str):
        raise SettingTypeError(f"{name} is {given!r}; give a text")
    return given


def whole(at_least: int, *, or_none: bool = False) -> Callable[[str, Any], Any]:
    """Return the check of a whole number."""
    check = whole_number_or_none if or_none else whole_number
    return lambda name, given: check("setup", name, given, at_least)


def real(low: float, high: float = math.inf, *, above: bool = False) -> Callable[[str, Any], float]:
    """Return the check of a finite number."""
    return lambda name, given: number("setup", name, given, low, high, above=above)


def choice(*allowed: str) -> Callable[[str, Any], str]:
    """Return the check of one among some words."""

    def check(name: str, given: Any) -> str:
        if given not in allowed:
            raise SettingError(f"{name} is {given!r}; use one of {', '.join(map(repr, allowed))}")
        return str(given)

    return check


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
    """Return `given` if it can answer the questions of its port."""
    refuse_class(name, given)
    if not all(callable(getattr(given, method, None)) for method in methods):
        raise SettingTypeError(f"{name} is {given!r}; give an instance with {' and '.join(methods)}")
    return given


def observer_of(given: Any) -> Any:
    """Return an observer; True for the usual progress, None for none."""
    if given is None or given is False:
        return None
    return given if given is True else with_methods("progress", given, "update", "close")


def callback_of(given: Any) -> Callable[..., Any]:
    """Return the function of the user's that is called as the run goes on, or that stands at an import path."""
    function = imported(given, "callback") if isinstance(given, str) else given
    refuse_class("callback", function)
    if not callable(function):
        raise SettingTypeError(f"callback is {given!r}; give a function callback(intermediate_result)")
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        raise SettingTypeError(
            f"callback is {given!r}, which cannot be called with one argument ({error}); give a function "
            "callback(intermediate_result), which gets x, fun and nfev in one object"
        ) from None
    except ValueError:  # it does not say what it takes
        pass
    return function  # type: ignore[no-any-return]  # it can be called


def check_runnable(
    task: NamedTask, bounds: NDArray[np.float64], scaler: Sequence[str], selector: BaseSelector, backend: str
) -> None:
    """Refuse optimizers and tasks that do not go together, or not with the backend."""
    if backend == "processes":
        sendable("the task", task.sent)
        for option in selector.options:
            sendable(f"the optimizer {option.name}", option)
    # an optimizer says itself which problems it cannot handle
    detailed, residuals = offers_details(task.function), declares_residuals(task.function)
    for option in selector.options:
        logs = option.kwargs.get("is_log_detailed", option.kwargs.get("_is_log_detailed", False))
        if logs and not detailed:
            raise SettingError(
                f"is_log_detailed of {option.kind} is set, but the task {task.name} has no detailed_call(x)"
            )
        if isinstance(getattr(option.cls, "capabilities", None), Capabilities):
            one = option.cls(*option.args, **option.kwargs)
            seen = Space(bounds, getattr(option.cls, "scaler", None) or scaler).pairs
            facts = Facts(
                len(seen),
                option.slots,
                detailed=detailed,
                residuals=residuals,
                without=str(getattr(task.function, WITHOUT, "")),
                bounds=tuple(seen),
            )
            reason = refusal(option.kind, one.capabilities, facts)
            if reason is not None:
                raise SettingError(reason)
            if hasattr(one, "check_task"):
                one.check_task(task.function)


def escalation_of(
    backend: str, evaluation: Evaluation, silence: float, hard: bool, end_timeout: float
) -> Escalation | None:
    """Return when workers that do not obey, or their evaluations, are ended; None where neither can be done."""
    if BACKENDS[backend].capabilities.can_terminate:
        return Escalation(end_timeout, silence=silence if silence > 0 else None, aggressive=hard)
    if silence > 0 or hard:
        name = "force_terminations_after" if silence > 0 else "aggressive_kill"
        raise SettingError(f"{name} is set, but a thread cannot be ended; use backend='processes'")
    return Escalation(end_timeout) if evaluation.can_end else None


def slots_of(max_jobs: int | None, evaluator: Any = None) -> int:
    """Return the slots of a run: the CPUs that this process may use, but one, if the user does not say; -1 for all."""
    by_processors = max_jobs is None or (not isinstance(max_jobs, bool) and max_jobs == -1)
    if by_processors and isinstance(evaluator, str) and is_cluster(evaluator):
        raise SettingError(
            f"max_jobs is {max_jobs}, which goes by the processors of this machine; for a cluster give the number "
            "of evaluations in flight, such as the threads of all its workers"
        )
    if max_jobs is None:
        return max(1, processors.cpus() - 1)
    return processors.cpus() if by_processors else whole_number("setup", "max_jobs", max_jobs, 1)


def names_of(given: Any, dims: int) -> tuple[str, ...]:
    """Return the names of the parameters."""
    names = tuple(map(str, given)) if isinstance(given, Sequence) and not isinstance(given, str) else ()
    if len(names) != dims or len(set(names)) != dims:
        raise SettingError(f"names are {given!r}; give {dims} different ones, one for each parameter")
    return names


@dataclass(frozen=True, slots=True)
class Seed:
    """The seed of a run: its 32-bit words, and the number that the user gave, if it was one."""

    entropy: tuple[int, ...]
    number: int | None


def seed_of(rng: Any) -> Seed:
    """Return the seed of a run; a random one for None."""
    try:
        if isinstance(rng, bool):
            raise TypeError("True and False are no seeds")
        return Seed(entropy_of(rng), int(rng) if isinstance(rng, (int, np.integer)) else None)
    except (TypeError, ValueError) as error:
        raise SettingTypeError(
            f"rng is {rng!r}: {error}; give None, a whole number of 0 or more, or a numpy generator or seed sequence"
        ) from error


def configuration_of(given: Any) -> Mapping[str, Any] | None:
    """Return the configuration that the settings come from."""
    if given is not None and not isinstance(given, Mapping):
        raise SettingTypeError(f"configuration is {given!r}; give a mapping, as it is read from a file")
    return given


def summary_level_of(level: Any) -> int:
    """Return the level of summary files, or refuse one that does not exist or that needs a missing library."""
    if whole_number("setup", "summary_files", level, 0) > 3:
        raise SettingError(
            f"setup: summary_files is {level!r}; use 0 for none, 1 for glompo_manager_log.yml, 2 for pictures too, "
            "3 for glompo_log.h5 too"
        )
    if level >= 2:
        library(f"summary_files={level}", "matplotlib", "plot")
    if level >= 3:
        library(f"summary_files={level}", "h5py", "hdf5")
    return int(level)


def directory_of(given: Any) -> Path:
    """Return the directory of the run as an absolute path."""
    try:
        path = Path(given).expanduser()
    except TypeError:
        raise SettingTypeError(f"working_dir is {given!r}; give the path of a directory") from None
    try:
        there = path.exists()
    except (OSError, ValueError) as error:  # a name that is too long, or holds a zero
        raise SettingError(f"working_dir {str(given)[:80]!r} is no path: {error}; give that of a directory") from None
    if there and not path.is_dir():
        raise SettingError(f"working_dir {path} is a file; give the path of a directory")
    try:
        return path.absolute()
    except OSError as error:
        raise SettingError(
            f"working_dir {path} is relative, and the current directory is gone ({error.strerror}); give an absolute "
            "path, or go to a directory that is there"
        ) from error


def failure_policy_of(given: Any) -> FailurePolicy:
    """Return the policy that a user described.

    Parameters
    ----------
    given : str or sequence of str
        One or several of ``'penalize'`` (+inf), ``'penalize(1e6)'``, ``'worst_seen'``, ``'retry(2)'`` and
        ``'raise'``.
    """
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, (list, tuple)) or not words or not all(isinstance(word, str) for word in words):
        raise SettingTypeError(f"failure_policy is {given!r}; use {FORMS}")
    policy = FailurePolicy()
    for word in words:
        policy = _amended(policy, word)
    return policy


def _amended(policy: FailurePolicy, word: str) -> FailurePolicy:
    match = re.fullmatch(r"\s*(\w+)\s*(?:\(\s*(\S+?)\s*\))?\s*", word)
    name, argument = match.groups() if match else (word, None)
    if name == "penalize":
        return replace(policy, penalty=math.inf if argument is None else _number(word, argument))
    if name == "worst_seen" and argument is None:
        return replace(policy, penalty=None)
    if name == "raise" and argument is None:
        return replace(policy, fatal=True)
    if name == "retry" and argument is not None and argument.isdecimal() and int(argument) > 0:
        return replace(policy, retries=int(argument))
    raise SettingError(f"failure_policy is {word!r}; use {FORMS}")


def _number(word: str, argument: str) -> float:
    try:
        value = float(argument)
    except ValueError:
        value = math.nan
    if math.isnan(value) or value == -math.inf:
        raise SettingError(f"failure_policy is {word!r}; the penalty must be a number")
    return value
