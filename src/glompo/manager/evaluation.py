"""Where the task of a run is evaluated: what users may write for it, and what is built from that."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from glompo.errors import SettingError
from glompo.evaluators.cluster import Cluster, is_cluster
from glompo.evaluators.plan import EvaluatorPlan
from glompo.evaluators.protocol import Evaluator


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How evaluations are computed.

    Attributes
    ----------
    plan : EvaluatorPlan
        In this process or in guarded processes, with which limits.
    engine : object
        An executor or a Dask client of the user's, or a cluster that the user named, which takes the place of
        `plan.kind`; None without.
    limits : dict
        Limits for the guard on a foreign engine.
    """

    plan: EvaluatorPlan = field(default_factory=EvaluatorPlan)
    engine: Any = None
    limits: dict[str, Any] = field(default_factory=dict)

    @property
    def can_end(self) -> bool:
        """Whether an evaluation under way can be ended from outside."""
        return self.engine is None and self.plan.kind == "pool"

    def shared(self, task: Callable[..., Any] | str, slots: int, detailed: bool) -> Evaluator | None:
        """Return one evaluator for all optimizers in threads; None where each evaluates by itself."""
        if self.engine is not None:
            if isinstance(self.engine, Cluster):
                return self.engine.evaluator(task, slots, detailed, **self.limits)
            if _is_dask(self.engine):
                from glompo.evaluators.dask import DaskEvaluator

                return DaskEvaluator(self.engine, task, detailed=detailed, **self.limits)
            from glompo.evaluators.executor import ExecutorEvaluator

            return ExecutorEvaluator(self.engine, task, detailed=detailed, **self.limits)
        return None if self.plan.kind == "inline" else self.plan.build(task, slots, detailed)


def evaluation_of(evaluator: Any, cluster: Any, limits: dict[str, Any], backend: str, max_jobs: Any) -> Evaluation:
    """Return how the task is evaluated.

    Parameters
    ----------
    evaluator : {'inline', 'pool', 'dask://host:port', 'slurm'}, concurrent.futures.Executor, or distributed.Client
        What the user gave.
    cluster : mapping or None
        Settings of a cluster that is named; they may be there in vain.
    limits : dict
        timeout, adaptive_timeout and memory_limit of an evaluation: seconds, factor of the running median, bytes.
    backend : str
        Where optimizers live.
    max_jobs : int or None
        Evaluations in flight, as the user gave it.

    Raises
    ------
    SettingError, SettingTypeError
        If these do not go together.
    """
    if isinstance(evaluator, str) and is_cluster(evaluator):
        evaluator = Cluster.of(evaluator, cluster)
        if max_jobs is None or max_jobs == -1:
            raise SettingError(
                f"max_jobs is {max_jobs}, which goes by the processors of this machine; for a cluster give the number "
                "of evaluations in flight, such as the threads of all its workers"
            )
    elif isinstance(evaluator, str):
        return Evaluation(EvaluatorPlan(kind=evaluator, **limits))  # type: ignore[arg-type]  # checked there
    elif not callable(getattr(evaluator, "submit", None)):
        raise SettingError(
            f"evaluator is {evaluator!r}; use 'inline', 'pool', 'dask://host:port', 'slurm', an executor with "
            "submit(), or a Dask client"
        )
    if backend != "threads":
        raise SettingError(
            "evaluator is an executor, which cannot be sent to the processes of optimizers; use backend='threads'"
        )
    return Evaluation(engine=evaluator, limits={name: value for name, value in limits.items() if value is not None})


def _is_dask(engine: Any) -> bool:
    distributed = sys.modules.get("distributed")  # whoever has a client has imported it
    return distributed is not None and isinstance(engine, distributed.Client)
