"""In deterministic mode the same seed tells the same story wherever it is told, interrupted or not."""

import ast
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.allocators import EqualBlocks
from glompo.errors import StoreError
from glompo.events import Evaluated
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.generators import IncumbentGenerator
from glompo.optimizer import BaseOptimizer, MinimizeResult
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.stoppers import BestUnmoving, ValueAnnealing
from glompo.storage.reader import read_events
from glompo.testing import Kill, simulate, simulated_run, trace_of

from ..optimizers.cases import ALL

BOX = [(-5.0, 5.0)] * 3
BUDGET = 300
OPTIMIZERS = (CMAOptimizer(workers=2), RandomSampling, Scipy("Nelder-Mead"))


def policies():
    return {"stoppers": BestUnmoving(60, 0.05) | (ValueAnnealing() & BestUnmoving(30)), "max_jobs": 4, "rng": 7}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def uneven(x):
    """Return the value of a function of which some evaluations take ten times as long as others."""
    time.sleep(0.002 if x[0] > 0 else 0.0002)
    return Rastrigin(3)(x)


def told(name, task=uneven, **settings):
    """Return the essence of a real run."""
    result = glompo.minimize(
        task, BOX, optimizers=list(OPTIMIZERS), max_evaluations=BUDGET, deterministic=True, share_best_solutions=True,
        x0_generator=IncumbentGenerator(), working_dir=name, **{**policies(), **settings},
    )  # fmt: skip
    assert result.nfev == BUDGET
    return trace_of(read_events(result.run_dir))


@pytest.fixture(scope="module")
def imagined():
    """Return the essence of the same run on the virtual clock."""
    return imagined_with(OPTIMIZERS)


def imagined_with(optimizers):
    run = simulate(
        optimizers, MaxTotalFunctionCalls(BUDGET), task=Rastrigin(3), bounds=BOX, share=True, lockstep=True,
        generator=IncumbentGenerator(), allocator=EqualBlocks(), seconds=lambda opt, x: 1 + abs(x[0]), **policies(),
    )  # fmt: skip
    return trace_of(run.events)


@pytest.mark.parametrize(
    "settings", [{}, {"backend": "processes"}, {"evaluator": "pool"}], ids=["threads", "processes", "pool"]
)
def test_real_runs_tell_what_the_simulated_one_tells(imagined, settings):
    trace = told("run", **settings)
    assert trace.difference(imagined) == ""
    assert len(trace.decisions) > 5
    assert trace.taken


@pytest.mark.parametrize("workers", [1, 5])
def test_it_does_not_matter_how_many_workers_of_an_executor_serve_the_slots(imagined, workers):
    with ThreadPoolExecutor(workers) as executor:
        assert told("run", evaluator=executor).difference(imagined) == ""


# Killed for real

KILLED = """
import os, sys, threading, time
from contextlib import suppress
import glompo
from glompo.generators import IncumbentGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.stoppers import BestUnmoving, ValueAnnealing
{imports}

manager, turn, n, delay = os.getpid(), sys.argv[1], int(sys.argv[2]), float(sys.argv[3])

def kill():
    with open("killed", "w") as moment:
        moment.write(str(time.monotonic()))
    os.kill(manager, 9)

def reporting(x):
    fx = Rastrigin(3)(x)
    end = time.monotonic() + 0.003 * (1 + (x[0] > 0))
    {wait}
    with open("done", "a+b", buffering=0) as side:
        side.write(repr((turn, time.monotonic(), x.tolist())).encode() + b"\\n")
        side.seek(0)
        calls = side.read().count(f"('{{turn}}', ".encode())
    if n and calls >= n:
        with suppress(FileExistsError):
            os.mkdir("kill " + turn)  # others may have counted as many
            threading.Timer(delay, kill).start()
    if n and calls > n + 100:
        threading.Event().wait()  # so as not to end before it is killed
    return fx

if __name__ == "__main__":
    glompo.minimize(reporting, [(-5.0, 5.0)] * 3, max_evaluations=300, deterministic=True, resume="auto",
        optimizers={optimizers}, share_best_solutions=True,
        x0_generator=IncumbentGenerator(), stoppers=BestUnmoving(60, 0.05) | (ValueAnnealing() & BestUnmoving(30)),
        max_jobs=4, rng=7, working_dir="run", **{settings!r})
"""

SLEEPS = "time.sleep(max(0.0, end - time.monotonic()))"
COMPUTES = "while time.monotonic() < end: pass"

WAYS = {"threads": {}, "processes": {"backend": "processes"}, "pool": {"evaluator": "pool"}}

TRIO = 'CMAOptimizer(workers=2), RandomSampling, Scipy("Nelder-Mead")'


def done(turn):
    """Return moment and point of the evaluations that the task completed in a session."""
    try:
        lines = Path("done").read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    reports = map(ast.literal_eval, lines)
    return [(at, tuple(x)) for one, at, x in reports if one == turn]


def recorded():
    """Return the points in the journal."""
    with suppress(StoreError):
        events = [event for event in read_events(Path("run")) if isinstance(event, Evaluated)]
        return {tuple(x) for event in events for x in event.X.tolist()}
    return set()


def killed_after(n, delay, turn):
    """Go on until `n` more evaluations are done, and `delay` longer; kill, and return how late the records were.

    That is the age of the oldest evaluation that was completed and is not on record, in seconds.
    """
    process = subprocess.run([sys.executable, "killed.py", turn, str(n), str(delay)])
    assert process.returncode == -signal.SIGKILL
    moment, there = float(Path("killed").read_text()), recorded()
    return max((moment - at for at, x in done(turn) if at < moment and x not in there), default=0.0)


def outlived(settings, wait, kills, seed=0, optimizers=TRIO, imports=""):
    """Kill a run again and again, then let it end; return how late the records were at each kill."""
    rng = np.random.default_rng(seed)
    code = KILLED.format(wait=wait, settings=settings, optimizers=f"[{optimizers}]", imports=imports)
    Path("killed.py").write_text(code)
    late = [killed_after(int(rng.integers(1, 40)), 0.02 * rng.random(), str(turn)) for turn in range(kills)]
    subprocess.run([sys.executable, "killed.py", "last", "0", "0"], check=True)
    return late


@pytest.mark.parametrize("way", WAYS)
def test_a_run_killed_again_and_again_ends_as_if_nothing_had_happened(imagined, way):
    outlived(WAYS[way], SLEEPS, 3 if way == "threads" else 2)
    trace = trace_of(read_events(Path("run")))
    assert trace.difference(imagined) == ""


@pytest.mark.chaos
@pytest.mark.parametrize("wait", [SLEEPS, COMPUTES], ids=["sleeping", "computing"])
@pytest.mark.parametrize("way", WAYS)
def test_of_a_hundred_kills_none_loses_what_was_completed_100_ms_before(imagined, way, wait, tmp_path, monkeypatch):
    late = []
    for seed in range(20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        monkeypatch.chdir(folder)
        late += outlived(WAYS[way], wait, 5, seed)
        assert trace_of(read_events(Path("run"))).difference(imagined) == ""
    print(f"{way}: {sum(one > 0.1 for one in late)} of {len(late)} later than 0.1 s; {sorted(late)[-5:]}")
    assert max(late) <= 0.1  # where other programs keep all cores busy, the manager may not get to run in time


BY_NAME = {case.name: case for case in ALL}
SOME = ("CMAOptimizer", "FunctionOptimizer")


@pytest.mark.parametrize(
    "name", [name if name in SOME else pytest.param(name, marks=pytest.mark.chaos) for name in BY_NAME]
)
def test_a_run_of_any_bundled_optimizer_that_is_killed_ends_as_if_nothing_had_happened(name):
    expected = imagined_with([BY_NAME[name]()])
    cases = f"sys.path.insert(0, {str(Path(__file__).parents[2])!r}); from tests.optimizers.cases import case_of"
    outlived({}, SLEEPS, 1 if name in SOME else 4, optimizers=f"case_of({name!r})()", imports=cases)
    assert trace_of(read_events(Path("run"))).difference(expected) == ""


# Killed in a simulation


class Walk(BaseOptimizer):
    """An optimizer as users write them: its own loop, its own random numbers, no way to save its state."""

    def minimize(self, function, x0, bounds):
        low, high = np.array(bounds).T
        x, fx = np.array(x0), function(x0)
        while not self.check_messages() and (high > low).all():
            y = np.clip(x + self.rng.normal(size=len(x)), low, high)
            fy = function(y)
            if fy < fx:
                x, fx = y, fy
                self.incumbent = {"x": x, "fx": fx}
        return MinimizeResult(True, x, fx)

    def callstop(self, reason=""):
        pass


def scipy_minimiser(f, x0, bounds):
    from scipy.optimize import minimize

    return minimize(f, x0, method="Powell", bounds=bounds)


WRITTEN = {"Walk": Walk, "SciPy's Powell": FunctionOptimizer(scipy_minimiser)}


@pytest.mark.parametrize("append", [9, 24])
@pytest.mark.parametrize("name", [*BY_NAME, *WRITTEN])
def test_every_deterministic_optimizer_comes_back_as_if_nothing_had_happened(name, append):
    made = BY_NAME[name]() if name in BY_NAME else WRITTEN[name]
    run = simulated_run(
        11, [Kill(append=append, later=0.7)], optimizers=[made], lockstep=True, budget=70, max_jobs=2, stoppers=None,
        allocator=EqualBlocks(4), killable=False, durability="batch", pace=1.0, troubles=0.0, share=False,
    )  # fmt: skip
    assert run.sessions == 2 or len(run.events) < append
    assert run.state.candidates >= 70 or run.state.finished
