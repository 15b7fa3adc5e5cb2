"""Runs that end before their time, and go on."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.core.state.lifecycle import Phase
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.errors import RunExistsError
from glompo.events import (
    Diverged,
    Evaluated,
    IncumbentTaken,
    Restored,
    ResumeRequested,
    ReturnedToRest,
    RunOpened,
    SessionOpened,
    StopRequested,
)
from glompo.freezers import BaseFreezer, Freeze
from glompo.generators import IncumbentGenerator
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.stoppers import BestUnmoving
from glompo.storage.journal import Journal
from glompo.storage.reader import read_events
from glompo.storage.segments import segment_path
from glompo.testing import trace_of

BOX = [(-5, 5)] * 3
OPTIMIZERS = [CMAOptimizer(workers=2), RandomSampling, Scipy("Nelder-Mead")]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(task=None, name="run", **settings):
    usual = {"optimizers": OPTIMIZERS, "max_jobs": 4, "rng": 3, "deterministic": True, "resume": "auto"}
    usual["resume_task"] = "changed"  # the same values, but those of a killed process came slowly
    return glompo.minimize(task or Rastrigin(3), BOX, **{**usual, "working_dir": name, **settings})


def paths(name):
    """Return what each optimizer evaluated, and the decisions about it."""
    found, fates = {}, []
    for event in read_events(Path(name)):
        if isinstance(event, Evaluated):
            found.setdefault(event.opt, []).append((event.X, event.f))
        elif isinstance(event, StopRequested) and event.by == "stopper":
            fates.append((event.opt, event.verdict.reason()))
    joined = {
        opt: (np.vstack([X for X, _ in batches]), np.concatenate([f for _, f in batches]))
        for opt, batches in sorted(found.items())
    }
    return joined, fates


def assert_same_paths(one, other):
    (found, fates), (expected, other_fates) = paths(one), paths(other)
    assert found.keys() == expected.keys()
    for opt, (X, f) in expected.items():
        np.testing.assert_array_equal(found[opt][0], X, err_msg=f"optimizer {opt}")
        np.testing.assert_array_equal(found[opt][1], f)
    assert fates == other_fates


def folded(name):
    state = RunState()
    for event in read_events(Path(name)):
        state.apply(event)
    return state


def test_a_larger_budget_continues_the_run_as_if_it_had_been_given_at_once():
    first = run(max_evaluations=300)
    assert first.nfev == 300
    second = run(max_evaluations=900)
    assert second.nfev == 900
    run(name="whole", max_evaluations=900)
    restored = [event for event in read_events(Path("run")) if isinstance(event, Restored)]
    assert len(restored) >= 1
    assert same(folded("run"), folded("run"))


def test_answered_calls_are_not_repeated():
    calls = []

    def task(x):
        calls.append(x.tobytes())
        return float(x @ x)

    run(task, max_evaluations=120)
    run(task, max_evaluations=240)
    run(task, max_evaluations=360)
    assert len(calls) == 360


def test_a_finished_run_whose_condition_holds_says_so_instead_of_starting():
    first = run(max_evaluations=100)
    again = run(max_evaluations=100)
    assert (again.nfev, again.fx) == (100, first.fx)
    assert "100 of 100" in again.message


@pytest.mark.parametrize("torn", [b"", b"\x40\x00\x00\x00torn"], ids=["nothing", "half a record"])
def test_a_run_killed_before_its_first_word_is_begun_by_the_same_call(torn):
    Journal.create(Path("run")).close()
    with segment_path(Path("run"), 1).open("ab") as segment:
        segment.write(torn)
    assert run(max_evaluations=30).nfev == 30
    assert [type(event) for event in read_events(Path("run"))][:2] == [RunOpened, SessionOpened]


def ended(script, at, by):
    """Run a script to which a signal is sent at a call of its task, counted over all sessions; return its exit code."""
    script = script.replace("AT", str(at)).replace("BY", str(int(by)))
    return subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL).returncode


SCRIPT = """
import os, time, glompo
from glompo.generators import IncumbentGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.stoppers import BestUnmoving
task, engine = Rastrigin(3), os.getpid()
def slow(x):
    time.sleep({delay})
    with open("calls", "ab", buffering=0) as calls:
        calls.write(b".")
        if calls.tell() == AT:
            os.kill(engine, BY)
    return task(x)
glompo.minimize(slow, [(-5, 5)] * 3, optimizers=[CMAOptimizer(workers=2), RandomSampling, Scipy("Nelder-Mead")],
    max_evaluations=700, max_jobs=4, rng=3, deterministic=True, resume="auto", working_dir="run", backend={backend!r},
    stoppers=BestUnmoving(60, 0.05), share_best_solutions=True, x0_generator=IncumbentGenerator(),
    resume_task="changed")
"""
FREEZER = Freeze(0.9, min_evals=30, every=15)
SETTINGS = {
    "stoppers": BestUnmoving(60, 0.05),
    "share_best_solutions": True,
    "x0_generator": IncumbentGenerator(),
    "max_evaluations": 700,
}


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_run_killed_twice_ends_as_if_nothing_had_happened(backend):
    script = SCRIPT.format(delay=0.002, backend=backend)
    for target in (60, 260):
        assert ended(script, target, signal.SIGKILL) == -signal.SIGKILL
    result = run(backend=backend, **SETTINGS)
    run(name="whole", **SETTINGS)
    assert result.nfev == 700
    assert_same_paths("run", "whole")
    kinds = [type(event) for event in read_events(Path("run"))]
    assert kinds.count(SessionOpened) == 3
    assert kinds.count(IncumbentTaken) >= 1


FIT = """
import os
import glompo
from glompo.optimizers import LeastSquares, Scipy
from glompo.problems import ExpLeastSquaresCost

class Deadly(ExpLeastSquaresCost):
    def residuals(self, x):
        with open("calls", "ab", buffering=0) as calls:
            calls.write(b".")
            if calls.tell() == AT:
                os.kill(os.getpid(), BY)
        return super().residuals(x)

optimizers = [LeastSquares(workers=2), Scipy("Nelder-Mead")]
glompo.minimize(Deadly(3, noise=0.1), [(-2, 2)] * 3, optimizers=optimizers,
    max_evaluations=160, max_jobs=3, rng=3, deterministic=True, resume="auto", share_best_solutions=True,
    working_dir={name!r}, stoppers=(), resume_task="changed")
"""


def test_a_fit_that_is_killed_goes_on_with_the_residuals_that_it_took_in():
    assert ended(FIT.format(name="run"), 60, signal.SIGKILL) == -signal.SIGKILL
    for name in ("run", "whole"):
        exec(FIT.format(name=name).replace("AT", "0"), {"BY": 0})
    assert_same_paths("run", "whole")
    assert not any(isinstance(event, Diverged) for event in read_events(Path("run")))


class RestBetween(BaseFreezer):
    """Each optimizer rests from `n` evaluations of its own until the run has made `until`."""

    def __init__(self, n, until):
        self.n = n
        self.until = until

    def freeze(self, view, opt):
        return self.verdict(self.n <= len(view[opt]) and view.calls < self.until, "it is tired")

    def thaw(self, view):
        resting = [one.opt for one in view.alive if one.phase is Phase.PAUSED]
        return (resting[0], self.verdict(True, "it is time")) if resting and view.calls >= self.until else None


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_who_rests_when_a_run_is_killed_rests_on_as_if_nothing_had_happened(backend):
    script = SCRIPT.format(delay=0.002, backend=backend).replace("700", f"600, freezer={FREEZER}")
    script = "from glompo.freezers import Freeze\n" + script
    assert ended(script, 400, signal.SIGKILL) == -signal.SIGKILL
    assert folded("run").resting
    settings = {**SETTINGS, "freezer": FREEZER, "max_evaluations": 600}
    assert run(backend=backend, **settings).nfev == 600
    run(name="whole", **settings)
    one, other = (trace_of(read_events(Path(name))) for name in ("run", "whole"))
    assert one.difference(other) == ""
    assert any(isinstance(event, ReturnedToRest) for event in read_events(Path("run")))


def test_a_run_that_goes_on_without_its_freezer_wakes_whom_that_put_to_rest():
    settings = {"optimizers": RandomSampling(iters=30), "max_jobs": 2}
    run(max_evaluations=60, freezer=RestBetween(10, 1000), **settings)
    asleep = [opt for opt, one in folded("run").optimizers.items() if one.rests]
    run(max_evaluations=200, **settings)
    woken = {event.opt: event.verdict for event in read_events(Path("run")) if isinstance(event, ResumeRequested)}
    assert asleep
    assert woken.keys() >= set(asleep)
    assert woken[asleep[0]].reason() == "no freezer: the run has no freezer any more"


def test_a_resumed_run_may_use_another_backend_and_other_slots():
    run(max_evaluations=200)
    result = run(max_evaluations=500, backend="processes", max_jobs=6)
    assert result.nfev == 500
    opened = [event for event in read_events(Path("run")) if isinstance(event, SessionOpened)]
    assert [event.slots for event in opened] == [0, 6]
    assert any(change.startswith("max_jobs: 4 -> 6") for change in opened[1].changes)


def test_any_blocking_minimiser_comes_back():
    def walk(f, x0, bounds):
        x, step = np.array(x0), 1.0
        best = f(x)
        while step > 1e-9:
            for i in range(len(x)):
                for sign in (1, -1):
                    y = x.copy()
                    y[i] += sign * step
                    value = f(y)
                    if value < best:
                        x, best = y, value
                        break
            step /= 2

    settings = {"optimizers": FunctionOptimizer(walk), "max_jobs": 1}
    run(max_evaluations=33, **settings)
    run(max_evaluations=99, **settings)
    run(name="whole", max_evaluations=99, **settings)
    assert_same_paths("run", "whole")


def test_a_search_that_does_something_else_is_found_out_with_its_distance():
    seen = []

    def fickle(f, x0, bounds):
        seen.append(1)
        for i in range(1000):
            f(np.array(x0) * (1 if len(seen) == 1 or i < 5 else 0.5))

    settings = {"optimizers": FunctionOptimizer(fickle), "max_jobs": 1, "x0": [1.0, 1.0, 1.0], "on_divergence": "fail"}
    run(max_evaluations=20, **settings)
    result = run(max_evaluations=40, **settings)
    assert result.optimizers[0].how == "crashed"
    assert "evaluation 6 was asked for 0.866 away" in result.optimizers[0].ended_because
    assert result.nfev == 40


def test_the_first_ctrl_c_leaves_and_the_next_call_goes_on():
    script = SCRIPT.format(delay=0.003, backend="threads")
    assert ended(script, 50, signal.SIGINT) == 0
    state = folded("run")
    assert (state.finished, state.session_reason) == (None, "interrupted")
    result = run(**SETTINGS)
    assert result.nfev == 700


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resume": "must"}, "holds no run"),
        ({"resume": "perhaps"}, "resume is 'perhaps'"),
    ],
)
def test_resuming_what_is_not_there_is_refused(settings, message, tmp_path):
    with pytest.raises(glompo.UserError, match=message):
        run(max_evaluations=10, **settings)
    assert list(tmp_path.iterdir()) == []


def test_another_problem_is_not_a_resumption():
    run(max_evaluations=50)
    with pytest.raises(RunExistsError):
        run(max_evaluations=50, resume="never")
    with pytest.raises(glompo.UserError, match="other bounds"):
        glompo.minimize(Rastrigin(2), [(-1, 1)] * 2, max_evaluations=50, working_dir="run", resume="auto")
    with pytest.raises(glompo.UserError, match="Give the same optimizers as before"):
        run(max_evaluations=90, optimizers=Scipy("Powell"))
    assert len([event for event in read_events(Path("run")) if isinstance(event, SessionOpened)]) == 1


def test_another_seed_is_refused_and_another_backend_is_told():
    run(max_evaluations=50)
    with pytest.raises(glompo.UserError, match=r"rng is 8, but the run in .* was begun with another seed"):
        run(max_evaluations=90, rng=8)
    run(max_evaluations=90, rng=None, backend="processes")
    opened = [event for event in read_events(Path("run")) if isinstance(event, SessionOpened)]
    assert "backend: threads -> processes" in opened[-1].changes
    assert len(opened) == 2
