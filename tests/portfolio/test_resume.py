"""A run with a portfolio that ends before its time, and goes on."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import glompo
from glompo.events import Evaluated, Recovered, SessionOpened, StartRequested
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.portfolio import Portfolio, Regime
from glompo.problems import Rastrigin
from glompo.read import load
from glompo.selectors import BIPOPSelector
from glompo.storage.reader import read_events
from glompo.testing import trace_of

BOX = [(-5.0, 5.0)] * 3
BUDGET = 200


def portfolio() -> Portfolio:
    base = BIPOPSelector(CMAOptimizer(surrogate=True, cma_options={"maxfevals": 40}))
    return Portfolio(
        Regime("base", base, 0.6, success=1.0),
        Regime("local", Scipy("L-BFGS-B"), 0.2),
        Regime("draws", RandomSampling, 0.2),
    )


def run(name: str, budget: int = BUDGET, **settings: Any) -> Any:
    usual = {"opt_selector": portfolio(), "max_jobs": 3, "rng": 3, "deterministic": True, "resume": "auto"}
    return glompo.minimize(
        Rastrigin(3), BOX, max_evaluations=budget, working_dir=name, resume_task="changed", **{**usual, **settings}
    )


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the directory of a run that was not interrupted."""
    name = str(tmp_path_factory.mktemp("whole") / "run")
    run(name)
    return name


def requests(name: str) -> list[tuple[Any, ...]]:
    return [
        (one.opt, one.kind, one.regime, one.shared, one.slots, one.x0.tolist(), dict(one.config))
        for one in read_events(Path(name))
        if isinstance(one, StartRequested)
    ]


def test_two_runs_in_deterministic_mode_tell_the_same_story(whole: str) -> None:
    run("again")
    assert trace_of(read_events(Path("again"))).difference(trace_of(read_events(Path(whole)))) == ""


SCRIPT = """
import os, sys
sys.path.insert(0, {root!r})
import glompo
from glompo.problems import Rastrigin
from tests.portfolio.test_resume import BOX, portfolio
inner = Rastrigin(3)
def deadly(x):
    with open("calls", "ab", buffering=0) as calls:
        calls.write(b".")
        if calls.tell() == {at}:
            os.kill(os.getpid(), {by})
    return inner(x)
glompo.minimize(deadly, BOX, opt_selector=portfolio(), max_evaluations={budget}, max_jobs=3, rng=3, deterministic=True,
    resume="auto", resume_task="changed", working_dir="run")
"""


def test_a_killed_run_goes_on_as_if_nothing_had_happened(whole: str) -> None:
    root = str(Path(__file__).parents[2])
    script = SCRIPT.format(root=root, at=120, by=int(signal.SIGKILL), budget=BUDGET)
    ended = subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL)
    assert ended.returncode == -signal.SIGKILL
    result = run("run")
    assert result.nfev == BUDGET
    assert trace_of(read_events(Path("run"))).difference(trace_of(read_events(Path(whole)))) == ""
    assert requests("run") == requests(whole)
    assert {row.regime for row in result.optimizers} == {"base", "local", "draws"}
    events = list(read_events(Path("run")))
    assert sum(isinstance(event, SessionOpened) for event in events) == 2
    assert any(isinstance(event, Recovered) for event in events)


def test_a_run_with_more_slots_than_before_goes_on_with_its_optimizers() -> None:
    first = run("run", 120, deterministic=False)
    alive = {row.opt_id for row in first.optimizers if row.regime == "draws"}
    second = run("run", 240, deterministic=False, max_jobs=5)
    assert second.nfev == 240
    drawing = [row.opt_id for row in second.optimizers if row.regime == "draws"]
    assert set(drawing) == alive
    assert all(one[3] for one in requests("run"))


def test_labels_and_shares_are_read_back_from_the_journal() -> None:
    result = run("run", 150)
    history = load("run")
    spent: dict[str, int] = {}
    for row in result.optimizers:
        spent[row.regime] = spent.get(row.regime, 0) + row.evaluations
    assert sum(spent.values()) == 150
    assert {one.regime for one in history.view} == set(spent)
    assert sum(len(event.f) for event in read_events(Path("run")) if isinstance(event, Evaluated)) == 150
