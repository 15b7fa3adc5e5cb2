"""Runs one optimizer from its parcel to its end, and says exactly once how it ended."""

from __future__ import annotations

import traceback

import numpy as np

from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.protocol import Evaluator
from glompo.function import BaseFunction
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.wire.messages import Ended, Note, Ready
from glompo.wire.parcel import Parcel
from glompo.worker.mailbox import Cut, Mailbox
from glompo.worker.seed_shims import HoldGate, WorkerSeat, build
from glompo.worker.space import Space
from glompo.worker.task import DetailedTask, Task


def host(parcel: Parcel, mailbox: Mailbox, worker: str, evaluator: Evaluator | None = None) -> None:
    """Build the optimizer, run its `minimize`, and report its end; never raises an Exception.

    Parameters
    ----------
    parcel : Parcel
        The optimizer and its task.
    mailbox : Mailbox
        Its line to the engine.
    worker : str
        Name of the thread or process, for the record.
    evaluator : Evaluator, optional
        Where the task is computed; right here by default.
    """
    shared: Evaluator | None = evaluator or parcel.evaluator
    computes: Evaluator | None = shared
    seat: WorkerSeat | None = None
    ended = Ended("returned", False, "")
    try:
        space = Space(parcel.bounds, parcel.cls.scaler or parcel.scaler)
        seat = WorkerSeat(mailbox, np.random.Generator(np.random.PCG64(parcel.seed)), space, parcel.script)
        optimizer = _seat_optimizer(parcel, seat, mailbox)
        computes = computes or _own_evaluator(parcel)
        mailbox.post(Ready(worker))
        task = _task(computes, mailbox, space, parcel)
        result = optimizer.minimize(task, space.seen(parcel.x0).copy(), space.pairs, **parcel.minimize_kwargs)
        ended = Ended("returned", seat.said_converged, _last_words(result, seat))
    except Cut as cut:
        ended = Ended("cut", seat is not None and seat.said_converged, str(cut))
    except BaseException as error:  # also SystemExit and KeyboardInterrupt: whatever it is, the engine must hear of it
        mailbox.post(Note(traceback.format_exc()))
        ended = Ended("raised", seat is not None and seat.said_converged, f"{type(error).__name__}: {error}")
    finally:
        if shared is None and computes is not None:
            computes.close()
        mailbox.post(ended)


def _own_evaluator(parcel: Parcel) -> Evaluator:
    if parcel.plan is None:
        return InlineEvaluator(parcel.task, parcel.detailed, parcel.slots)
    built: Evaluator = parcel.plan.build(parcel.task, parcel.slots, parcel.detailed)
    return built


def _task(computes: Evaluator, mailbox: Mailbox, space: Space, parcel: Parcel) -> Task:
    call = getattr(type(parcel.task), "detailed_call", None)
    if call is None or call is BaseFunction.detailed_call:
        return Task(computes, mailbox, space, parcel)
    details = computes if parcel.detailed else InlineEvaluator(parcel.task, True, parcel.slots)
    return DetailedTask(computes, mailbox, space, parcel, details)


def _seat_optimizer(parcel: Parcel, seat: WorkerSeat, mailbox: Mailbox) -> BaseOptimizer:
    arguments = {
        "_opt_id": parcel.opt,
        "_signal_pipe": seat,
        "_results_queue": None,
        "_pause_flag": HoldGate(mailbox),
        "_is_log_detailed": parcel.detailed,
        "_workers": parcel.slots,
        "_backend": "threads",
    }
    return build(parcel.cls, parcel.args, parcel.kwargs, arguments)


def _last_words(result: object, seat: WorkerSeat) -> str:
    if not isinstance(result, MinimizeResult):
        return f"minimize returned {type(result).__name__} instead of a MinimizeResult"
    reason = (result.stats or {}).get("reason", "")
    if reason:
        return str(reason)
    return "" if seat.said_converged else "returned without announcing convergence (message 0)"
