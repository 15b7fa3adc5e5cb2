"""From checked settings to what the engine works with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glompo.allocators import EqualBlocks, EvenAllocator
from glompo.backends.processes import ProcessesBackend
from glompo.backends.protocol import Backend
from glompo.backends.threads import ThreadsBackend
from glompo.core.policies.ports import FAILURE_GRACE, Allocator, Escalation, Option, Policies
from glompo.core.policies.rule import Rule
from glompo.core.state.run_state import RunState
from glompo.core.streams import Streams
from glompo.engine.dispatch import Job
from glompo.engine.ports import CheckpointStore
from glompo.engine.session import Session
from glompo.errors import (
    CheckpointError,
    EngineLostError,
    OptimizersFailedError,
    TaskContractError,
    TaskFailedError,
)
from glompo.evaluators.plan import EvaluatorPlan
from glompo.evaluators.shared import SharedEvaluators
from glompo.exit_conditions import MaxOptimizersConverged, MaxOptimizersExhausted
from glompo.manager.arguments import with_methods
from glompo.read import Result
from glompo.spec import RunSpec
from glompo.stoppers import CatchUp, OptimizerType
from glompo.storage.directory import PRINTSTREAMS


def backend_for(name: str, printstreams_in: Path | None) -> Backend:
    """Return where optimizers live; what they print goes into a folder there, if a directory is given."""
    if name == "threads":
        return ThreadsBackend()
    return ProcessesBackend(None if printstreams_in is None else printstreams_in / PRINTSTREAMS)


def allocator_of(given: Any, deterministic: bool) -> Allocator:
    """Return the allocator that a user gave, or the usual one."""
    if given is not None:
        return with_methods("allocator", given, "allocate")  # type: ignore[no-any-return]  # it can answer
    return EqualBlocks() if deterministic else EvenAllocator()


def usual_end() -> Rule:
    """Return when a run ends if the user does not say: with the first optimizer that has come to an end of its own."""
    return MaxOptimizersConverged(1) | MaxOptimizersExhausted(1)


def usual_stopper() -> Rule:
    """Return who is stopped if the user does not say."""
    return OptimizerType("CMAOptimizer") & CatchUp()


def policies_of(spec: RunSpec, escalation: Escalation | None) -> Policies:
    """Return the policies of a run."""
    at_once = spec.failures.fatal
    return Policies(
        exit=spec.exit,
        selector=spec.selector,
        generator=spec.generator,
        allocator=spec.allocator,
        stopper=spec.stopper,
        freezer=spec.freezer,
        stopper_interval=spec.stopper_interval,
        stop_best=spec.stop_best,
        escalation=escalation,
        checkpointing=spec.control.plan(spec.save_states_every),
        lockstep=spec.deterministic,
        share=spec.share,
        x0=spec.x0,
        max_failure_rate=0.0 if at_once else spec.max_failure_rate,
        failure_grace=1 if at_once else FAILURE_GRACE,
    )


def job_of(
    spec: RunSpec,
    session: Session,
    options: tuple[Option, ...],
    evaluator: SharedEvaluators | None,
    plan: EvaluatorPlan,
    checkpoint_store: CheckpointStore,
    in_process: bool,
) -> Job:
    """Return what all optimizers of a run have in common."""
    return Job(
        spec.task if in_process else spec.sent,
        spec.bounds,
        Streams(session.entropy),
        checkpoint_store,
        detailed=spec.detailed,
        scaler=spec.scaler,
        in_order=spec.deterministic,
        failures=spec.failures,
        options=options,
        evaluator=evaluator,
        plan=plan,
        concurrency="threads" if in_process and _in_threads(evaluator, plan) else "processes",
        on_divergence=spec.on_divergence,
    )


def _in_threads(evaluator: SharedEvaluators | None, plan: EvaluatorPlan) -> bool:
    if evaluator is None:
        return plan.kind == "inline"
    return evaluator.concurrency == "threads"


def raise_if_hopeless(result: Result, state: RunState) -> None:
    """Raise where returning an empty result would hide that nothing worked."""
    if state.finished is None:
        if state.asked is not None and state.asked.why:
            raise EngineLostError(
                f"the session ended because evaluations can no longer be made: {state.asked.why}; {state.calls} are on "
                f"record. Mend that, then make the same call with working_dir={str(result.run_dir)!r} and "
                f"resume='auto', or, if a configuration began it, glompo resume {result.run_dir}: the run goes on, and "
                "nothing is lost",
                result,
            )
        return
    message = f"{state.finished.why}; the records are in {result.run_dir}"
    if state.finished.rule == "failing checkpoint":
        raise CheckpointError(message, result)
    if state.finished.rule == "refused task":
        raise TaskContractError(message, result)
    if result.x is not None:
        return
    if state.finished.rule == "failing task":
        raise TaskFailedError(message, result)
    if state.finished.rule == "failing optimizers":
        raise OptimizersFailedError(message, result)
