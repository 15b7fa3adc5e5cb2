"""The parts of the example that need no run: the minimiser and the command line."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from glompo.problems import LennardJones

HERE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def fit() -> ModuleType:
    """The example, loaded as the module that it is when another program imports it."""
    spec = importlib.util.spec_from_file_location("lennard_jones_fit", HERE / "fit.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["lennard_jones_fit"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["lennard_jones_fit"]


class Counting:
    """A task that counts its evaluations and remembers whether one lay outside its bounds."""

    def __init__(self, n_atoms: int) -> None:
        self.task = LennardJones(n_atoms)
        self.calls = 0
        self.left_the_box = False

    def __call__(self, x: np.ndarray) -> float:
        self.calls += 1
        bounds = self.task.bounds
        self.left_the_box |= bool(((x < bounds[:, 0]) | (x > bounds[:, 1])).any())
        return self.task(x)


def start(task: LennardJones, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(task.bounds[:, 0], task.bounds[:, 1])


def test_hopping_finds_the_icosahedron(fit: ModuleType) -> None:
    for seed in range(10):  # which of them do depends on the rounding of the processor
        counted = Counting(13)
        minimiser = fit.Hopping(gradient=counted.task.gradient, hops=40)
        found = minimiser(counted, start(counted.task, seed), counted.task.bounds)
        assert counted.task(found.x) == found.fun
        assert counted.left_the_box is False
        if found.fun == pytest.approx(-44.326801, abs=1e-5):
            return
    raise AssertionError("none of 10 starts leads there")


def test_hopping_without_a_gradient_asks_only_for_values(fit: ModuleType) -> None:
    counted = Counting(4)
    found = fit.Hopping(hops=3)(counted, start(counted.task, 6), counted.task.bounds)
    assert found.fun == pytest.approx(-6.0, abs=1e-5)
    assert counted.calls > 13 * 4  # 4 descents with finite differences in 12 dimensions
    assert counted.left_the_box is False


def test_hopping_never_forgets_the_best(fit: ModuleType) -> None:
    task = LennardJones(7)
    values = [
        fit.Hopping(gradient=task.gradient, hops=hops)(task, start(task, 8), task.bounds).fun for hops in (0, 2, 4, 8)
    ]
    assert values == sorted(values, reverse=True)


def test_the_same_start_gives_the_same_search_and_another_start_another_one(fit: ModuleType) -> None:
    def visited(seed: int) -> list[float]:
        values: list[float] = []
        task = LennardJones(5)

        def f(x: np.ndarray) -> float:
            values.append(task(x))
            return values[-1]

        fit.Hopping(gradient=task.gradient, hops=3)(f, start(task, seed), task.bounds)
        return values

    assert visited(9) == visited(9)
    assert visited(9) != visited(10)


def test_hopping_stops_when_the_function_raises(fit: ModuleType) -> None:
    class EnoughError(Exception):
        pass

    calls = []

    def f(x: np.ndarray) -> float:
        if len(calls) == 500:
            raise EnoughError
        calls.append(1)
        return LennardJones(5)(x)

    task = LennardJones(5)
    with pytest.raises(EnoughError):
        fit.Hopping(gradient=task.gradient)(f, start(task, 11), task.bounds)


def test_the_minimiser_can_travel_to_another_process(fit: ModuleType) -> None:
    task = LennardJones(3)
    copy = pickle.loads(pickle.dumps(fit.Hopping(gradient=task.gradient, hops=2)))
    found, expected = (m(task, start(task, 12), task.bounds) for m in (copy, fit.Hopping(task.gradient, hops=2)))
    assert (found.x == expected.x).all()


def test_a_size_without_a_published_minimum_is_refused(fit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fit.parsed(["--atoms", "39"])
    assert "no published minimum is known here for 39 atoms" in capsys.readouterr().err


def test_the_defaults_look_for_thirteen_atoms_with_two_searchers(fit: ModuleType) -> None:
    options = fit.parsed([])
    assert (options.atoms, options.jobs, options.budget, options.black_box) == (13, 2, 200_000, False)
