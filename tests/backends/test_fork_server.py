"""Processes of optimizers are forked from a server, and are as clean as if they had been started from scratch."""

import logging
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.backends.processes import ProcessesBackend
from glompo.exit_conditions import MaxOptimizersExhausted
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.optimizers.libraries import libraries_of
from glompo.selectors.base import option_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each process is started from scratch")

BOX = [(-5.0, 5.0)] * 2


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(task, **settings):
    usual = {"optimizers": RandomSampling(iters=2), "exit_conditions": MaxOptimizersExhausted(3), "max_jobs": 2}
    return glompo.minimize(task, BOX, **{"backend": "processes", "rng": 1, "working_dir": "run", **usual, **settings})


def told(name):
    return {path.name.removeprefix(name): path.read_text() for path in Path().glob(f"{name}*")}


def test_a_forked_process_has_a_session_the_directory_the_variables_and_random_numbers_of_its_own(monkeypatch):
    monkeypatch.setenv("SAID_BY_THE_TEST", "yes")
    engine = os.getpid()

    def task(x):
        facts = os.getppid() != engine, os.getsid(0) == os.getpid(), os.getcwd(), os.environ.get("SAID_BY_THE_TEST")
        numbers = random.random(), np.random.random()
        open_files = sorted(os.readlink(f"/proc/self/fd/{n}") for n in (0, 1))
        Path(f"fact{os.getpid()}").write_text(repr((facts, numbers, len(open_files))))
        return 0.0

    run(task)
    found = [eval(text) for text in told("fact").values()]
    assert len(found) >= 3
    assert {facts for facts, *_ in found} == {(True, True, str(Path.cwd()), "yes")}
    assert len({numbers for _, numbers, _ in found}) == len(found)


def test_no_thread_is_inherited_and_no_file_of_another_optimizer():
    def task(x):
        lines = [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        Path(f"fact{os.getpid()}").write_text(repr(sum(line.startswith("socket:") for line in lines)))
        return 0.0

    run(task, split_printstreams=True)
    assert set(told("fact").values()) == {"1"}  # its own line to the engine


def test_code_of_the_user_runs_in_no_other_process_than_those_of_optimizers(tmp_path, monkeypatch):
    (tmp_path / "theirs.py").write_text(
        "import os\nfrom pathlib import Path\nfrom glompo.optimizers import RandomSampling\n"
        "Path(f'imported{os.getpid()}').touch()\n"
        "class Mine(RandomSampling):\n    @classmethod\n    def libraries(cls, settings):\n        return ('theirs',)\n"
        "def task(x):\n    Path(f'parent{os.getppid()}').touch()\n    return 0.0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    theirs = __import__("theirs")
    try:
        run(theirs.task, optimizers=theirs.Mine(iters=2))
    finally:
        del sys.modules["theirs"]
    assert len(told("parent")) == 1  # all come from one server
    assert len(told("imported")) >= 4  # each optimizer, and this process
    assert not told("imported").keys() & told("parent").keys()


def test_the_run_goes_on_when_the_server_is_killed(caplog):
    def task(x):
        if not Path("killed").exists():
            Path("killed").touch()
            os.kill(os.getppid(), signal.SIGKILL)
        return float(x @ x)

    with caplog.at_level(logging.WARNING, "glompo.backends"):
        result = run(task, max_jobs=1)
    assert [row.how for row in result.optimizers][:3] == ["exhausted"] * 3
    assert "started from scratch" in caplog.text


def test_where_nothing_can_be_forked_each_process_is_started_from_scratch(monkeypatch):
    monkeypatch.setattr("glompo.backends.processes.fork_server", lambda modules, environ: None)
    engine = os.getpid()

    def task(x):
        Path(f"parent{os.getppid()}").touch()
        return 0.0

    run(task)
    assert told("parent").keys() == {str(engine)}


def test_a_server_whose_library_has_started_a_thread_forks_nothing(tmp_path, monkeypatch, caplog):
    (tmp_path / "threaded.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        "glompo.manager.wiring.ProcessesBackend", lambda out, modules: ProcessesBackend(out, ["threaded"])
    )
    with caplog.at_level(logging.WARNING, "glompo.backends"):
        run(lambda x: 0.0)
    assert "has started threads" in caplog.text


def test_what_an_optimizer_needs_is_imported_before_its_first_evaluation():
    script = """
import sys, glompo
from glompo.optimizers import CMAOptimizer
seen = []
glompo.minimize(lambda x: seen.append("cma" in sys.modules) or 0.0, [(0, 1)] * 2, optimizers=CMAOptimizer,
    max_evaluations=1)
assert seen == [True], seen
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_pycma_is_imported_without_what_it_draws_in_and_is_whole_for_those_who_use_it():
    script = """
import sys
from glompo.optimizers.pycma import cma
assert not {"scipy.stats", "matplotlib"} & sys.modules.keys()
import cma as same
assert same is cma and cma.fitness_models.kendall_tau([1, 2, 3], [1, 2, 3]) == 1.0
assert "scipy.stats" in sys.modules
assert "matplotlib" not in sys.modules
assert callable(cma.s.figsave)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


def test_scipy_is_imported_without_what_it_draws_in_and_numpy_is_whole_for_those_who_use_it():
    script = """
import sys
from glompo.optimizers.scipy_optimize import optimize
from scipy import optimize as same
assert same is optimize
assert "numpy.f2py.crackfortran" not in sys.modules
import numpy
assert numpy.f2py.get_include().endswith("src")
assert "numpy.f2py.crackfortran" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_optimizer_of_the_user_needs_what_ours_below_it_needs():
    class Mine(CMAOptimizer):
        pass

    found = libraries_of([option_of(Mine(surrogate=True)), option_of(RandomSampling)])
    assert found == (
        "glompo.optimizers.cma",
        "glompo.optimizers.pycma",
        "scipy.linalg",
        "glompo.optimizers.random_sampling",
    )
