"""Runs one optimizer from its launch request to its end, and reports exactly once how it ended."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import ExitStack

from glompo.details import Ask, details_of, offers_details
from glompo.errors import TaskContractError, UserError
from glompo.evaluators.inline import InlineEvaluator
from glompo.evaluators.payload import here
from glompo.evaluators.printstreams import PrintingEvaluator, present_place
from glompo.evaluators.protocol import Evaluator
from glompo.evaluators.shared import InFlight
from glompo.events import Diverged, Noted, Started, Stopped
from glompo.events.enums import Ending
from glompo.safe_text import error_text
from glompo.wire.launch_request import LaunchRequest
from glompo.wire.messages import AT, OPT
from glompo.worker.call_gate import Cut, Refused
from glompo.worker.detailed_function import DetailedManagedFunction
from glompo.worker.mailbox import Mailbox
from glompo.worker.managed_function import ManagedFunction
from glompo.worker.recovery import Attempt, RecoveryStep, recovery_steps
from glompo.worker.replay import DivergedError, Replay
from glompo.worker.space import Space


def host(
    launch_request: LaunchRequest,  # the optimizer and its task
    mailbox: Mailbox,  # its line to the engine
    worker: str,  # name of the thread or process, for the record
    # returns what computes the task, by what it is asked for; by default that is done right here
    evaluators: Callable[[Ask], Evaluator] | None = None,
    # told of the evaluations under way, for a backend that has other means to end them than the whole worker
    in_flight: InFlight | None = None,
) -> None:
    """Build the optimizer, run its `minimize`, and report its end; never raises an Exception.

    One that has a record is recovered, see :mod:`glompo.worker.recovery`.
    """
    in_flight = in_flight or InFlight()
    attempt: Attempt | None = None
    task: ManagedFunction | None = None
    mailbox.belong()
    if launch_request.rests:
        mailbox.rest_on()
    with ExitStack() as own:
        try:
            context = launch_request.context
            space = Space(context.bounds, launch_request.cls.scaler or context.scaler, context.integrality)
            computes = _Evaluators(launch_request, own, in_flight, evaluators)
            steps, ready, ended = recovery_steps(launch_request, mailbox), False, None
            while ended is None:
                attempt = Attempt(steps.pop(0), launch_request, mailbox, space)
                try:
                    optimizer = attempt.optimizer()
                    task = _task(computes, mailbox, space, launch_request, attempt.replay, optimizer.is_log_detailed)
                    if not ready:
                        mailbox.post(Started(AT, OPT, worker))
                        ready = True
                    ended = attempt.search(optimizer, task)
                except DivergedError as error:
                    if task is not None:  # threads of this search may live on, and must not call for the next one
                        task.shut()
                    _tell(mailbox, attempt.way, error, steps)
                    if not steps:
                        raise
        except (Refused, TaskContractError) as error:
            ended = Stopped(AT, OPT, Ending.REFUSED, attempt is not None and attempt.link.said_converged, str(error))
        except Cut as cut:
            ended = Stopped(AT, OPT, Ending.CUT, attempt is not None and attempt.link.said_converged, str(cut))
        except BaseException as error:  # also SystemExit and KeyboardInterrupt: the engine must hear of whatever it is
            mailbox.post(Noted(AT, OPT, traceback.format_exc()))
            said = attempt is not None and attempt.link.said_converged
            ended = Stopped(AT, OPT, Ending.RAISED, said, error_text(error))
        # no evaluation may be recorded behind the last message, and the evaluators are closed right after this block
        mailbox.shut()
        if task is not None:
            task.shut()
            task.drain()
    mailbox.last(ended)


def _tell(mailbox: Mailbox, way: str, error: DivergedError, steps: list[RecoveryStep]) -> None:
    mailbox.post(Diverged(AT, OPT, way, error.at_k, error.distance, str(error), steps[0].way if steps else ""))


class _Evaluators:
    """What computes the task for one optimizer, by what is asked for; built when that is first needed."""

    def __init__(
        self,
        launch_request: LaunchRequest,
        own: ExitStack,
        in_flight: InFlight,
        builds: Callable[[Ask], Evaluator] | None,
    ) -> None:
        self._launch_request = launch_request
        self._own = own
        self._in_flight = in_flight
        self._builds = builds or self._built
        self._prints_to = present_place()  # of this thread; the optimizer may call from others
        self._made: dict[Ask, Evaluator] = {}

    def __call__(self, ask: Ask) -> Evaluator:
        """Return the evaluator, the same each time."""
        if ask not in self._made:
            shared = self._launch_request.context.evaluator
            made = self._in_flight.tracked(self._builds(ask) if shared is None else shared.asking(ask))
            self._made[ask] = PrintingEvaluator(made, self._prints_to) if self._prints_to else made
        return self._made[ask]

    def _built(self, ask: Ask) -> Evaluator:
        """Return an evaluator of this optimizer's own, which ends with it."""
        launch_request = self._launch_request
        if launch_request.context.plan is None:
            built: Evaluator = InlineEvaluator(here(launch_request.context.task), ask, launch_request.slots)
        else:
            built = launch_request.context.plan.build(launch_request.context.task, launch_request.slots, ask)
        self._own.callback(built.close)
        return built


def _task(
    computes: _Evaluators,
    mailbox: Mailbox,
    space: Space,
    launch_request: LaunchRequest,
    replay: Replay | None,
    logged: bool,
) -> ManagedFunction:
    """Return the task for an optimizer.

    Raises
    ------
    TaskContractError
        If what the task says of its extras cannot be meant.
    """
    itself = here(launch_request.context.task)
    try:
        details, offered = details_of(itself), offers_details(itself)
    except UserError as error:
        raise TaskContractError(str(error)) from error
    if logged and not offered:
        name = launch_request.cls.__name__
        raise TaskContractError(f"is_log_detailed of {name} is set, but the task has no detailed_call(x)")
    computes(Ask.DETAILS if logged else Ask.VALUE)  # so that one that cannot be built is known before the search
    cls = DetailedManagedFunction if offered else ManagedFunction
    return cls(computes, mailbox, space, launch_request, replay, details, logged, lambda: details_of(itself).names)
