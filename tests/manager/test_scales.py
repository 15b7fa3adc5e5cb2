"""A run with scales: its starts, its records, and what it does when it goes on."""

import numpy as np

import glompo
from glompo.cli.config import arguments
from glompo.events import Evaluated, SessionOpened
from glompo.optimizers import FunctionOptimizer, RandomSampling
from glompo.storage.reader import read_events

BOUNDS = [(1e-6, 1.0), (-1e3, 1e3), (2.0, 2.0)]
SCALES = {"names": ["k", "shift", "fixed"], "scaler": {"k": "log"}}


def task(x):
    return float(np.log10(x[0]) ** 2 + (x[1] / 1e3) ** 2)


def once(f, x0, bounds):
    f(np.array(x0))


def points(run_dir):
    return np.vstack([event.X for event in read_events(run_dir) if isinstance(event, Evaluated)])


def test_starts_and_samples_are_drawn_on_the_scale():
    for optimizer in (FunctionOptimizer(once), RandomSampling()):
        result = glompo.minimize(
            task, BOUNDS, optimizers=optimizer, max_evaluations=60, max_jobs=1, rng=1, stoppers=(), durability="none",
            **SCALES,
        )  # fmt: skip
        found = points(result.run_dir)
        assert 0.3 < (found[:, 0] < 1e-3).mean() < 0.7
        assert 0.3 < (found[:, 1] < 0.0).mean() < 0.7
        assert (found[:, 2] == 2.0).all()


def test_a_run_with_scales_goes_on_as_if_it_had_not_been_interrupted(tmp_path):
    settings = {
        "optimizers": RandomSampling(iters=7), "max_jobs": 1, "rng": 3, "deterministic": True, "durability": "none",
        **SCALES,
    }  # fmt: skip
    whole = glompo.minimize(task, BOUNDS, max_evaluations=40, working_dir=tmp_path / "whole", **settings)
    for calls in (17, 40):
        parted = glompo.minimize(
            task, BOUNDS, max_evaluations=calls, working_dir=tmp_path / "parted", resume="auto", **settings
        )
    np.testing.assert_array_equal(points(parted.run_dir), points(whole.run_dir))
    sessions = [event for event in read_events(parted.run_dir) if isinstance(event, SessionOpened)]
    assert [event.scales for event in sessions] == [("log", "none", "none")] * 2


def test_a_configuration_names_scales_in_a_list_or_by_name(tmp_path):
    (tmp_path / "own.py").write_text("def task(x):\n    return 0.0\n")
    document = {"task": "own:task", "bounds": [[1e-6, 1], [0, 1]], "names": ["k", "q"], "max_evaluations": 1}
    for n, scaler in enumerate((["log", "none"], {"k": "log"})):
        call = arguments({**document, "scaler": scaler}, tmp_path)
        call |= {"task": lambda x: 0.0, "optimizers": RandomSampling, "working_dir": tmp_path / str(n)}
        result = glompo.minimize(**call, max_jobs=1)
        opened = next(event for event in read_events(result.run_dir) if isinstance(event, SessionOpened))
        assert opened.scales == ("log", "none")
