"""From commands to effects. Nothing here blocks, and every command may be carried out twice."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from glompo.backends.protocol import Backend
from glompo.core.decisions.commands import (
    AbandonCheckpoint,
    Acquit,
    BeginCheckpoint,
    Command,
    End,
    Escalate,
    Finish,
    Grant,
    Pause,
    Reclaim,
    Restore,
    Resume,
    Save,
    SendIncumbent,
    Start,
    Stop,
    TakeCheckpoint,
)
from glompo.core.policies.ports import History, Option
from glompo.core.state.checkpoints import Resumption
from glompo.core.state.optimizer_state import OptimizerState
from glompo.core.state.run_state import RunState
from glompo.core.streams import Streams
from glompo.core.views.run_view import RunView
from glompo.engine.memory_checkpoints import MemoryCheckpoints
from glompo.engine.ports import CheckpointStore
from glompo.engine.recovery import option_for, recorded_history
from glompo.errors import InternalError
from glompo.loggers import library_logger
from glompo.wire.launch_request import LaunchRequest, RunContext
from glompo.wire.messages import DOWN, BetterPoint, Credits, GiveBack, GoOn, Hold, SaveState, StopPlease
from glompo.wire.recorded_history import RecordedHistory, SavedState

logger = library_logger("glompo.engine")


@dataclass(frozen=True, slots=True)
class Job:
    """What every optimizer of a run is launched with, and what may be launched."""

    context: RunContext
    streams: Streams
    options: tuple[Option, ...] = ()
    checkpoint_store: CheckpointStore = field(default_factory=MemoryCheckpoints)


def refit(job: Job, slots: int) -> None:
    """Let the evaluator that all optimizers share, if there is one, compute `slots` evaluations at once."""
    if job.context.evaluator is not None:
        job.context.evaluator.resize(slots)


def dispatch(command: Command, backend: Backend, job: Job, state: RunState, history: History) -> None:
    """Carry out one command."""
    match command:
        case Start(opt, option, x0, _):
            backend.launch(_launch_request(job, opt, option, x0, None))
        case Restore(opt=opt, credits=credits, rests=rests):
            one = state.optimizers[opt]
            _restore(backend, job, one, history, rests)
            if one.offer is not None:  # it was under way when the session ended
                backend.send(opt, DOWN.encode(BetterPoint(one.offer.x, one.offer.f)))
            if credits:
                backend.send(opt, DOWN.encode(Credits(credits)))
        case Grant(opt, n):
            backend.send(opt, DOWN.encode(Credits(n)))
        case Reclaim(opt):
            backend.send(opt, DOWN.encode(GiveBack()))
        case SendIncumbent(opt, x, f, _):
            backend.send(opt, DOWN.encode(BetterPoint(x, f)))
        case Stop(opt, _, verdict):
            backend.send(opt, DOWN.encode(StopPlease(verdict.reason())))
        case Escalate(opt, rung, _):
            backend.end(opt, force=rung == "kill")
        case Pause(opt, _, _):
            backend.send(opt, DOWN.encode(Hold()))
        case Resume(opt, _, _):
            backend.send(opt, DOWN.encode(GoOn()))
        case Save(opt, ticket):
            backend.send(opt, DOWN.encode(SaveState(ticket)))
        case TakeCheckpoint(n, _):
            job.checkpoint_store.start_checkpoint(n, RunView(state, state.at))
        case BeginCheckpoint() | AbandonCheckpoint() | Acquit() | End() | Finish():
            pass  # these only say something, and that is in the journal by now
        case _:
            raise InternalError(f"nobody carries out the command {command}")


def _restore(backend: Backend, job: Job, one: OptimizerState, history: History, rests: bool) -> None:
    request, back = one.request, one.resumption
    option = option_for(request, job.options)
    x0 = request.x0 if back.x0 is None else back.x0
    recorded = recorded_history(one, history, _saved(job.checkpoint_store, back))
    backend.launch(replace(_launch_request(job, request.opt, option, x0, recorded), rests=rests))


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
