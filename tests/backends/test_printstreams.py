"""What optimizers and their evaluations print goes into files of each optimizer's own, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import glompo
from glompo.errors import PolicyError, StoreError
from glompo.evaluators.printstreams import Router
from glompo.events import Evaluated
from glompo.exit_conditions import BaseExitCondition
from glompo.optimizers import FunctionOptimizer, RandomSampling
from glompo.storage.reader import read_events

from ..endings import PATIENCE

BOX = [(-5.0, 5.0)] * 2


def talks(x):
    print("point", repr(float(x[0])), "value", end=" ")
    print(repr(float(x @ x)))
    print("careful", file=sys.stderr)
    return float(x @ x)


def talks_below_python(x):
    """Print as compiled code and programs do."""
    os.write(1, f"written {float(x[0])!r}\n".encode())
    subprocess.run(["echo", f"echoed {float(x[0])!r}"], check=True)
    return talks(x)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(task=talks, **settings):
    usual = {"max_jobs": 2, "max_evaluations": 12, "rng": 1, "working_dir": "run", "split_printstreams": True}
    return glompo.minimize(task, BOX, **{**usual, "optimizers": RandomSampling, **settings})


def printed(result, suffix="out"):
    """Return the lines in the files of the optimizers, by number."""
    folder = result.run_dir / "glompo_optimizer_printstreams"
    return {
        int(path.stem.removeprefix("printstream_")): path.read_text().splitlines()
        for path in folder.glob(f"*.{suffix}")
    }


def evaluations(run_dir):
    """Return what each optimizer evaluated: first coordinate and value, by number."""
    found = {}
    for event in read_events(run_dir):
        if isinstance(event, Evaluated):
            found.setdefault(event.opt, []).extend(zip(event.X[:, 0].tolist(), event.f.tolist(), strict=True))
    return found


def holds_what_was_evaluated(result, *kinds):
    kinds = kinds or ("point {!r} value {!r}",)
    wanted = {
        opt: sorted(kind.format(*pair) for kind in kinds for pair in pairs)
        for opt, pairs in evaluations(result.run_dir).items()
    }
    return {opt: sorted(lines) for opt, lines in printed(result).items()} == wanted


@pytest.mark.parametrize("workers", [1, 3])
def test_in_threads_each_optimizer_has_the_lines_of_its_evaluations_and_the_program_keeps_its_own(capfd, workers):
    result = run(optimizers=RandomSampling(workers=workers), max_jobs=6, callback=lambda view: print("of the program"))
    assert holds_what_was_evaluated(result)
    assert sorted(printed(result)) == sorted(evaluations(result.run_dir))
    assert {line for lines in printed(result, "err").values() for line in lines} == {"careful"}
    out, err = capfd.readouterr()
    assert set(out.splitlines()) == {"of the program"}
    assert "careful" not in err


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_what_an_optimizer_itself_prints_is_in_its_files(backend):
    def searches(function, x0, bounds, **_):
        print("the search begins")
        with ThreadPoolExecutor(2) as own:  # threads of its own may call the task
            list(own.map(function, [x0, x0 / 2]))
        print("an unfinished line", end="")

    result = run(optimizers=FunctionOptimizer(searches), max_jobs=1, max_evaluations=3, backend=backend)
    lines = printed(result)[1]
    assert lines[0] == "the search begins"
    assert lines[-1] == "an unfinished line"
    assert len(lines) == 4


@pytest.mark.parametrize("settings", [
    {"split_printstreams": None}, {"split_printstreams": False}, {"split_printstreams": False, "backend": "processes"},
])  # fmt: skip
def test_nothing_is_split_in_threads_that_was_not_asked_for_nor_what_was_refused(capfd, settings):
    result = run(**settings)
    assert not (result.run_dir / "glompo_optimizer_printstreams").exists()
    assert capfd.readouterr().out.count("point") == 12  # lines of several threads may be mixed


def test_in_processes_it_is_split_unless_that_is_refused():
    assert holds_what_was_evaluated(run(backend="processes", split_printstreams=None))


def test_the_processes_of_a_pool_print_to_the_files_of_the_optimizer_that_asked_also_below_python(capfd):
    result = run(talks_below_python, evaluator="pool", max_jobs=3)
    assert holds_what_was_evaluated(result, "point {!r} value {!r}", "written {!r}", "echoed {!r}")
    assert capfd.readouterr().out == ""


def grows_by(x):
    """Return how many bytes of a line are in its file before it ends."""
    before = os.fstat(1).st_size
    print("a part", end=" ")
    grown = os.fstat(1).st_size - before
    print("of a line")
    return float(grown)


def test_lines_of_processes_side_by_side_are_written_whole_also_where_nothing_is_buffered(monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    result = run(grows_by, evaluator="pool", max_jobs=1)
    assert {line for lines in printed(result).values() for line in lines} == {"a part of a line"}
    assert all((event.f == 0).all() for event in read_events(result.run_dir) if isinstance(event, Evaluated))


@pytest.mark.parametrize("executor", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_workers_of_an_executor_print_to_the_files_of_the_optimizer_that_asked(capfd, executor):
    with executor(2) as own:
        result = run(evaluator=own)
    assert holds_what_was_evaluated(result)
    assert capfd.readouterr().out == ""


@contextmanager
def program(*arguments):
    child = subprocess.Popen([sys.executable, "-c", *arguments])
    try:
        yield child
    finally:
        child.kill()
        child.wait()


LONG = """
import sys, time, glompo
from glompo.optimizers import RandomSampling

def task(x):
    print(repr(float(x[0])))
    time.sleep(0.002)
    return float(x @ x)

glompo.minimize(
    task, [(-5.0, 5.0)] * 2, optimizers=RandomSampling(iters=10**6), max_jobs=2, max_evaluations=int(sys.argv[1]),
    working_dir="run", progress=False, rng=1, split_printstreams=True, evaluator=sys.argv[2], resume="auto",
)
"""


@pytest.mark.parametrize("evaluator", ["inline", "pool"])
def test_a_kill_loses_no_line_and_a_resumption_goes_on_in_the_same_files(tmp_path, evaluator):
    def recorded():
        try:
            return evaluations(Path("run"))
        except StoreError:
            return {}

    end = time.monotonic() + PATIENCE
    with program(LONG, "1000000", evaluator):
        while sum(map(len, recorded().values())) < 40:
            assert time.monotonic() < end
            time.sleep(0.02)
    before = recorded()
    folder = tmp_path / "run" / "glompo_optimizer_printstreams"

    def lines(opt):
        return (folder / f"printstream_{opt}.out").read_text().splitlines()

    assert all({repr(x) for x, _ in pairs} <= set(lines(opt)) for opt, pairs in before.items())
    kept = {opt: lines(opt) for opt in before}
    with program(LONG, str(sum(map(len, before.values())) + 30), evaluator) as child:
        assert child.wait(PATIENCE) == 0
    assert all(lines(opt)[: len(old)] == old for opt, old in kept.items())
    assert all({repr(x) for x, _ in pairs} <= set(lines(opt)) for opt, pairs in evaluations(Path("run")).items())


def test_any_stand_in_of_the_program_gets_what_is_its_own(monkeypatch):
    heard = []

    class Ear:
        def write(self, text):
            heard.append(text)  # and returns nothing, as stand-ins do

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stdout", Ear())
    result = run(callback=lambda view: print("of the program"))
    assert holds_what_was_evaluated(result)
    assert set("".join(heard).split("\n")) == {"of the program", ""}


class Broken(BaseExitCondition):
    def judge(self, view, opt=None):
        raise ZeroDivisionError("on purpose" if view.calls else "at once")


def test_the_streams_of_the_program_are_back_after_the_last_run_whatever_became_of_it(tmp_path):
    usual = sys.stdout, sys.stderr
    inside, go_on, seen = threading.Event(), threading.Event(), []

    def waits(x):
        inside.set()
        go_on.wait(PATIENCE)
        return talks(x)

    other = threading.Thread(target=lambda: seen.append(run(waits, working_dir="waits", max_evaluations=4)))
    other.start()
    assert inside.wait(PATIENCE)
    routers = sys.stdout, sys.stderr
    assert all(isinstance(one, Router) for one in routers)
    first = run(lambda x: talks(x) if sys.stdout is routers[0] else float("nan"))
    assert holds_what_was_evaluated(first)
    assert (sys.stdout, sys.stderr) == routers
    go_on.set()
    other.join()
    assert holds_what_was_evaluated(seen[0])
    assert (sys.stdout, sys.stderr) == usual
    with pytest.raises(PolicyError):
        run(working_dir="fails", exit_conditions=Broken(), max_evaluations=None)
    assert (sys.stdout, sys.stderr) == usual
