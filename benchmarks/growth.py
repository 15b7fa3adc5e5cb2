"""What the engine does for one slow evaluation, by the number of optimizers that live.

Usage: ``python benchmarks/growth.py [K ...]``. Optimizers are played by a backend without threads: each evaluation
arrives alone, as it does from a slow task, and is answered with a credit for the next. Journal, default policies
without a stopper, and the loop are real. The CPU time of the starts is told apart, per start. The baseline, in the same
run, asks about all that live after each start, as an earlier version did; it is left out for more than 3,000, where it
takes minutes. The load is told.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np

from glompo.backends.protocol import Capabilities
from glompo.core.streams import Streams
from glompo.engine.dispatch import Job
from glompo.engine.loop import Engine
from glompo.engine.session import open_run
from glompo.events import Evaluated, Granted, Started, Stopped, StopRequested
from glompo.events.enums import Ending
from glompo.manager.wiring import policies_of
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector
from glompo.settings import RunSpec
from glompo.storage.inbox import Inbox
from glompo.testing.memory_log import MemoryCheckpoints
from glompo.wire.launch_request import LaunchRequest, RunContext
from glompo.wire.messages import AT, DOWN, OPT, UP

DIMS = 10
EVALUATIONS = 3000
MOST_BEFORE = 3000
SECONDS = 10.0
"""What each evaluation says that it took."""


class Enough(Exception):
    """All that is measured has been done."""


class Played:
    """A backend whose optimizers are played: one message at a time, and none before the engine waits."""

    capabilities = Capabilities()

    def __init__(self, living: int) -> None:
        self._living = living
        self._said: deque[tuple[int, bytes]] = deque()
        self._made: dict[int, int] = {}
        rng = np.random.default_rng(1)
        longest = 2 + math.ceil(EVALUATIONS / living) if living > 1 else 10 + 2 * EVALUATIONS
        self._messages = [_evaluation(k, rng) for k in range(longest)]  # in a run, workers make these
        self.marks: list[tuple[int, float]] = []
        self._evaluations = 0

    def launch(self, launch_request: LaunchRequest) -> None:
        self._made[launch_request.opt] = 0
        self._said.append((launch_request.opt, UP.encode(Started(AT, OPT, "played"))))

    def send(self, opt: int, message: bytes) -> None:
        event = DOWN.decode(message)
        if isinstance(event, Granted):
            for _ in range(event.n):
                self._said.append((opt, b""))
        elif isinstance(event, StopRequested):
            self._said.append((opt, UP.encode(Stopped(AT, OPT, Ending.RETURNED, False, ""))))

    def receive(self, timeout: float | None) -> list[tuple[int, bytes]]:
        if not self._said:
            raise RuntimeError("every optimizer waits")
        if self._evaluations > EVALUATIONS:
            raise Enough
        opt, message = self._said.popleft()
        if message:
            return [(opt, message)]
        if len(self._made) == self._living:
            if self._evaluations % 100 == 0:
                self.marks.append((self._evaluations, time.process_time()))
            self._evaluations += 1
        self._made[opt] += 1
        return [(opt, self._messages[self._made[opt] - 1])]

    def wake(self) -> None:
        pass

    def end(self, opt: int, force: bool) -> None:
        pass

    def close(self, timeout: float) -> list[int]:
        return []


def _evaluation(k: int, rng: np.random.Generator) -> bytes:
    columns = np.array([1.0 + rng.random()]), np.zeros(1, np.uint8), np.full(1, SECONDS, np.float32)
    return UP.encode(Evaluated(AT, OPT, k, rng.uniform(-5, 5, (1, DIMS)), *columns, np.zeros(1, np.float32)))


class Before(Engine):
    """Looks at all optimizers again for as long as there is something to decide."""

    def _ask(self, before):
        changed = self._changed
        intents = super()._ask(before)
        if changed is None and intents:
            self._changed = None
        return intents


def measured(living: int, kind: type[Engine] = Engine) -> tuple[float, float]:
    """Return the CPU seconds per start and per evaluation."""
    with tempfile.TemporaryDirectory() as folder:
        spec = RunSpec.of(
            {
                "task": lambda x: 0.0,
                "bounds": [(-5.0, 5.0)] * DIMS,
                "opt_selector": CycleSelector(RandomSampling),
                "max_evaluations": 10 * living + 2 * EVALUATIONS,
                "max_jobs": living,
                "rng": 1,
                "stoppers": (),
                "working_dir": Path(folder, "run"),
            }
        )
        policies, backend = policies_of(spec), Played(living)
        session = open_run(spec)
        context = RunContext(lambda x: 0.0, spec.bounds)
        job = Job(context, Streams(session.entropy), MemoryCheckpoints(), spec.opt_selector.options)
        engine = kind(session.state, session.record, backend, session.clock, policies, job, Inbox.open(session.run_dir))
        begin = time.process_time()
        with suppress(Enough):
            engine.run()
    marks = [mark for mark in backend.marks if mark[0] <= EVALUATIONS]
    steps = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(marks))
    return (marks[0][1] - begin) / living, steps[len(steps) // 2]


def main() -> None:
    """Print a table in Markdown."""
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print("| optimizers | CPU per start before (µs) | now | CPU per evaluation before (µs) | now |")
    print("|---:|---:|---:|---:|---:|")
    for living in map(int, sys.argv[1:] or ["1", "1000", "10000"]):
        before = measured(living, Before) if living <= MOST_BEFORE else (math.nan, math.nan)
        now = measured(living)
        told = " | ".join(f"{figure * 1e6:,.0f}" for pair in zip(before, now, strict=True) for figure in pair)
        print(f"| {living:,} | {told} |", flush=True)


if __name__ == "__main__":
    main()
