"""Which evaluator to build, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from glompo.errors import SettingError
from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.payload import here
from glompo.evaluators.pool.limits import Limits, whole
from glompo.evaluators.protocol import Evaluator

Kind = Literal["inline", "pool"]
"""In this process, or in guarded processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatorPlan:
    """Settings of an evaluator, checked together."""

    kind: Kind = "inline"  # in threads of this process, or in guarded processes
    limits: Limits = field(default_factory=Limits)  # what an evaluation may use
    # threads that BLAS and OpenMP may use in a guarded process; None leaves what the environment says
    threads_per_worker: int | None = 1
    # variables of guarded processes besides those of this process
    initial_environment: Mapping[str, str] = field(default_factory=dict)
    capture: bool = False  # whether the output of guarded processes is kept for the errors of evaluations that fail

    def __post_init__(self) -> None:
        """Refuse settings that cannot be used, alone or together.

        Raises
        ------
        SettingError, SettingTypeError
            With the remedy.
        """
        if self.kind not in get_args(Kind):
            kinds = ", ".join(map(repr, get_args(Kind)))
            raise SettingError(f"evaluator is {self.kind!r}; it is one of {kinds}, 'dask://host:port', 'slurm'")
        if self.threads_per_worker is not None:
            whole(self.threads_per_worker, "threads_per_worker", 1)
        if self.kind == "inline" and self.limits.any:
            raise SettingError(
                "timeout, adaptive_timeout and memory_limit cannot be kept with evaluator='inline': it evaluates in "
                "threads of this process, and a thread cannot be killed; use evaluator='pool'"
            )

    def build(self, task: Callable[..., Any] | str, workers: int, detailed: int) -> Evaluator:
        """Return the evaluator.

        Raises
        ------
        SettingTypeError
            If the task cannot be sent to another process; the message names the object inside it that is at fault.
        """
        if self.kind == "inline":
            return InlineEvaluator(here(task), detailed, workers)
        from glompo.evaluators.pool.evaluator import PoolEvaluator

        return PoolEvaluator(
            task,
            workers,
            detailed=detailed,
            **self.limits.keywords(),
            threads_per_worker=self.threads_per_worker,
            initial_environment=self.initial_environment,
            capture=self.capture,
        )
