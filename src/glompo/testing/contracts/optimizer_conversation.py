"""Checks of an optimizer: how it talks with its manager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray

from glompo.events import (
    Evaluated,
    Event,
    IncumbentTaken,
    Noted,
    Paused,
    PauseRequested,
    Resumed,
    ResumeRequested,
    Stopped,
    StopRequested,
)
from glompo.optimizer import BaseOptimizer
from glompo.selectors.base import option_of
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.bench import BenchLink, link_arguments, space_of
from glompo.testing.contracts.optimizer_trial import OptimizerTrial, begun_after, first
from glompo.testing.contracts.probes import SUBJECT, AllAtOnce, RestOnce, StopAfter
from glompo.testing.scripted import ScriptedOptimizer
from glompo.testing.spy import Witness, watched
from glompo.worker.optimizer_adapter import INJECT, NOTE, PAUSED, build

PLACES = (1, 8, 40)
"""Evaluations after which an optimizer is asked to stop."""

QUICK = 0.01
"""Virtual seconds of an evaluation: several fit between two reports."""

UNKNOWN = 77
"""A key of a message that has no meaning."""

ENDED_BY_ITSELF = ("converged", "exhausted")
"""How one may end that is given nothing to do with the question."""


class ConversationChecks(OptimizerTrial):
    """It is built, stopped, paused and told things by its manager, and tells it things."""

    def test_a_manager_can_construct_it(self, optimizer: Any) -> None:
        """In the seed's spelling or the earlier one, the manager's arguments reach BaseOptimizer."""
        option = option_of(optimizer)
        link = BenchLink(np.random.default_rng(0))
        made = build(option.cls, option.args, option.kwargs, {**link_arguments(link), "_is_log_detailed": True})
        demand(made.opt_id == 7, f"its opt_id is {made.opt_id}, the manager gave 7; pass it on to super().__init__")
        demand(made.is_log_detailed, "its is_log_detailed is false, the manager gave true")
        demand(made.rng is link.rng, "its rng is not the stream that the manager gave it; leave self.rng as it is")
        demand(not made.is_restart, "its is_restart is true although it was not loaded")
        demand(
            set(made.incumbent) >= {"x", "fx"}, f"its incumbent is {made.incumbent}; keep a dictionary with x and fx"
        )
        demand(
            made.logger.name == "glompo.optimizers.opt7",
            f"its logger is {made.logger.name}; leave self.logger as it is",
        )

    def test_it_announces_that_it_converged(self, optimizer: Any) -> None:
        """If it returns by itself, it has sent message 0, or says that it had no success."""
        run = self.tried(option_of(optimizer), self.bowl(), evaluations=20 * self.evaluations, seconds=QUICK)
        ended = first(run.events, Stopped)
        if first(run.events, StopRequested) is not None:
            raise SkipTest(f"it did not end by itself within {20 * self.evaluations} evaluations")
        demand(
            ended.said_converged or ended.gave_up,
            "it returned without a word; call self.message_manager(0) before returning, or return "
            "MinimizeResult(success=False) if it only ran out of its own iterations",
        )

    def test_it_stops_within_one_evaluation(self, optimizer: Any) -> None:
        """After the request to stop it begins no further evaluation, whether it returns or is cut."""
        option = option_of(optimizer)
        asked = [self._stopped(option, after) for after in PLACES]
        if not any(asked):
            raise SkipTest("it ended before it could be asked to stop")

    def test_it_is_cut_when_it_hears_nothing(self, optimizer: Any) -> None:
        """If `check_messages` tells it nothing, an exception raised inside the function unwinds its loop."""
        if not self._stopped(watched(option_of(optimizer), Witness(), deaf=True), PLACES[1]):
            raise SkipTest("it ended before it could be asked to stop")

    def _stopped(self, option: Any, after: int) -> bool:
        """Return whether it was asked to stop; raise AssertionError if it went on."""
        stopping: dict[str, Any] = {"stoppers": StopAfter(after), "stopper_interval": 1, "stop_best": True}
        run = self.tried(option, self.bowl(), **stopping, seconds=QUICK, allocator=AllAtOnce())
        request = first(run.events, StopRequested)
        if request is None or request.by != "stopper":
            return False
        late = begun_after(run.view[SUBJECT], request.at)
        demand(late == 0, f"asked to stop after {after} evaluations, it began {late} more")
        return True

    def test_it_rests_and_goes_on(self, optimizer: Any) -> None:
        """Paused, it evaluates nothing; resumed, it goes on."""
        after = 10
        run = self.tried(
            option_of(optimizer),
            self.bowl(),
            _standing_still(),
            evaluations=2 * self.evaluations,
            freezer=RestOnce(after, self.evaluations // 2),
            stopper_interval=1,
        )
        paused, woken = first(run.events, Paused), first(run.events, ResumeRequested)
        if first(run.events, PauseRequested) is None or (run.view[SUBJECT].how in ENDED_BY_ITSELF and paused is None):
            raise SkipTest("it ended before it could rest")
        demand(paused is not None, "asked to rest, it never did; call self._pause_signal.wait() in each iteration")
        demand(woken is not None, "it rested and ended without being resumed")
        began, ended = (next(i for i, event in enumerate(run.events) if event is one) for one in (paused, woken))
        evaluated = sum(len(event.f) for event in _evaluated(run.events[began:ended]))
        demand(evaluated == 0, f"it made {evaluated} evaluations while it was paused")
        demand(first(run.events, Resumed) is not None, "it was resumed and did not say that it goes on")
        went_on = (
            any(event.at > woken.at for event in _evaluated(run.events)) or run.view[SUBJECT].how in ENDED_BY_ITSELF
        )
        demand(went_on, "it did not go on after it was resumed")

    def test_a_better_point_reaches_it(self, optimizer: Any) -> None:
        """A point that another optimizer found is given to `inject` and becomes its incumbent."""
        bowl, witness = self.bowl(), Witness()
        option = watched(option_of(optimizer), witness)
        partner = ScriptedOptimizer(lambda x0, bounds, rng: _always(bowl.minimum))
        run = self.tried(option, bowl, partner, evaluations=2 * self.evaluations, share=True)
        if first(run.events, IncumbentTaken) is None:
            demand(
                run.view[SUBJECT].how in ENDED_BY_ITSELF or witness.keys,
                "it never took the better point; call self.check_messages() in each iteration",
            )
            raise SkipTest("it ended before it could take a better point")
        x, fx, incumbent = witness.injected[0]
        seen = space_of(option, bowl).seen(bowl.minimum)
        demand(np.allclose(x, seen), f"inject got {x} instead of {seen}")
        demand(fx == bowl(bowl.minimum), f"inject got fx = {fx}")
        demand(
            incumbent["fx"] <= fx and np.allclose(incumbent["x"], seen),
            f"after inject its incumbent is {incumbent}; let inject call super().inject(x, fx)",
        )
        demand(
            INJECT in witness.keys, f"check_messages returned {witness.keys}, not the key {INJECT} of a better point"
        )

    def test_its_messages_reach_the_log(self, optimizer: Any) -> None:
        """Message 9 is a line of its log; a key without a meaning raises."""
        refused: list[Exception] = []

        def speak(one: BaseOptimizer) -> None:
            one.message_manager(NOTE, "a line for a test")
            one.message_manager(PAUSED)
            try:
                one.message_manager(UNKNOWN)
            except Exception as error:
                refused.append(error)

        run = self.tried(watched(option_of(optimizer), Witness(), speak), self.bowl())
        lines = [event.text for event in run.events if isinstance(event, Noted) and event.opt == SUBJECT]
        demand("a line for a test" in lines, f"message {NOTE} is not in its log: {lines}")
        demand(refused, f"message_manager({UNKNOWN}) was accepted; do not override message_manager")


def _evaluated(events: tuple[Event, ...]) -> Iterator[Evaluated]:
    """Yield the evaluations of the optimizer under test."""
    return (event for event in events if isinstance(event, Evaluated) and event.opt == SUBJECT)


def _always(x: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    while True:
        yield x


def _standing_still() -> ScriptedOptimizer:
    """Return an optimizer that evaluates its start for ever."""
    return ScriptedOptimizer(lambda x0, bounds, rng: _always(np.array(x0)))
