"""From commands to effects. Nothing here blocks, and every command may be carried out twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.backends.protocol import Backend
from glompo.core.commands import (
    Acquit,
    Command,
    End,
    Escalate,
    Finish,
    Grant,
    Pause,
    Resume,
    SendIncumbent,
    Start,
    Stop,
)
from glompo.core.streams import Streams
from glompo.errors import InternalError
from glompo.function import PENALIZE, FailurePolicy
from glompo.wire.messages import DOWN, BetterPoint, Credits, GoOn, Hold, StopPlease
from glompo.wire.parcel import Parcel


@dataclass(frozen=True, slots=True)
class Job:
    """What all optimizers of a run have in common; see :class:`glompo.wire.parcel.Parcel`."""

    task: Callable[..., Any]
    bounds: NDArray[np.float64]
    streams: Streams
    detailed: bool = False
    scaler: str | None = None
    in_order: bool = False
    failures: FailurePolicy = PENALIZE


def dispatch(command: Command, backend: Backend, job: Job) -> None:
    """Carry out one command."""
    match command:
        case Start():
            backend.launch(_parcel(command, job))
        case Grant(opt, n):
            backend.send(opt, DOWN.encode(Credits(n)))
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
        case Acquit() | End() | Finish():
            pass  # these only say something, and that is in the journal by now
        case _:
            raise InternalError(f"nobody carries out the command {command}")


def _parcel(start: Start, job: Job) -> Parcel:
    option = start.option
    return Parcel(
        opt=start.opt,
        cls=option.cls,
        args=option.args,
        kwargs=option.kwargs,
        minimize_kwargs=option.minimize_kwargs,
        slots=option.slots,
        task=job.task,
        x0=start.x0,
        bounds=job.bounds,
        seed=job.streams.sequence("optimizer", start.opt),
        detailed=job.detailed,
        scaler=job.scaler,
        in_order=job.in_order,
        failures=job.failures,
    )
