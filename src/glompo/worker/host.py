"""Runs one optimizer from its parcel to its end, and says exactly once how it ended."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from glompo.evaluators.flights import Flights
from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.payload import here
from glompo.evaluators.protocol import Evaluator
from glompo.function import offers_details
from glompo.texts import error_text
from glompo.wire.messages import Ended, Note, Ready, WentAstray
from glompo.wire.parcel import Parcel
from glompo.worker.attempt import Attempt, Rung, ladder
from glompo.worker.mailbox import Cut, Mailbox
from glompo.worker.replay import DivergedError, Replay
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

    One that has a record is brought back, see :mod:`glompo.worker.attempt`.

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
    attempt: Attempt | None = None
    task: Task | None = None
    mailbox.belong()
    if parcel.rests:
        mailbox.rest_on()
    with ExitStack() as own:
        try:
            space = Space(parcel.bounds, parcel.cls.scaler or parcel.scaler)
            builds = partial(_tracked, flights, evaluators or partial(_built, parcel, own))
            computes = None if parcel.evaluator is None else flights.tracked(parcel.evaluator)
            rungs, ready, ended = ladder(parcel, mailbox), False, None
            while ended is None:
                attempt = Attempt(rungs.pop(0), parcel, mailbox, space)
                try:
                    optimizer = attempt.optimizer()
                    computes = computes or builds(parcel.detailed)
                    if not ready:
                        mailbox.post(Ready(worker))
                        ready = True
                    task = _task(computes, builds, mailbox, space, parcel, attempt.replay)
                    ended = attempt.search(optimizer, task)
                except DivergedError as error:
                    if task is not None:
                        task.shut()
                    _tell(mailbox, attempt.way, error, rungs)
                    if not rungs:
                        raise
        except Cut as cut:
            ended = Ended("cut", attempt is not None and attempt.seat.said_converged, str(cut))
        except BaseException as error:  # also SystemExit and KeyboardInterrupt: the engine must hear of whatever it is
            mailbox.post(Note(traceback.format_exc()))
            said = attempt is not None and attempt.seat.said_converged
            ended = Ended("raised", said, error_text(error))
        mailbox.shut()
        if task is not None:
            task.shut()
            task.await_the_last()
    mailbox.last(ended)


def _tell(mailbox: Mailbox, way: str, error: DivergedError, rungs: list[Rung]) -> None:
    mailbox.post(WentAstray(way, error.at_k, error.distance, str(error), rungs[0].way if rungs else ""))


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
    computes: Evaluator,
    builds: Callable[[bool], Evaluator],
    mailbox: Mailbox,
    space: Space,
    parcel: Parcel,
    replay: Replay | None,
) -> Task:
    if not offers_details(here(parcel.task)):
        return Task(computes, mailbox, space, parcel, replay)
    details = (lambda: computes) if parcel.detailed else partial(builds, True)
    return DetailedTask(computes, mailbox, space, parcel, replay, details)
