"""The engine of a session, put together."""

from __future__ import annotations

from collections.abc import Sequence

from glompo.core.policies.ports import Policies
from glompo.engine.loop import Engine
from glompo.engine.ports import Observer
from glompo.engine.run_logger import RunLogger
from glompo.engine.session import Session
from glompo.evaluators.shared import SharedEvaluators
from glompo.manager.settings import Prepared
from glompo.manager.wiring import backend_for, job_of
from glompo.storage.checkpoint_writer import CheckpointWriter
from glompo.storage.inbox import Inbox


def engine_of(
    its: Prepared,
    session: Session,
    policies: Policies,
    shared: SharedEvaluators | None,
    observers: Sequence[Observer],
) -> Engine:
    """Return what works on a session of a manager that has been set up."""
    spec, threads = its.spec, its.backend == "threads"
    backend = backend_for(its.backend, session.run_dir if its.split_printstreams else None)
    checkpoint_store = CheckpointWriter(session.run_dir, session.record.journal, spec.control, its.extras, backend.wake)
    return Engine(
        session.state,
        session.record,
        backend,
        session.clock,
        policies,
        job_of(spec, session, its.options, shared, its.evaluation.plan, checkpoint_store, threads),
        Inbox.open(session.run_dir),
        observers,
        RunLogger(its.status_interval),
    )
