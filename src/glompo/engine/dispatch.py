"""From intents to effects, once they are recorded. Nothing here blocks, and every intent may be carried out twice."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glompo import events
from glompo.backends.protocol import Backend
from glompo.core.decisions.decide import Intent
from glompo.core.decisions.starts import Start
from glompo.core.evaluations.evaluations import History
from glompo.core.policies.ports import Option
from glompo.core.state.optimizer_state import OptimizerState, Resumption
from glompo.core.state.run_state import RunState
from glompo.core.streams import Streams
from glompo.core.views.run_view import RunView
from glompo.engine.ports import CheckpointStore
from glompo.engine.relaunch import POINT, option_for, recorded_history
from glompo.errors import InternalError
from glompo.events.enums import Force
from glompo.loggers import library_logger
from glompo.wire.launch_request import LaunchRequest, RecordedHistory, RunContext, SavedState
from glompo.wire.messages import DOWN, SENT

logger = library_logger("glompo.engine")


@dataclass(frozen=True, slots=True)
class Job:
    """What every optimizer of a run is launched with, and what may be launched."""

    context: RunContext
    streams: Streams
    checkpoint_store: CheckpointStore
    options: tuple[Option, ...] = ()


def refit(job: Job, slots: int) -> None:
    """Let the evaluator that all optimizers share, if there is one, compute `slots` evaluations at once."""
    if job.context.evaluator is not None:
        job.context.evaluator.resize(slots)


def dispatch(intent: Intent, backend: Backend, job: Job, state: RunState, history: History) -> None:
    """Carry out what was decided and recorded."""
    match intent:
        case _ if isinstance(intent, SENT):
            backend.send(intent.opt, DOWN.encode(intent))
        case Start(event, option):
            backend.launch(_launch_request(job, event.opt, option, event.x0, None))
        case events.StartRequested():
            backend.launch(_launch_request(job, intent.opt, POINT, intent.x0, None))
        case events.Restored() | events.ReturnedToRest():
            _restore(intent, backend, job, state.optimizers[intent.opt], history)
        case events.Escalated():
            backend.end(intent.opt, force=intent.rung == Force.KILL)
        case events.CheckpointTaken():
            job.checkpoint_store.start_checkpoint(intent.n, RunView(state, state.at))
        case events.CheckpointBegun() | events.CheckpointClosed() | events.Judged() | events.EndRequested():
            pass  # to record these is all that they are for
        case events.RunFinished():
            pass
        case _:
            raise InternalError(f"nothing carries out the intent {intent}")


def _restore(
    event: events.Restored | events.ReturnedToRest, backend: Backend, job: Job, one: OptimizerState, history: History
) -> None:
    request, back = one.request, one.resumption
    option = option_for(request, job.options)
    x0 = request.x0 if back.x0 is None else back.x0
    recorded = recorded_history(one, history, _saved(job.checkpoint_store, back))
    launch_request = _launch_request(job, request.opt, option, x0, recorded)
    backend.launch(replace(launch_request, rests=isinstance(event, events.ReturnedToRest)))
    # what lay in its mailbox when the session ended is lost; the fold knows of it, so it is sent again
    if one.offer is not None:
        backend.send(event.opt, DOWN.encode(one.offer))
    if isinstance(event, events.Restored) and event.credits:
        backend.send(event.opt, DOWN.encode(events.Granted(event.at, event.opt, event.credits)))


def _saved(checkpoint_store: CheckpointStore, back: Resumption) -> SavedState | None:
    """Return the last saved state; None if there is none any more, which costs time and nothing else."""
    if back.saved is None:
        return None
    data = checkpoint_store.fetch(back.saved.blob)
    if data is None:
        logger.warning("the saved state of optimizer %s is missing or damaged; it comes back by replay", back.saved.opt)
        return None
    return SavedState(back.saved.k, data)


def _launch_request(
    job: Job, opt: int, option: Option, x0: NDArray[np.float64], recorded: RecordedHistory | None
) -> LaunchRequest:
    return LaunchRequest(
        opt=opt,
        context=job.context,
        cls=option.cls,
        args=option.args,
        kwargs=option.kwargs,
        minimize_kwargs=option.minimize_kwargs,
        slots=option.slots,
        x0=x0,
        seed=job.streams.sequence("optimizer", opt),
        recorded=recorded,
        log_level=logging.getLogger(f"glompo.optimizers.opt{opt}").getEffectiveLevel(),
    )
