"""Pictures are figures of matplotlib, for papers and notebooks: nothing is forced on them."""

from __future__ import annotations

import gc
import inspect
import subprocess
import sys

import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from glompo.cli.app import app
from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.read import load
from glompo.show import best_so_far, trajectories
from glompo.testing.histories import History

from .pictured import record, run

PICTURES = [trajectories, best_so_far]
both = pytest.mark.parametrize("picture", PICTURES)


def small() -> History:
    written = run()
    for kind, value in (("Alpha", 50.0), ("Beta", 5.0)):
        written.evaluate(written.start(kind), [value, value / 2, value / 4])
    written.converge(1)
    return written


@pytest.fixture
def run_dir(tmp_path):
    return record(tmp_path / "run", small())


def entries(figure):
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
    return [text.get_text() for legend in legends for text in legend.get_texts()]


def titles(figure):
    [ax] = figure.axes
    return [ax.get_title(where) for where in ("left", "center", "right")]


@both
def test_a_picture_is_a_figure_without_a_title_and_nothing_is_written(run_dir, picture, tmp_path):
    before = set(tmp_path.rglob("*"))
    figure = picture(run_dir)
    assert isinstance(figure, Figure)
    assert titles(figure) == ["", "", ""]
    assert not figure.axes[0].texts or all(text.get_text().isdecimal() for text in figure.axes[0].texts)
    assert set(tmp_path.rglob("*")) == before


@both
def test_a_result_and_what_load_returns_can_be_drawn_too(run_dir, picture):
    history = load(run_dir)
    assert entries(picture(history)) == entries(picture(history.result)) == entries(picture(run_dir))


@both
def test_axes_of_the_caller_are_drawn_on_and_keep_their_looks(run_dir, picture, tmp_path):
    figure = Figure(figsize=(4, 3))
    ax, other = figure.subplots(1, 2)
    ax.grid(False)
    ax.set_title("mine")
    assert picture(run_dir, tmp_path / "both.png", ax=ax) is figure
    assert ax.lines
    assert not other.lines
    assert ax.get_title() == "mine"
    assert ax.spines["top"].get_visible()
    assert not figure.legends
    assert ax.get_legend() is not None
    assert (tmp_path / "both.png").exists()


@both
def test_axes_in_a_part_of_a_figure_give_the_whole_figure(run_dir, picture, tmp_path):
    figure = Figure()
    part, _ = figure.subfigures(1, 2)
    assert picture(run_dir, tmp_path / "part.png", ax=part.subplots()) is figure


@both
def test_title_labels_units_and_legend_are_the_callers(run_dir, picture):
    figure = picture(
        run_dir,
        title="A fit",
        xlabel=r"calls of $f$",
        ylabel="energy",
        yunit="kJ/mol",
        labels={"Alpha": r"$\alpha$", 2: "b"},
    )
    [ax] = figure.axes
    assert "A fit" in titles(figure)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"calls of $f$", "energy in kJ/mol")
    assert {r"1 $\alpha$", "b"} <= set(entries(figure))
    assert not entries(picture(run_dir, legend=False))
    figure.draw_without_rendering()


@both
def test_the_headline_stands_below_a_title_of_ones_own(run_dir, picture):
    assert titles(picture(run_dir, headline=True))[0] == "task: best 1.25"
    assert titles(picture(run_dir, headline=True, title="A fit"))[0] == "A fit"


@both
def test_run_time_is_shown_in_the_unit_that_was_asked_for(run_dir, picture):
    [ax] = picture(run_dir, against="time", xunit="min").axes
    assert ax.get_xlabel() == "run time in minutes"
    assert ax.get_xlim()[1] < 1
    with pytest.raises(SettingError, match="xunit is 'min', but evaluations have none; give against='time' as well"):
        picture(run_dir, xunit="min")


@both
def test_what_cannot_be_used_is_refused_with_the_remedy(run_dir, picture, tmp_path):
    with pytest.raises(SettingTypeError, match=r"ax is .*; give axes of matplotlib"):
        picture(run_dir, ax=Figure())
    with pytest.raises(SettingError, match=r"labels: the run has no optimizer 'Gamma'; it has 1 to 2, 'Alpha', 'Beta'"):
        picture(run_dir, labels={"Gamma": "c"})
    with pytest.raises(SettingError, match=r"size is \(0, 3\) and dpi 150.0; give inches"):
        picture(run_dir, size=(0, 3))
    with pytest.raises(UserError, match="has no suffix of a picture"):
        picture(run_dir, tmp_path / "a.txt")


@both
def test_size_and_resolution_are_those_that_were_asked_for(run_dir, picture):
    figure = picture(run_dir, size=(3.3, 2.5), dpi=300)
    assert (figure.get_size_inches().tolist(), figure.dpi) == ([3.3, 2.5], 300)


@both
def test_a_notebook_shows_the_figure(run_dir, picture):
    assert picture(run_dir)._repr_png_().startswith(b"\x89PNG")


def test_figures_need_neither_pyplot_nor_a_display_and_do_not_stay(run_dir):
    code = (
        "import sys; from glompo.show import trajectories, best_so_far\n"
        f"for draw in (trajectories, best_so_far): draw({str(run_dir)!r}, headline=True)\n"
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot'\n"
    )
    environment = {"PATH": "", "MPLBACKEND": "TkAgg", "PYTHONPATH": ":".join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    gc.collect()
    before = sum(isinstance(one, Figure) for one in gc.get_objects())
    for _ in range(3):
        trajectories(run_dir)
    gc.collect()
    assert sum(isinstance(one, Figure) for one in gc.get_objects()) <= before


def test_a_legend_is_not_wider_than_its_figure(tmp_path):
    written = run()
    for k in range(6):
        written.evaluate(written.start(f"AnOptimizerWithQuiteALongName{k}"), [1.0 + k])
    figure = trajectories(record(tmp_path, written), size=(5, 4))
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().width <= figure.bbox.width


def test_many_optimizers_are_drawn_with_few_artists(tmp_path):
    written = run(slots=1000)
    for k in range(300):
        written.evaluate(written.start(("Alpha", "Beta")[k % 2]), [2.0, 1.0])
        written.converge(k + 1)
    [ax] = trajectories(record(tmp_path, written)).axes
    assert len(ax.get_children()) < 100


@pytest.mark.parametrize(("picture", "name"), [(trajectories, "trajectories"), (best_so_far, "best")])
def test_the_command_has_every_option_that_the_function_has(picture, name):
    [command] = [one for one in app.registered_commands if one.callback and one.callback.__name__ == "plot"]
    options = inspect.signature(command.callback).parameters
    assert set(inspect.signature(picture).parameters) - {"run", "path", "ax"} <= set(options)


def test_the_command_draws_as_the_function_does(run_dir, tmp_path):
    path = tmp_path / "best.svg"
    options = [
        "--picture",
        "best",
        "-o",
        path,
        "--no-headline",
        "--title",
        "A fit",
        "--ylabel",
        "energy",
        "--yunit",
        "eV",
    ]
    options += ["--against", "time", "--xunit", "h", "--label", "Alpha=first", "--label", "2=second", "--size", "4x3"]
    done = CliRunner().invoke(app, ["plot", str(run_dir), *map(str, options)])
    assert done.output == f"{path}\n"
    written = path.read_text()
    for text in ("A fit", "energy in eV", "run time in hours", "1 first", "second"):
        assert f"<!-- {text} -->" in written


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--size", "big", "--size is 'big'; give width and height in inches, such as 3.3x2.5"),
        ("--label", "Alpha", "--label is 'Alpha'; give NAME=TEXT"),
        ("--picture", "film", "--picture is 'film'; use one of trajectories, best"),
    ],
)
def test_an_option_that_says_nothing_is_refused(run_dir, option, value, said):
    done = CliRunner().invoke(app, ["plot", str(run_dir), option, value])
    assert said in str(done.exception)
