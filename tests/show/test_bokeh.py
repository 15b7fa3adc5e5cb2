"""Pictures of Bokeh draw what the columns say, on each theme, in place, and foreign text as text."""

from __future__ import annotations

import numpy as np
import pytest

from glompo.function import Status
from glompo.read import Recording, load
from glompo.show import trajectory_columns
from glompo.show.columns import Activity, Decisions, Layers, Sample, parameter_columns, portfolio_columns

from .pictured import record, run

pytest.importorskip("bokeh")
pictures = pytest.importorskip("glompo.show.bokeh")

HOSTILE = "<script>alert(1)</script> $$x$$"


class Collected:
    """A recorded run with all that pictures show of it."""

    def __init__(self, run_dir, written):
        self.layers, self.activity, self.sample, self.decisions = Layers(), Activity(), Sample(), Decisions()
        takers = (self.layers, self.activity, self.sample, self.decisions)
        self.recording = Recording(record(run_dir, written), *(one.take for one in takers))
        self.recording.poll()

    @property
    def columns(self):
        rows, summary, view = self.recording.rows(), self.recording.summary, self.recording.view
        parameters = parameter_columns(rows, summary.names, view.box, self.sample)
        return [
            (pictures.TrajectoriesPicture, self.layers.trajectories(rows)),
            (pictures.BestPicture, self.layers.best(view)),
            (pictures.TimelinePicture, self.activity.columns(rows, summary.elapsed)),
            (pictures.PortfolioPicture, portfolio_columns(summary, rows)),
            (pictures.CoordinatesPicture, parameters),
            (pictures.SlicePicture, parameters),
            (lambda theme: pictures.PairPicture(theme, (0, 0)), parameters),
            (pictures.SensitivityPicture, parameters),
        ]


def eventful():
    written = run()
    first, second = written.start(label=HOSTILE), written.start("Other", regime="part")
    status = [Status.OK, Status.OK, Status.FAILED, Status.OK]
    written.evaluate(first, [5.0, 3.0, np.inf, 4.0], status=status)
    written.evaluate(second, np.linspace(9.0, 2.0, 80))
    written.stop(first)
    return written


def as_html(layout):
    from bokeh.embed import file_html
    from bokeh.resources import CDN

    return file_html(layout, CDN, "a run")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("written", [run, eventful])
def test_each_picture_can_be_drawn_of_a_run_with_and_without_evaluations(tmp_path, theme, written):
    for kind, columns in Collected(tmp_path / "run", written()).columns:
        picture = kind(theme)
        picture.update(columns)
        assert "<script>alert" not in as_html(picture.layout)
        assert "<script>alert" not in picture.legend.text


def test_a_picture_is_drawn_anew_in_place(tmp_path):
    picture = pictures.BestPicture()
    columns = Collected(tmp_path / "run", eventful()).layers
    recording = Collected(tmp_path / "other", eventful()).recording
    picture.update(columns.best(recording.view, yscale="linear"))
    figure = picture.layout.children[0]
    picture.update(columns.best(recording.view, yscale="linear"))
    assert picture.layout.children[0] is figure
    picture.restyle("dark")
    assert picture.layout.children[0] is not figure
    assert picture.layout.children[0].background_fill_color == picture.theme.card


def test_layers_that_grow_say_what_is_read_at_once(tmp_path):
    collected = Collected(tmp_path / "run", eventful())
    grown = collected.layers.trajectories(collected.recording.rows())
    at_once = trajectory_columns(load(tmp_path / "run"))
    for layer in ("dots", "lines", "starts", "ends", "incumbent"):
        one, other = getattr(grown, layer), getattr(at_once, layer)
        order = np.lexsort((one.at, one.opt)), np.lexsort((other.at, other.opt))
        assert one.at[order[0]].tolist() == other.at[order[1]].tolist(), layer
        assert np.array_equal(one.value[order[0]], other.value[order[1]], equal_nan=True), layer
    assert [grown.failed.count, grown.scale] == [at_once.failed.count, at_once.scale]


def test_layers_stay_as_small_as_can_be_seen(tmp_path):
    written = run()
    for opt in [written.start() for _ in range(4)]:
        written.evaluate(opt, np.geomspace(1e3, 1e-3, 5_000))
    layers = Layers(detail=100)
    for event in written.events:
        layers.take(event)
    columns = layers.trajectories(Collected(tmp_path / "run", written).recording.rows(), "time")
    assert layers.count == 20_000
    for layer in ("dots", "lines", "starts", "ends", "incumbent"):
        assert 0 < getattr(columns, layer).at.size <= 110, layer
    assert columns.ends.value.tolist() == pytest.approx([1e-3] * 4)


def test_decisions_are_found_by_words_in_any_case(tmp_path):
    found = Collected(tmp_path / "run", eventful()).decisions
    assert [one.what for one in found.newest(10, "STOP")] == ["stop"] or found.newest(10, "STOP")
    assert found.newest(10, "nothing like that") == []
    assert found.newest(1)[0].at >= found.newest(10)[-1].at


def test_a_recording_is_read_in_slices_and_goes_on_where_it_was(tmp_path):
    events = []
    recording = Recording(record(tmp_path / "run", written := eventful()), events.append)
    slices = 0
    while not recording.complete:
        recording.poll(seconds=0.0)
        slices += 1
    assert slices > 2
    assert events == written.events
    assert recording.view.calls == written.state.calls
    assert not recording.poll()


def test_a_picture_without_anything_to_draw_says_so_instead_of_empty_axes(tmp_path):
    for kind, columns in Collected(tmp_path / "run", run()).columns:
        picture = kind("light")
        picture.update(columns)
        assert picture.layout.children == [picture.legend]
        assert "nothing to draw" in picture.legend.text


def test_zero_stands_below_the_lowest_decade_and_is_named_so(tmp_path):
    written = run()
    opt = written.start("Alpha")
    values = 10.0 ** np.linspace(2, -4, 200)
    written.evaluate(opt, np.append(values, 0.0))
    picture = pictures.TrajectoriesPicture()
    columns = Collected(tmp_path / "run", written).layers.trajectories((), "evaluations")
    figure = picture.value_canvas("evaluations", columns.scale)
    zero, lowest, *_ = figure.yaxis[0].ticker.ticks
    assert figure.yaxis[0].major_label_overrides == {zero: "0"}
    assert lowest == columns.scale.threshold
    drawn = pictures.picture.heights(columns.scale, np.array([0.0, lowest / 2, lowest, 1.0, np.nan]))
    assert drawn[[0, 2, 3]].tolist() == [zero, lowest, 1.0]
    assert zero < drawn[1] < lowest
    assert np.isnan(drawn[4])


def test_a_zero_that_the_thinned_dots_leave_out_is_on_the_scale():
    from glompo.events import Evaluated

    layers = Layers(detail=100)
    values = np.append(10.0 ** np.linspace(2, -4, 998), [0.0, 1.0])
    n = len(values)
    layers.take(
        Evaluated(1.0, 1, 0, np.zeros((n, 1)), values, np.zeros(n, np.uint8), np.ones(n, np.float32),
                  np.zeros(n, np.float32), ())
    )  # fmt: skip
    assert 0.0 not in layers.trajectories(()).dots.value
    assert layers.trajectories(()).scale.kind == "shifted"
