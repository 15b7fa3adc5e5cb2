"""Runs without a name do not pile up, and none is lost that is not soon made again."""

import os

import pytest

import glompo
from glompo.errors import UserError
from glompo.optimizers import RandomSampling
from glompo.read import load
from glompo.storage import short_runs
from glompo.storage.directory import MARK

BOX = [(-1, 1)]


@pytest.fixture(autouse=True)
def keeps_two(monkeypatch, tmp_path):
    monkeypatch.setattr(short_runs, "KEPT", 2)
    monkeypatch.chdir(tmp_path)


def run(**settings):
    return glompo.minimize(
        lambda x: x[0] ** 2, BOX, optimizers=RandomSampling, max_evaluations=5, max_jobs=1, **settings
    )


def names():
    return sorted(path.name for path in short_runs.Path("glompo_runs").iterdir())


def test_of_short_runs_without_a_name_the_newest_are_kept():
    runs = [run() for _ in range(5)]
    assert names() == sorted(one.run_dir.name for one in runs[-2:])
    assert load(runs[-1].run_dir).view.calls == 5
    with pytest.raises(UserError, match=r"given no working_dir the \d+ newest are kept"):
        load(runs[0].run_dir)


def test_a_longer_run_is_kept(monkeypatch):
    monkeypatch.setattr("glompo.manager.manager.SHORT_SECONDS", -1.0)
    runs = [run() for _ in range(4)]
    assert len(names()) == len(runs)


def test_a_run_that_could_be_resumed_is_kept():
    def interrupts(x):
        os.kill(os.getpid(), 2)
        return 0.0

    left = glompo.minimize(interrupts, BOX, optimizers=RandomSampling, max_evaluations=50_000, max_jobs=1)
    assert left.status == "left"
    for _ in range(3):
        run()
    assert left.run_dir.name in names()
    assert run(working_dir=left.run_dir, resume="must", resume_task="changed").run_dir == left.run_dir
    for _ in range(3):
        run()
    assert left.run_dir.name in names()  # it has a name by now


def test_a_run_of_which_something_was_made_is_kept_and_one_without_its_mark():
    made = run()
    (made.run_dir / "notes.txt").write_text("the good one")
    unmarked = run()
    (unmarked.run_dir / MARK).unlink()
    noted = run(summary_files=1)
    for _ in range(4):
        run()
    assert {one.run_dir.name for one in (made, unmarked, noted)} < set(names())
    assert len(names()) == 5


def test_a_run_that_goes_on_loses_its_mark():
    first = run(rng=1)
    assert (first.run_dir / MARK).exists()
    glompo.minimize(
        lambda x: x[0] ** 2,
        BOX,
        optimizers=RandomSampling,
        max_evaluations=9,
        max_jobs=1,
        working_dir=first.run_dir,
        resume="must",
        resume_task="changed",
    )
    assert not (first.run_dir / MARK).exists()


def test_runs_with_a_name_are_never_removed():
    named = [run(working_dir=f"glompo_runs/{name}") for name in "abcd"]
    assert all(one.run_dir.exists() for one in named)
