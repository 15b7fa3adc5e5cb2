"""From checked settings to the engine of a session, and from its end to a result or an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from glompo.backends.processes import ProcessesBackend
from glompo.backends.threads import ThreadsBackend
from glompo.core.policies.ports import FAILURE_GRACE, Policies
from glompo.core.state.run_state import RunState
from glompo.core.streams import Streams
from glompo.engine.dispatch import Job
from glompo.engine.loop import Engine
from glompo.engine.ports import CheckpointStore, Observer
from glompo.engine.run_logger import RunLogger
from glompo.engine.sampler import ProcessMeter, Sampler
from glompo.engine.session import Session
from glompo.errors import (
    CheckpointError,
    EngineLostError,
    OptimizersFailedError,
    RunInterrupt,
    TaskContractError,
    TaskFailedError,
)
from glompo.evaluators.shared import SharedEvaluators
from glompo.read import Result
from glompo.settings import RunSpec
from glompo.settings.checks import observer_of
from glompo.storage.checkpoint_writer import CheckpointWriter, Extras
from glompo.storage.directory import PRINTSTREAMS, way_on
from glompo.storage.inbox import Inbox
from glompo.wire.launch_request import RunContext


def progress_of(given: Any) -> Observer | None:
    """Return what shows the progress of a run, or None."""
    if given is True:
        from glompo.show.progress import Progress

        return Progress()
    observer: Observer | None = observer_of(given)
    return observer


def policies_of(spec: RunSpec) -> Policies:
    """Return the policies of a run."""
    at_once = spec.failure_policy.fatal
    return Policies(
        exit=spec.exit_conditions,
        selector=spec.opt_selector,
        generator=spec.x0_generator,
        allocator=spec.allocator,
        stopper=spec.stoppers,
        freezer=spec.freezer,
        stopper_interval=spec.stopper_interval,
        stop_best=spec.stop_best,
        escalation=spec.escalation,
        checkpointing=spec.checkpoint_control.plan(spec.save_states_every),
        lockstep=spec.deterministic,
        share=spec.share_best_solutions,
        x0=spec.x0,
        max_failure_rate=0.0 if at_once else spec.max_failure_rate,
        failure_grace=1 if at_once else FAILURE_GRACE,
    )


def engine_of(
    spec: RunSpec,
    session: Session,
    policies: Policies,
    shared: SharedEvaluators | None,
    extras: Callable[[], Extras],
    observers: Sequence[Observer],
    libraries: Sequence[str],
) -> Engine:
    """Return what works on a session.

    Parameters
    ----------
    shared : SharedEvaluators or None
        What all optimizers evaluate with; None where each evaluates by itself.
    extras : callable
        What a checkpoint holds besides the journal and saved states.
    libraries : sequence of str
        Modules that the optimizers import.
    """
    in_threads = spec.backend == "threads"
    splits = not in_threads if spec.split_printstreams is None else spec.split_printstreams
    printstreams = session.run_dir / PRINTSTREAMS if splits else None
    backend = ThreadsBackend(printstreams) if in_threads else ProcessesBackend(printstreams, libraries)
    checkpoint_store = CheckpointWriter(
        session.run_dir, session.record.journal, spec.checkpoint_control, extras, backend.wake
    )
    return Engine(
        session.state,
        session.record,
        backend,
        session.clock,
        policies,
        _job(spec, session, shared, checkpoint_store),
        Inbox.open(session.run_dir),
        observers,
        RunLogger(spec.status_interval, way_on(session.run_dir)),
        Sampler(ProcessMeter()),
    )


def _job(spec: RunSpec, session: Session, shared: SharedEvaluators | None, checkpoint_store: CheckpointStore) -> Job:
    in_process, plan = spec.backend == "threads", spec.evaluation.plan
    in_threads = plan.kind == "inline" if shared is None else shared.concurrency == "threads"
    context = RunContext(
        spec.task.function if in_process else spec.task.sent,
        spec.bounds,
        detailed=spec.is_log_detailed,
        scaler=spec.scaler,
        in_order=spec.deterministic,
        failures=spec.failure_policy,
        evaluator=shared,
        plan=plan,
        concurrency="threads" if in_process and in_threads else "processes",
        on_divergence=spec.on_divergence,
        integrality=spec.integrality,
    )
    return Job(context, Streams(session.entropy), checkpoint_store, spec.opt_selector.options)


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
    kept = "nothing was kept" if result.run_dir is None else f"the records are in {result.run_dir}"
    message = f"{state.finished.why}; {kept}"
    if state.finished.rule == "failing checkpoint":
        raise CheckpointError(message, result)
    if state.finished.rule == "refused task":
        raise TaskContractError(message, result)
    if result.origin["opt_id"] is not None:  # an evaluation of its own, and not a known point
        return
    if state.finished.rule == "failing task":
        raise TaskFailedError(message, result)
    if state.finished.rule == "failing optimizers":
        raise OptimizersFailedError(message, result)


class _Last:
    """Whether the last run of this process was interrupted."""

    interrupted = False


def raise_if_interrupted(result: Result, on_interrupt: str) -> None:
    """Raise if Ctrl-C has ended this run, and the one before it too or `on_interrupt` says so.

    One Ctrl-C ends the run, and its result is returned. In a loop of runs the next one then begins; so if that is
    interrupted as well, KeyboardInterrupt is raised, which ends the loop.

    Raises
    ------
    RunInterrupt
        With the result.
    """
    interrupted = result.left_by == "SIGINT"
    raises = interrupted and (on_interrupt == "raise" or _Last.interrupted)
    _Last.interrupted = interrupted and not raises  # after the end of a loop the count begins anew
    if raises:
        on = "" if result.run_dir is None else f"; it can be resumed: {way_on(result.run_dir)}"
        raise RunInterrupt(f"the run in {result.run_dir} was interrupted{on}", result)
