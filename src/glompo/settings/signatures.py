"""The keywords of ``setup`` and of what passes them on, for type checkers, editors and ``help()``.

Type checkers read the typed dictionaries. What Python itself shows is filled in from them, with the defaults of
:class:`~glompo.settings.run_settings.RunSpec` and the texts that stand in the documentation of ``setup``.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any, Literal, TypedDict, TypeVar

from glompo.generators import BaseGenerator
from glompo.settings.field import settings_of
from glompo.settings.run_settings import Durability, RunSpec
from glompo.spec.checkpointing import CheckpointingControl

Function = TypeVar("Function", bound=Callable[..., Any])


class SetupSettings(TypedDict, total=False):
    """Keywords of :meth:`glompo.GloMPOManager.setup`, which documents them."""

    label: str
    overwrite_existing: bool
    resume: Literal["never", "auto", "must"]
    resume_task: Literal["same", "changed"]
    max_jobs: int | None
    backend: Literal["threads", "processes"]
    evaluator: Any
    cluster: Mapping[str, Any] | None
    evaluation_timeout: float | None
    adaptive_timeout: float | None
    memory_limit: int | None
    evaluation_grace: float
    evaluation_threads: int | None
    exit_conditions: Any
    x0: Any
    known_points: Any
    integrality: Any
    x0_generator: BaseGenerator | None
    stoppers: Any
    share_best_solutions: bool
    stopper_interval: int
    stop_best: bool
    freezer: Any
    allocator: Any
    force_terminations_after: float
    aggressive_kill: bool
    end_timeout: float
    split_printstreams: bool | None
    summary_files: int
    is_log_detailed: bool
    scaler: str | Sequence[str] | Mapping[str, str]
    failure_policy: str | Sequence[str]
    max_failure_rate: float
    durability: Durability
    names: Sequence[str] | None
    rng: Any
    deterministic: bool
    checkpoint_control: CheckpointingControl | None
    save_states_every: int | None
    on_divergence: Literal["warm-start", "fail"]
    on_interrupt: Literal["return", "raise"]
    progress: Any
    callback: Callable[..., Any] | str | None
    status_interval: float
    configuration: Mapping[str, Any] | None


class MinimizeSettings(SetupSettings, total=False):
    """Keywords of :func:`glompo.minimize`."""

    optimizers: Any
    opt_selector: Any
    max_evaluations: int | float | None
    max_seconds: float | None
    target: float | None
    working_dir: str | os.PathLike[str] | None


class ResumeSettings(SetupSettings, total=False):
    """Settings that may replace those of a run that goes on; see :meth:`glompo.GloMPOManager.load_checkpoint`."""

    bounds: Any
    opt_selector: Any
    max_evaluations: int | float | None
    max_seconds: float | None
    target: float | None
    working_dir: str | os.PathLike[str] | None


def spelled_out(keywords: type) -> Callable[[Function], Function]:
    """Return a decorator that shows the keywords behind ``**settings`` in the signature of a function."""

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        *own, _ = signature.parameters.values()
        declared, common = settings_of(RunSpec), SetupSettings.__annotations__
        wanted = inspect.get_annotations(keywords)
        names = sorted(wanted, key=common.__contains__)  # those of this function alone come first
        shown = [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                default=declared[name].default if name in common else None,
                annotation=getattr(wanted[name], "__forward_arg__", wanted[name]),
            )
            for name in names
        ]
        vars(function)["__signature__"] = signature.replace(parameters=[*own, *shown])
        return function

    return decorate


def documented(text_of: Callable[..., Any]) -> Callable[[Function], Function]:
    """Return a decorator that puts the texts of settings, as another function documents them, for ``**settings``."""

    def decorate(function: Function) -> Function:
        text = inspect.getdoc(function)
        if text is None:  # python -OO
            return function
        own, shown = _described(text), inspect.signature(function).parameters
        texts = _described(inspect.getdoc(text_of) or "")
        further = [part for name, part in texts.items() if name in shown and name not in own]
        function.__doc__ = text.replace(own["**settings"], "".join(further))
        return function

    return decorate


def _described(text: str) -> dict[str, str]:
    """Return the paragraphs of the section on parameters by name."""
    section = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0] + "\n"
    return {part[1]: part[0] for part in re.finditer(r"^(\S+?)(?: : .*)?\n(?:    .*\n)+", section, re.MULTILINE)}
