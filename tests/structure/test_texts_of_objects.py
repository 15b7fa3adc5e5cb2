"""What is typed into a session answers with what it is, never with an address."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

import numpy as np
import pytest

import glompo
from glompo.box import Box
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.portfolio import Portfolio, Regime
from glompo.problems import Rastrigin
from glompo.read import Follower, load
from glompo.selectors import CycleSelector
from glompo.stoppers import CatchUp, MaxFuncCalls

PACKAGES = (
    "allocators", "ask_tell", "exit_conditions", "freezers", "generators", "manager", "optimizers", "portfolio",
    "problems", "read", "selectors", "stoppers",
)  # fmt: skip


def public_classes() -> Iterator[type]:
    for name in PACKAGES:
        package = importlib.import_module(f"glompo.{name}")
        for item in package.__all__:
            if inspect.isclass(thing := getattr(package, item)) and not inspect.isabstract(thing):
                yield thing


@pytest.mark.parametrize("cls", list(public_classes()), ids=lambda cls: cls.__name__)
def test_each_public_class_has_a_text_of_its_own(cls):
    assert cls.__repr__ is not object.__repr__


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shown") / "run"
    task = Rastrigin(dims=2)
    glompo.minimize(
        task, task.bounds, optimizers=CMAOptimizer, max_evaluations=60, max_jobs=1, rng=1, working_dir=folder
    )
    return folder


def test_what_load_returns_says_which_run_it_is_and_how_it_stands(run_dir):
    history = load(run_dir)
    best = f"best {history.result.fx:.8g}"
    assert repr(history) == (
        f"<run of Rastrigin in {run_dir}: finished, 60 evaluations of {history.view.n_started} optimizers, {best}>"
    )
    assert repr(history.view).endswith(f"60 evaluations of {history.view.n_started} optimizers, {best}>")
    assert repr(history.view[1]).startswith("<optimizer 1, CMAOptimizer: ended, ")
    assert "columns X, f, best_f" in repr(history.view[1].trajectory)
    assert repr(Follower(run_dir)) == f"<follower of the run in {run_dir}: 0 evaluations so far>"


def test_an_optimizer_is_shown_as_the_call_that_builds_it_without_what_a_manager_fills_in():
    assert repr(Scipy(method="Nelder-Mead", workers=2)) == "Scipy(method='Nelder-Mead', workers=2)"
    assert repr(CMAOptimizer(_opt_id=3, signal_pipe=None)) == "CMAOptimizer()"
    assert len(repr(Scipy(method="COBYLA", options={"rhobeg": 10**500}))) < 200

    class Own(FunctionOptimizer):
        pass

    assert repr(Own(print)) == "Own(<built-in function print>)"


def test_combinations_portfolios_and_bounds_are_shown_with_their_parts():
    assert repr(CatchUp(kappa=1) | MaxFuncCalls(5)) == f"({CatchUp(kappa=1)} | MaxFuncCalls(max_pts=5))"
    text = repr(Portfolio(Regime("local", Scipy(method="COBYLA"), share=0.5)))
    assert text.startswith("Portfolio(Regime('local', ")
    assert repr(Box(np.array([(0.1, 10.0), (-1, 1)]), ("log", "none"))) == (
        "Box([(0.1, 10), (-1, 1)], scales=('log', 'none'))"
    )


def test_a_selector_of_many_optimizers_has_a_short_text():
    assert str(CycleSelector(*[RandomSampling] * 1000, CMAOptimizer)) == (
        "CycleSelector(1000 × RandomSampling, CMAOptimizer)"
    )


def test_a_manager_says_whether_it_has_been_set_up():
    manager = glompo.GloMPOManager()
    assert repr(manager) == "<GloMPOManager before setup>"
    manager.setup(lambda x: 0.0, [(0, 1)], CMAOptimizer)
    assert repr(manager) == "<GloMPOManager of CycleSelector(CMAOptimizer): not started>"
