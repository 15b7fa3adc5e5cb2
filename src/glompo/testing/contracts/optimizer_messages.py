"""Checks of an optimizer: whether it takes part in the conversation, or is only held and cut inside the function.

A run obeys without its help: it gets no more evaluations, and is unwound inside the function. But one that never looks
up is told nothing, so these checks look at the search from inside, without a run.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from unittest import SkipTest

import numpy as np

from glompo.optimizer import BaseOptimizer, OpenGate
from glompo.selectors.base import option_of
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.bench import Bench, BenchLink, Enough, link_arguments
from glompo.testing.contracts.optimizer_trial import OptimizerTrial
from glompo.worker.optimizer_adapter import build

EARLY = 10
"""Evaluations after which a search is asked to stop, early."""


class _Gate(OpenGate):
    """The pause signal, which is never closed, and what was evaluated at each look at it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.visits: list[int] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note the visit."""
        self.visits.append(len(self._bench.points))
        return True

    def is_set(self) -> bool:
        """Note the visit."""
        return self.wait()


class HearingChecks(OptimizerTrial):
    """It looks at its messages and at the pause signal, and does what `callstop` says."""

    def test_it_looks_at_its_messages(self, optimizer: Any) -> None:
        """It calls `check_messages` again and again, at least once in `grace` evaluations."""
        visits, n, _ = self._watched(optimizer)
        loses = "it is cut instead of stopped, takes no better points and cannot be saved"
        remedy = "call self.check_messages() in each iteration; a blocking function belongs into FunctionOptimizer"
        self._demand_often("called check_messages", visits, n, f"{loses}; {remedy}")

    def test_it_looks_at_the_pause_signal(self, optimizer: Any) -> None:
        """It calls `_pause_signal.wait()` again and again, at least once in `grace` evaluations."""
        _, n, waits = self._watched(optimizer)
        loses = "it rests at its next evaluation only, and works on until then"
        self._demand_often(
            "waited at its pause signal", waits, n, f"{loses}; call self._pause_signal.wait() in each iteration"
        )

    def test_it_ends_after_callstop(self, optimizer: Any) -> None:
        """A search that was told to stop makes fewer evaluations than one that was not."""
        _, alone, _ = self._watched(optimizer)
        _, told, _ = self._watched(optimizer, stop_after := min(EARLY, alone // 3))
        late = told - max(stop_after, 1)
        demand(
            not (told == alone and late > 1),
            f"callstop was called after {stop_after} evaluations and made no difference: it made {late} more, as many "
            "as without; let callstop set a flag that the loop looks at",
        )

    def _demand_often(self, what: str, visits: list[int], n: int, else_: str) -> None:
        if n < 2:
            raise SkipTest("it ended after one evaluation")
        demand(visits, f"it never {what} in {n} evaluations: {else_}")
        gap = int(np.diff([0, *visits, n]).max())
        demand(gap <= self.grace, f"it {what} only after {gap} evaluations: {else_}")

    def _watched(self, optimizer: Any, stop_after: int | None = None) -> tuple[list[int], int, list[int]]:
        """Run one search; return what was evaluated at each look at its messages, in all, and at each wait."""
        option = option_of(optimizer)
        bench, looks = self.bench(option), list[int]()

        def act(one: BaseOptimizer) -> None:
            due = stop_after is not None and (not looks or looks[-1] < stop_after)
            looks.append(len(bench.points))
            if due and looks[-1] >= (stop_after or 0):
                one.callstop("enough for a test")

        gate, link = _Gate(bench), BenchLink(np.random.default_rng(0), act)
        arguments = {**link_arguments(link, workers=option.slots), "_pause_flag": gate}
        one = build(option.cls, option.args, option.kwargs, arguments)
        with suppress(Enough):  # another check says that
            self.soon(lambda: bench.search(one))
        return looks, len(bench.points), gate.visits
