"""Where the task of a run is evaluated: what users may write for it, and what is built from that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from glompo.details import Ask
from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.dask.cluster import Cluster, is_cluster
from glompo.evaluators.plan import EvaluatorPlan
from glompo.evaluators.pool.limits import Limits
from glompo.evaluators.protocol import Evaluator
from glompo.evaluators.shared import SharedEvaluators
from glompo.validation import refuse_class


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How evaluations are computed.

    Attributes
    ----------
    plan : EvaluatorPlan
        In this process or in guarded processes, with which limits.
    engine : object
        An executor, a Dask client or an evaluator of the user's, or a cluster that the user named, which takes the
        place of `plan.kind`; None without.
    options : dict
        Limits and further options for the guard on a foreign engine.
    """

    plan: EvaluatorPlan = field(default_factory=EvaluatorPlan)
    engine: Any = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def can_end(self) -> bool:
        """Whether an evaluation under way can be ended from outside."""
        return self.engine is None and self.plan.kind == "pool"

    def shared(self, task: Callable[..., Any] | str, slots: int, detailed: bool) -> SharedEvaluators | None:
        """Return what all optimizers in threads evaluate with; None where each evaluates by itself."""
        if self.engine is None and self.plan.kind == "inline":
            return None
        return SharedEvaluators(self._builder(task, slots), Ask.DETAILS if detailed else Ask.VALUE)

    def _builder(self, task: Callable[..., Any] | str, slots: int) -> Callable[[Ask], Evaluator]:
        if self.engine is None:
            return partial(self.plan.build, task, slots)
        if _evaluates(self.engine):
            return lambda ask: self.engine  # it knows the task itself
        if isinstance(self.engine, Cluster):
            return _on_one_cluster(lambda ask: self.engine.evaluator(task, slots, ask, **self.options))
        if _is_dask(self.engine):
            from glompo.evaluators.dask.evaluator import DaskEvaluator

            return _on_one_cluster(lambda ask: DaskEvaluator(self.engine, task, detailed=ask, **self.options))
        from glompo.evaluators.executor import ExecutorEvaluator

        return lambda ask: ExecutorEvaluator(self.engine, task, detailed=ask, **self.options)


def _on_one_cluster(builds: Callable[[Ask], Any]) -> Callable[[Ask], Evaluator]:
    """Return what builds the first evaluator on a cluster, and further ones beside it."""
    first: list[Any] = []

    def build(ask: Ask) -> Evaluator:
        if first:
            return first[0].beside(ask)  # type: ignore[no-any-return]  # it is a DaskEvaluator
        first.append(builds(ask))
        return first[0]  # type: ignore[no-any-return]  # as above

    return build


def evaluator_of(given: Any, limits: Limits) -> Any:
    """Return the evaluator that a user gave; without one evaluations that have limits are made where these are kept."""
    if given is not None:
        return given
    return "pool" if limits.any else "inline"


def evaluator_name(given: Any) -> str:
    """Return what the records call an evaluator."""
    return given if isinstance(given, str) else type(given).__name__


def evaluation_of(evaluator: Any, backend: str, cluster: Any, limits: Limits, threads: int | None) -> Evaluation:
    """Return how the task is evaluated.

    Raises
    ------
    SettingError, SettingTypeError
        If the settings do not go together.
    """
    if cluster is not None and not isinstance(cluster, Mapping):
        raise SettingTypeError(f"cluster is {cluster!r}; give its settings by name, in TOML as a table [cluster]")
    refuse_class("evaluator", evaluator)
    if isinstance(evaluator, str) and is_cluster(evaluator):
        evaluator = Cluster.of(evaluator, cluster)
    elif isinstance(evaluator, str):
        plan = EvaluatorPlan(kind=evaluator, limits=limits, threads_per_worker=threads)  # type: ignore[arg-type]  # checked
        _check_threads(threads, evaluator != "inline" or backend != "threads")
        return Evaluation(plan)
    elif not callable(getattr(evaluator, "submit", None)):
        raise SettingError(
            f"evaluator is {evaluator!r}; use 'inline', 'pool', 'dask://host:port', 'slurm', an executor with "
            "submit(), a Dask client, or an evaluator of your own"
        )
    if backend != "threads":
        raise SettingError(
            "evaluator is an executor, which cannot be sent to the processes of optimizers; use backend='threads'"
        )
    if limits.any and _evaluates(evaluator):
        named = {"evaluation_timeout": limits.timeout, "adaptive_timeout": limits.adaptive_timeout}
        given = [name for name, value in (named | {"memory_limit": limits.memory}).items() if value is not None]
        raise SettingError(f"{', '.join(given)}: an evaluator of your own keeps its limits itself; leave this out")
    _check_threads(threads, limits.any or isinstance(evaluator, Cluster))
    options = {**limits.keywords(), "threads_per_worker": threads}
    return Evaluation(EvaluatorPlan(threads_per_worker=threads), evaluator, options)


def _check_threads(given: Any, has_process: bool) -> None:
    """Refuse what cannot be kept: the libraries of a process that is there already have read their environment."""
    if given != 1 and not has_process:
        raise SettingError(
            f"evaluation_threads is {given}, but evaluations have no process of ours here; use evaluator='pool', or "
            "with an executor a limit such as evaluation_timeout"
        )


def _evaluates(engine: Any) -> bool:
    """Return whether this is an :class:`~glompo.evaluators.protocol.Evaluator`."""
    return all(callable(getattr(engine, name, None)) for name in ("evaluate", "submit", "resize", "close"))


def _is_dask(engine: Any) -> bool:
    distributed = sys.modules.get("distributed")  # what made the client has imported it
    return distributed is not None and isinstance(engine, distributed.Client)
