"""All settings of a run, declared once, checked together and frozen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Allocator, Escalation, Freezer, Generator
from glompo.core.policies.rule import Rule
from glompo.evaluators.pool.limits import EVALUATION_GRACE, Limits
from glompo.function import FailurePolicy
from glompo.selectors import BaseSelector
from glompo.settings.checks import (
    Seed,
    callback_of,
    check_runnable,
    choice,
    configuration_of,
    directory_of,
    escalation_of,
    failure_policy_of,
    flag,
    flag_or_none,
    names_of,
    observer_of,
    real,
    seed_of,
    slots_of,
    summary_level_of,
    text,
    whole,
)
from glompo.settings.evaluation import Evaluation, evaluation_of, evaluator_name, evaluator_of
from glompo.settings.field import REQUIRED, derived, optional, recorded, resolved, setting
from glompo.settings.known_points import KnownPoints, known_points_of
from glompo.settings.policies import (
    allocator_of,
    exit_rule_of,
    freezer_of,
    generator_of,
    offered_by,
    selector_of,
    stopper_rule_of,
)
from glompo.spec.bounds import bounds_of, integrality_of, scales_of, x0_of
from glompo.spec.checkpointing import CheckpointingControl, control_of
from glompo.spec.fingerprint import fingerprint
from glompo.spec.processors import cpus
from glompo.spec.task import NamedTask, columns_of, task_of

Durability = Literal["batch", "always", "none"]
"""When records are forced to the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """Settings of a run, by their names; build one with :meth:`of`, which checks them all.

    The order of the fields is that of their records in the journal. What they mean stands once, in the documentation of
    :meth:`glompo.GloMPOManager.setup`; the types here are those of the checked values.
    """

    task: NamedTask = setting(REQUIRED, task_of, in_checkpoint=False)
    bounds: NDArray[np.float64] = setting(REQUIRED, bounds_of, record=None)
    dims: int = derived(len, "bounds", record=int)
    names: tuple[str, ...] | None = setting(None, optional(names_of), "dims")
    headers: tuple[str, ...] = derived(columns_of, "task", "is_log_detailed", record=lambda names: names or None)
    x0: NDArray[np.float64] | None = setting(None, optional(x0_of), "bounds")
    max_jobs: int = setting(None, slots_of, "evaluator")
    max_evaluations: int | None = derived(lambda rule: rule.budget(), "exit_conditions", record=lambda budget: budget)
    exit_conditions: Rule = setting(None, exit_rule_of)
    stoppers: Rule | None = setting(None, stopper_rule_of, "opt_selector")
    stopper_interval: int = setting(10, check=whole(1))
    stop_best: bool = setting(False, check=flag)
    opt_selector: BaseSelector = setting(None, selector_of, "max_jobs", "task", "bounds", "exit_conditions")
    offered: tuple[str, ...] = derived(offered_by, "opt_selector", record=lambda names: names)
    shares: tuple[tuple[str, float, float, float], ...] = derived(
        lambda selector: tuple((name, *one) for name, one in selector.shares.items()), "opt_selector", record=tuple
    )
    x0_generator: Generator = setting(None, generator_of, "opt_selector")
    allocator: Allocator = setting(None, allocator_of, "deterministic", "opt_selector")
    freezer: Freezer | None = setting(None, optional(freezer_of))
    share_best_solutions: bool = setting(False, check=flag)
    is_log_detailed: bool = setting(False, check=flag)
    scaler: tuple[str, ...] = setting(
        "none", scales_of, "bounds", "names", record=lambda all_: all_[0] if len(set(all_)) == 1 else all_
    )
    failure_policy: FailurePolicy = setting("penalize", failure_policy_of)
    max_failure_rate: float = setting(1.0, check=real(0.0, 1.0, above=True))
    deterministic: bool = setting(False, check=flag)
    durability: Durability = setting("batch", check=choice("batch", "always", "none"))
    checkpoint_control: CheckpointingControl = setting(
        None, control_of, record=lambda control: None if control == CheckpointingControl() else control
    )
    save_states_every: int | None = setting(None, check=whole(1, or_none=True))
    on_divergence: str = setting("warm-start", check=choice("warm-start", "fail"))
    rng: Seed = setting(None, seed_of, record=lambda seed: seed.number)
    backend: str = setting("threads", check=choice("threads", "processes"))
    evaluator: Any = setting(None, evaluator_of, "limits", record=evaluator_name)
    evaluation_timeout: float | None = setting(None)
    adaptive_timeout: float | None = setting(None)
    memory_limit: int | None = setting(None)
    evaluation_grace: float = setting(EVALUATION_GRACE)
    evaluation_threads: int | None = setting(1)
    label: str = setting("", check=text, record=lambda label: label or None)

    integrality: tuple[bool, ...] = setting(None, integrality_of, "bounds", record=lambda whole: whole or None)
    known_points: KnownPoints | None = setting(
        None, optional(known_points_of), "bounds", record=None, in_checkpoint=False
    )
    cluster: Mapping[str, Any] | None = setting(None, record=None)
    limits: Limits = derived(Limits, "evaluation_timeout", "adaptive_timeout", "memory_limit", "evaluation_grace")
    evaluation: Evaluation = derived(evaluation_of, "evaluator", "backend", "cluster", "limits", "evaluation_threads")
    cpus: int = derived(lambda evaluation: cpus() if evaluation.engine is None else 0, "evaluation")
    force_terminations_after: float = setting(-1, check=real(-math.inf), record=None)
    aggressive_kill: bool = setting(False, check=flag, record=None)
    end_timeout: float = setting(10.0, check=real(0.0), record=None)
    escalation: Escalation | None = derived(
        escalation_of, "backend", "evaluation", "force_terminations_after", "aggressive_kill", "end_timeout"
    )
    working_dir: Path | None = setting(".", optional(directory_of), record=None, in_checkpoint=False)
    overwrite_existing: bool = setting(False, check=flag, record=None, in_checkpoint=False)
    resume: str = setting("never", check=choice("never", "auto", "must"), record=None, in_checkpoint=False)
    resume_task: str = setting("same", check=choice("same", "changed"), record=None, in_checkpoint=False)
    split_printstreams: bool | None = setting(None, check=flag_or_none, record=None)
    summary_files: int = setting(0, summary_level_of, record=None)
    on_interrupt: str = setting("return", check=choice("return", "raise"), record=None)
    progress: Any = setting(None, observer_of, record=None, in_checkpoint=False)
    callback: Callable[..., Any] | None = setting(None, optional(callback_of), record=None, in_checkpoint=False)
    status_interval: float = setting(600.0, check=real(0.0, above=True), record=None)
    configuration: Mapping[str, Any] | None = setting(None, configuration_of, record=None, in_checkpoint=False)
    task_digests: dict[str, str] = derived(lambda task: fingerprint(task.function), "task")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Return the settings that a user gave by name, checked; what is not given has its default.

        Raises
        ------
        SettingError, SettingTypeError
            Naming the setting, its value and what to give instead.
        """
        spec = cls(**resolved(cls, given))
        check_runnable(spec.task, spec.bounds, spec.scaler, spec.opt_selector, spec.backend)
        return spec

    def describe(self) -> dict[str, Any]:
        """Return the settings that the journal holds, as plain data."""
        return recorded(RunSpec, self)
