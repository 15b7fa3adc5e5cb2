"""Runs one optimizer from its parcel to its end, and says exactly once how it ended."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import numpy as np

from glompo.evaluators.flights import Flights
from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.payload import here
from glompo.evaluators.protocol import Evaluator
from glompo.function import offers_details
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.wire.messages import Ended, Note, Ready
from glompo.wire.parcel import Parcel
from glompo.worker.mailbox import Cut, Mailbox
from glompo.worker.seed_shims import HoldGate, WorkerSeat, build
from glompo.worker.space import Space
from glompo.worker.task import DetailedTask, Task


def host(
    parcel: Parcel,
    mailbox: Mailbox,
    worker: str,
    evaluators: Callable[[bool], Evaluator] | None = None,
    flights: Flights | None = None,
) -> None:
    """Build the optimizer, run its `minimize`, and report its end; never raises an Exception.

    Parameters
    ----------
    parcel : Parcel
        The optimizer and its task.
    mailbox : Mailbox
        Its line to the engine.
    worker : str
        Name of the thread or process, for the record.
    evaluators : callable, optional
        Returns what computes the task, with or without its details; by default that is done right here.
    flights : Flights, optional
        Told of the evaluations under way, for a backend that has other means to end them than the whole worker.
    """
    flights = flights or Flights()
    seat: WorkerSeat | None = None
    ended = Ended("returned", False, "")
    with ExitStack() as own:
        try:
            space = Space(parcel.bounds, parcel.cls.scaler or parcel.scaler)
            seat = WorkerSeat(mailbox, np.random.Generator(np.random.PCG64(parcel.seed)), space, parcel.script)
            optimizer = _seat_optimizer(parcel, seat, mailbox)
            builds = partial(_tracked, flights, evaluators or partial(_built, parcel, own))
            computes = builds(parcel.detailed) if parcel.evaluator is None else flights.tracked(parcel.evaluator)
            mailbox.post(Ready(worker))
            task = _task(computes, builds, mailbox, space, parcel)
            result = optimizer.minimize(task, space.seen(parcel.x0).copy(), space.pairs, **parcel.minimize_kwargs)
            ended = Ended("returned", seat.said_converged, _last_words(result, seat))
        except Cut as cut:
            ended = Ended("cut", seat is not None and seat.said_converged, str(cut))
        except BaseException as error:  # also SystemExit and KeyboardInterrupt: the engine must hear of whatever it is
            mailbox.post(Note(traceback.format_exc()))
            ended = Ended("raised", seat is not None and seat.said_converged, f"{type(error).__name__}: {error}")
    mailbox.post(ended)


def _built(parcel: Parcel, own: ExitStack, detailed: bool) -> Evaluator:
    """Return an evaluator of this optimizer's own, which ends with it."""
    if parcel.plan is None:
        built: Evaluator = InlineEvaluator(here(parcel.task), detailed, parcel.slots)
    else:
        built = parcel.plan.build(parcel.task, parcel.slots, detailed)
    own.callback(built.close)
    return built


def _tracked(flights: Flights, builds: Callable[[bool], Evaluator], detailed: bool) -> Evaluator:
    return flights.tracked(builds(detailed))


def _task(
    computes: Evaluator, builds: Callable[[bool], Evaluator], mailbox: Mailbox, space: Space, parcel: Parcel
) -> Task:
    if not offers_details(here(parcel.task)):
        return Task(computes, mailbox, space, parcel)
    details = (lambda: computes) if parcel.detailed else partial(builds, True)
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
