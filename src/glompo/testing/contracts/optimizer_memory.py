"""Checks of an optimizer: what it repeats, and what it keeps."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Option
from glompo.optimizer import BaseOptimizer
from glompo.selectors.base import option_of
from glompo.testing.contracts.base import demand, global_draws, global_random_state
from glompo.testing.contracts.bench import BenchLink, Enough, by_name, link_arguments
from glompo.testing.contracts.optimizer_trial import OptimizerTrial, capabilities_of
from glompo.testing.contracts.probes import SUBJECT
from glompo.testing.scripted import ScriptedOptimizer
from glompo.worker.optimizer_adapter import build


@dataclass(frozen=True, slots=True)
class _Saved:
    """What came of saving an optimizer after some evaluations: its incumbent, what was loaded, and all its points."""

    after: int
    incumbent: dict[str, Any]
    loaded: BaseOptimizer
    points: list[NDArray[np.float64]]


class MemoryChecks(OptimizerTrial):
    """It does the same again from the same seed, and from what it saved."""

    def test_the_same_seed_gives_the_same_points(self, optimizer: Any) -> None:
        """Two runs with one seed are equal to the last bit."""
        self._skip_unless_deterministic()
        once, again = self._path(optimizer), self._path(optimizer)
        demand(_equal(once, again), f"{_difference(once, again)}; draw all random numbers from self.rng")

    def test_random_numbers_drawn_elsewhere_change_nothing(self, optimizer: Any) -> None:
        """Another optimizer that uses the global random states meanwhile makes no difference."""
        self._skip_unless_deterministic()
        with global_random_state(1):
            alone = self._path(optimizer)
        with global_random_state(2):
            disturbed = self._path(optimizer, ScriptedOptimizer(_global_draws))
        n = min(len(alone), len(disturbed))
        demand(
            n and _equal(alone[:n], disturbed[:n]),
            f"{_difference(alone, disturbed)} when other code draws random numbers; draw them from self.rng, never "
            "from numpy.random or random",
        )

    def test_it_leaves_the_global_random_states_alone(self, optimizer: Any) -> None:
        """Those of numpy and of Python are after a run what they were before."""
        with global_random_state(3):
            expected = global_draws()
        with global_random_state(3):
            self._path(optimizer)
            drawn = global_draws()
        demand(drawn == expected, "it used numpy.random or random, which all optimizers share; use self.rng")

    def test_it_can_be_saved_and_loaded(self, optimizer: Any) -> None:
        """At any evaluation `checkpoint_save` writes what `checkpoint_load` makes an instance of."""
        option = option_of(optimizer)
        for saved in self._savings(option):
            one, expected, found = saved.loaded, saved.incumbent, saved.loaded.incumbent
            demand(isinstance(one, option.cls), f"checkpoint_load returned {type(one).__name__}")
            demand(one.is_restart, "is_restart of a loaded optimizer is not true; let checkpoint_load call super()")
            demand(
                found["fx"] == expected["fx"] and _equal(found["x"], expected["x"]),
                f"saved after {saved.after} evaluations, its incumbent was {expected}; loaded, it is {found}",
            )

    def test_after_loading_it_goes_on_as_if_nothing_had_happened(self, optimizer: Any) -> None:
        """With `goes_on`, or the capability `resumes`, a loaded instance asks for the points that would have come."""
        option = option_of(optimizer)
        if not (self.goes_on or capabilities_of(option.cls(*option.args, **option.kwargs)).resumes):
            raise SkipTest("it does not promise that (goes_on, or the capability resumes)")
        for saved in self._savings(option):
            bench = self.bench(option)
            self.soon(partial(bench.search, saved.loaded))
            left, came = np.array(saved.points[saved.after :]), np.array(bench.points)
            n = min(len(left), len(came))
            demand(
                (n or not len(left)) and _equal(left[:n], came[:n]),
                f"saved after {saved.after} evaluations, {_difference(left, came)} after loading",
            )

    def _savings(self, option: Option) -> list[_Saved]:
        """Return what came of saving it after one evaluation and at random others, the same ones each time."""
        places = [1, *np.random.default_rng(self.dims).integers(2, self.evaluations // 2, size=3).tolist()]
        found = [saved for after in places if (saved := self._saved(option, after)) is not None]
        if not found:
            raise SkipTest("it did not look at its messages, so it cannot be asked to save itself")
        return found

    def _saved(self, option: Option, wanted: int) -> _Saved | None:
        """Return what came of saving it at the first look at its messages after `wanted` evaluations."""
        bench = self.bench(option)
        at: list[tuple[int, dict[str, Any]]] = []
        with TemporaryDirectory(prefix="glompo-contract-") as folder:
            path = Path(folder, "optimizer")

            def save(one: BaseOptimizer) -> None:
                if len(bench.points) >= wanted and not at:
                    at.append((len(bench.points), dict(one.incumbent)))
                    one.checkpoint_save(path)

            made = build(option.cls, option.args, option.kwargs, link_arguments(BenchLink(_rng(), save)))
            with suppress(Enough):  # that it does not end is a matter of another check
                self.soon(partial(bench.search, made))
            if not at:
                return None
            demand(path.exists(), "checkpoint_save(path) wrote no file at path")
            cls: Any = option.cls
            loaded = cls.checkpoint_load(path, **by_name(option))
        return _Saved(at[0][0], at[0][1], loaded, bench.points)

    def _skip_unless_deterministic(self) -> None:
        if not self.deterministic:
            raise SkipTest("it does not promise that (deterministic)")

    def _path(self, optimizer: Any, *partners: Any) -> NDArray[np.float64]:
        """Return the points that it evaluated, shape (n, d)."""
        option = option_of(optimizer)
        budget = self.evaluations * (1 + len(partners))
        run = self.tried(option, self.bowl(), *partners, evaluations=budget)
        return np.array(run.view[SUBJECT].trajectory.X)


def _global_draws(x0: Any, bounds: Any, rng: np.random.Generator) -> Any:
    while True:
        global_draws()
        yield x0


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _equal(one: Any, other: Any) -> bool:
    return bool(np.array_equal(np.asarray(one), np.asarray(other), equal_nan=False))


def _difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> str:
    """Say where two paths part."""
    n = min(len(one), len(other))
    parted = np.flatnonzero((one[:n] != other[:n]).any(axis=1)) if n else np.empty(0, int)
    if parted.size:
        k = int(parted[0])
        return f"evaluation {k} was at {one[k]} and is at {other[k]}"
    return f"there were {len(one)} evaluations and are {len(other)}"
