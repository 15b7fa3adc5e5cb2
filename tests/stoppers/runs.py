"""Random histories of whole runs, for promises that hold whatever has happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from glompo.events import Paused, PauseRequested
from glompo.events.verdict import Verdict
from glompo.function import Status
from glompo.testing.histories import History, history

SLOTS = 12
BOX = [(-5.0, 5.0), (0.0, 1.0), (2.0, 2.0)]  # the last one is fixed


Kinds = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Part:
    """One optimizer: `n` values that fall from `level + height` to `level`, around `centre`."""

    kind: int
    n: int
    level: int
    height: int
    rate: float
    noise: int
    centre: float
    end: str


@dataclass(frozen=True)
class Story:
    """A run: its optimizers in the order in which they start."""

    parts: tuple[Part, ...]
    seed: int

    def told(self, kinds: Kinds, scale: float = 1.0, offset: float = 0.0) -> History:
        """Return the run, each value times `scale` plus `offset`."""
        *_, run = self.stages(kinds, scale, offset)
        return run

    def stages(self, kinds: Kinds, scale: float = 1.0, offset: float = 0.0) -> Iterator[History]:
        """Yield the same run again and again, as it begins and with one optimizer more each time."""
        run = history(BOX, slots=SLOTS, seed=self.seed)
        yield run
        for i, part in enumerate(self.parts):
            kind, config = kinds[part.kind % len(kinds)]
            opt = run.start(kind, config=config)
            rng = np.random.default_rng([self.seed, i])
            if part.n:
                self._evaluate(run, opt, part, rng, scale, offset)
            self._end(run, opt, part.end)
            yield run

    def _evaluate(
        self, run: History, opt: int, part: Part, rng: np.random.Generator, scale: float, offset: float
    ) -> None:
        falling = part.rate ** np.arange(part.n)
        values = np.round(part.level + part.height * falling + part.noise * rng.standard_normal(part.n))
        X = part.centre + 0.3 * falling[:, None] * rng.standard_normal((part.n, 2))
        X = np.column_stack([(-5 + 10 * X[:, 0]).clip(-5, 5), X[:, 1].clip(0, 1), np.full(part.n, 2.0)])
        status = np.where(rng.random(part.n) < 0.03, Status.FAILED, Status.OK)
        run.evaluate(opt, np.where(status == Status.OK, scale * values + offset, np.inf), X, status=status.tolist())

    def _end(self, run: History, opt: int, end: str) -> None:
        if end == "converges":
            run.converge(opt)
        elif end == "stops":
            run.stop(opt)
        elif end == "crashes":
            run.crash(opt)
        elif end == "rests":
            run.happen(PauseRequested(run.now, opt, "freezer", Verdict(True, "by hand")))
            run.happen(Paused(run.now, opt, len(run.view()[opt])))


parts = st.builds(
    Part,
    kind=st.integers(0, 5),
    n=st.sampled_from([0, 3, 60, 200, 450]),
    level=st.integers(-20, 60),
    height=st.sampled_from([0, 10, 1000]),
    rate=st.sampled_from([0.9, 0.98, 0.995, 1.0]),
    noise=st.sampled_from([0, 1, 20]),
    centre=st.sampled_from([0.2, 0.5, 0.51, 0.8]),
    end=st.sampled_from(["lives", "lives", "converges", "stops", "crashes", "rests"]),
)
stories = st.builds(Story, st.lists(parts, min_size=1, max_size=SLOTS).map(tuple), st.integers(0, 2**16))
powers = st.integers(-20, 20)
offsets = st.integers(-(2**20), 2**20)
# powers of two and whole numbers are exact, so that no rounding can tip a balance

CMA = ("CMAOptimizer", {})
KINDS = (CMA, ("CMAOptimizer", {"popsize": 12, "sigma0": 0.2}), ("Scipy", {"method": "L-BFGS-B"}))
