from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

from glompo.errors import SettingError, StoreError, UserError
from glompo.events import EndRequested, RunFinished, SessionClosed, StopRequested
from glompo.events.verdict import Verdict
from glompo.function import Status
from glompo.show import best_so_far, plots, trajectories
from glompo.show.columns.trajectories import DETAIL
from glompo.storage.journal import Journal
from glompo.testing.histories import History, history

PICTURES = [trajectories, best_so_far]


def record(run_dir: Path, run: History) -> Path:
    with Journal.create(run_dir, durability="none") as journal:
        journal.append(run.events)
    return run_dir


def finish(run: History) -> History:
    verdict = Verdict(True, "MaxTotalFunctionCalls(9)", "9 of 9 calls used")
    run.happen(EndRequested(run.now, verdict))
    for opt in list(run.state.alive):
        run.stop(opt, by="exit")
    run.happen(RunFinished(run.now, verdict))
    run.happen(SessionClosed(run.now, "finished"))
    return run


def eventful() -> History:
    """Return a run in which optimizers ended in every way, and evaluations as well."""
    run = history(slots=8)
    for kind in ("CMA", "CMA", "Random", "Random", "CMA"):
        run.start(kind)
    run.evaluate(1, [np.nan, 100.0, 10.0, 1.0])
    run.evaluate(2, [90.0, np.inf, 80.0, 85.0])
    run.evaluate(3, [np.inf, 70.0], status=[Status.OUT_OF_BOUNDS, Status.OK])
    run.evaluate(4, [np.nan])
    run.evaluate(5, [50.0, 49.0])
    run.converge(1)
    leaves = (Verdict(True, "MinFuncCalls(3)", "4"), Verdict(True, "BestUnmoving(calls=2)", "0"))
    run.happen(StopRequested(run.now, 2, "stopper", Verdict(True, "both", "", leaves)))
    run.stop(2)
    run.stop(3)
    run.crash(4)
    return finish(run)


def many(n: int) -> History:
    run = history(slots=n)
    values = np.random.default_rng(1).lognormal(size=(n, 20))
    for opt in range(1, n + 1):
        run.start(("CMA", "Random")[opt % 2])
        run.evaluate(opt, values[opt - 1])
        (run.converge, run.stop)[opt % 2](opt)
    return finish(run)


@pytest.fixture
def figures(monkeypatch) -> list[Any]:
    """Return the figures that are saved."""
    saved: list[Any] = []
    save = plots.save
    monkeypatch.setattr(plots, "save", lambda figure, path: saved.append(figure) or save(figure, path))
    return saved


def legend_of(figure: Any) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def texts_of(figure: Any) -> str:
    axes = figure.axes[0]
    everywhere = [axes.get_title(where) for where in ("left", "center", "right")]
    return " ".join([*everywhere, *(text.get_text() for text in [*figure.texts, *axes.texts])])


@pytest.mark.parametrize("picture", PICTURES)
def test_the_picture_lies_where_it_was_asked_for_and_nothing_else_does(tmp_path, picture):
    run_dir = record(tmp_path / "run", eventful())
    path = tmp_path / "new" / "folder" / "picture.png"
    picture(run_dir, path)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 10_000


def test_the_legend_tells_how_and_why_optimizers_ended(tmp_path, figures):
    trajectories(record(tmp_path, eventful()), tmp_path / "picture.png")
    assert set(legend_of(figures[0])) >= {
        "converged (1)",
        "stopped by MinFuncCalls & BestUnmoving (1)",
        "stopped by by hand (1)",
        "crashed (1)",
        "over when the run ended (1)",
        "failed evaluation (2)",
        "infinite or out of bounds (2)",
    }


def test_few_optimizers_have_each_a_colour_with_their_name(tmp_path, figures):
    trajectories(record(tmp_path, eventful()), tmp_path / "picture.png")
    assert legend_of(figures[0])[:6] == ["best of the run", "1 CMA", "2 CMA", "3 Random", "5 CMA", "start"]


def test_of_many_optimizers_each_kind_has_a_colour(tmp_path, figures):
    trajectories(record(tmp_path, many(60)), tmp_path / "picture.png")
    kinds, ends = legend_of(figures[0])[:4], legend_of(figures[0])[4:]
    assert kinds == ["best of the run", "Random", "CMA", "start"]
    assert sorted(ends) == ["converged (30)", "stopped by by hand (30)"]


def test_title_and_subtitle_tell_the_outcome(tmp_path, figures):
    trajectories(record(tmp_path, eventful()), tmp_path / "picture.png", headline=True)
    told = texts_of(figures[0])
    for part in (
        "task: best 1",
        "12 evaluations, 2 failed",
        "1 converged",
        "MaxTotalFunctionCalls(9): 9 of 9 calls used",
    ):
        assert part in told


def test_the_lines_show_what_was_evaluated(tmp_path, figures):
    run = history()
    run.start()
    run.evaluate(1, [4.0, 5.0, 3.0, 3.5])
    trajectories(record(tmp_path, run), tmp_path / "picture.png")
    lines = {line.get_label(): line.get_xydata().tolist() for line in figures[0].axes[0].get_lines()}
    assert lines["best of the run"] == [[1.0, 4.0], [3.0, 3.0], [4.0, 3.0]]
    assert lines["1 Optimizer"] == [[1.0, 4.0], [3.0, 3.0], [4.0, 3.0]]
    (dots,) = figures[0].axes[0].collections
    assert dots.get_offsets().tolist() == [[1.0, 4.0], [2.0, 5.0], [3.0, 3.0], [4.0, 3.5]]


def test_only_the_best_has_no_dots(tmp_path, figures):
    trajectories(record(tmp_path, eventful()), tmp_path / "picture.png", best_only=True)
    assert not figures[0].axes[0].collections


def test_a_long_run_is_drawn_with_a_bounded_number_of_dots(tmp_path, figures):
    run = history()
    run.start()
    run.evaluate(1, np.random.default_rng(0).random(100_000))
    trajectories(record(tmp_path, run), tmp_path / "picture.png")
    assert sum(len(dots.get_offsets()) for dots in figures[0].axes[0].collections) <= DETAIL


@pytest.mark.parametrize("picture", PICTURES)
def test_run_time_can_stand_on_the_axis(tmp_path, figures, picture):
    picture(record(tmp_path, eventful()), tmp_path / "picture.png", against="time")
    assert figures[0].axes[0].get_xlabel() == "run time in seconds"
    assert figures[0].axes[0].get_xlim()[1] == pytest.approx(13.0, rel=0.1)


def test_those_who_took_the_lead_are_named_in_the_picture_of_the_best(tmp_path, figures):
    run = history()
    for _ in range(3):
        run.start("CMA")
    run.evaluate(1, [5.0])
    run.evaluate(2, [9.0])
    run.evaluate(3, [2.0])
    best_so_far(record(tmp_path, run), tmp_path / "picture.png")
    assert legend_of(figures[0]) == ["1 CMA", "3 CMA"]


def evaluated(values: Any) -> History:
    run = history()
    run.start()
    run.evaluate(1, values)
    return run


@pytest.mark.parametrize("against", ["evaluations", "time"])
@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize(
    "run",
    [
        history(),
        evaluated([1.0]),
        evaluated([0.0]),
        evaluated([np.nan]),
        evaluated([np.inf, np.inf, 3.0]),
        evaluated([2.0, 2.0, 2.0]),
        evaluated([-1e308, 1e308]),
        evaluated([1e308, 1e-308]),
        evaluated([5e-324, 1e-320, 1.0]),
        evaluated([1e12, 1e3, 10.0, 1e-9, 0.0]),
        evaluated([1e12, 1e3, -10.0, -11.0, -44.326801]),
        evaluated([-1e-300, 0.0, 1e-300]),
        evaluated([1.0 + 2e-16, 1.0]),
        eventful(),
        many(60),
    ],
    ids=lambda run: f"{run.view().candidates} evaluations, best {run.view().best.f if run.view().best else None}",
)
def test_every_run_can_be_drawn(tmp_path, run, picture, against):
    picture(record(tmp_path, run), tmp_path / "picture.png", against=against, headline=True)
    assert (tmp_path / "picture.png").stat().st_size


def test_a_killed_run_can_be_drawn(tmp_path, figures):
    run = evaluated([3.0, 2.0, 1.0])
    record(tmp_path, run)
    segment = tmp_path / "journal" / "000001.seg"
    segment.write_bytes(segment.read_bytes() + b"torn")
    trajectories(tmp_path, tmp_path / "picture.png", headline=True)
    assert "the process of the run died" in texts_of(figures[0])
    assert "suspended (1)" in legend_of(figures[0])


@pytest.mark.parametrize("suffix", ["pdf", "svg", "PNG"])
def test_the_suffix_says_of_which_kind_the_picture_is(tmp_path, suffix):
    path = tmp_path / f"picture.{suffix}"
    trajectories(record(tmp_path, eventful()), path)
    begin = {"pdf": b"%PDF", "svg": b"<?xml", "PNG": b"\x89PNG"}[suffix]
    assert path.read_bytes().startswith(begin)


@pytest.mark.parametrize("name", ["picture.docx", "picture"])
def test_a_suffix_of_no_picture_is_refused_with_those_that_are(tmp_path, name):
    record(tmp_path / "run", eventful())
    with pytest.raises(UserError, match=rf"{name} has no suffix of a picture; use one of .*\.png"):
        trajectories(tmp_path / "run", tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    record(tmp_path / "run", eventful())
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot write .*picture.png.*; give another path"):
        trajectories(tmp_path / "run", tmp_path / "file" / "picture.png")


def test_another_axis_is_refused(tmp_path):
    with pytest.raises(SettingError, match="against is 'cpu'; use one of 'evaluations', 'time'"):
        trajectories(record(tmp_path, eventful()), tmp_path / "picture.png", against="cpu")  # type: ignore[arg-type]


@pytest.mark.parametrize("picture", PICTURES)
def test_what_is_no_run_is_refused(tmp_path, picture):
    with pytest.raises(UserError, match="holds no run"):
        picture(tmp_path, tmp_path / "picture.png")


def test_the_plotting_state_of_the_caller_is_untouched(tmp_path):
    before = dict(matplotlib.rcParams)
    modules = set(sys.modules)
    trajectories(record(tmp_path, eventful()), tmp_path / "picture.png")
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in set(sys.modules) - modules


def test_without_matplotlib_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "glompo.show.picture", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match=r"pip install 'glompo\[plot\]'"):
        trajectories(record(tmp_path, eventful()), tmp_path / "picture.png")
